// - beyond the bound the quietest of the fullest address goes, also when others are quieter
// - an answer that nobody takes holds its connection for the stall time only
// - of one connection a request is answered at a time, in order; one with too many waiting is cut
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { boundCrowd, MAX_WAITING_REQUESTS } from "@weir/sdk/wire/node";
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

test("requests of one connection are answered one after the other, and too many at once cut it", async () => {
  const held: [string | undefined, ServerResponse][] = [];
  server = createServer((request, response) => void held.push([request.url, response]));
  boundCrowd(server, { most: 10, stallMs: 60_000 });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const requests = (count: number) =>
    Array.from({ length: count }, (_, n) => `GET /${n} HTTP/1.1\r\nHost: x\r\n\r\n`).join("");

  const patient = await dial("127.0.0.1");
  let text = "";
  patient.on("data", (chunk) => {
    text += chunk;
  });
  const count = 1 + MAX_WAITING_REQUESTS;
  patient.write(requests(count));
  for (let n = 0; n < count; n += 1) {
    await expect.poll(() => held.length).toBe(n + 1);
    expect(held[n]![0]).toBe(`/${n}`);
    held[n]![1].end(`answer ${n};`);
  }
  await expect.poll(() => text.match(/answer \d/g)?.length).toBe(count);
  expect(patient.destroyed).toBe(false);

  const greedy = await dial("127.0.0.1");
  const cut = once(greedy.resume(), "close");
  greedy.write(requests(400));
  await cut;
  expect(held).toHaveLength(count + 1);
});
