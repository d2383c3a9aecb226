// - beyond the bound the quietest of the fullest address goes, also when others are quieter
// - an answer that nobody takes holds its connection for the stall time only
// - one that asks on while eight have no answer is cut; eight at once are answered
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { boundCrowd } from "@weir/sdk/wire/node";
import { afterEach, expect, test } from "vitest";

let server: Server;
const clients: Socket[] = [];

async function start(most: number, stallMs: number, body: string | Buffer = "ok"): Promise<void> {
  server = createServer((_, response) => response.end(body));
  boundCrowd(server, { most, stallMs });
  server.listen(0, "0.0.0.0");
  await once(server, "listening");
}

async function dial(from: string): Promise<Socket> {
  const accepted = once(server, "connection");
  const client = connect({
    port: (server.address() as AddressInfo).port,
    host: "127.0.0.1",
    localAddress: from,
  });
  client.on("error", () => undefined);
  clients.push(client);
  await accepted;
  return client;
}

const get = (client: Socket) => client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n");

afterEach(() => {
  for (const client of clients.splice(0)) client.destroy();
  server.close();
});

test("beyond the bound the one that is quiet longest goes, of the address that has the most", async () => {
  await start(3, 60_000);
  await dial("127.0.0.1");
  const [first, second] = [await dial("127.0.0.2"), await dial("127.0.0.2")];
  get(first);
  await once(first, "data");
  const ended = once(second.resume(), "close");
  const newcomer = await dial("127.0.0.2");
  await ended;
  get(newcomer);
  await once(newcomer, "data");
  expect(clients.map(({ destroyed }) => destroyed)).toEqual([false, false, true, false]);
});

test("an answer that nobody takes holds its connection for the stall time only", async () => {
  await start(10, 100, Buffer.alloc(32 << 20));
  const stalled = await dial("127.0.0.1");
  stalled.pause();
  const asked = once(server, "request");
  get(stalled);
  const [{ socket }] = await asked;
  await once(socket, "close");
});

test.each([8, 9, 400])(
  "%i requests in one piece: more than eight without an answer end the connection",
  async (count) => {
    await start(10, 60_000);
    const client = await dial("127.0.0.1");
    let answers = "";
    client.on("data", (data) => {
      answers += data;
    });
    const ended = once(client, "close");
    client.write("GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(count));
    if (count > 8) await ended;
    else await expect.poll(() => answers.match(/HTTP\/1.1 200/g)?.length).toBe(count);
    expect(client.destroyed).toBe(count > 8);
  },
);
