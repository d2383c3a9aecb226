// Strangers with all their handshakes, on a node of the relay's kind with few places, so that they fill it at once.
//
// - without the service they fill it, and nobody gets in any more
// - with it they make way for each other: an admitted reader stays, and the next one gets in
// - they are gone after their time, as is who was admitted and is not any more; who is admitted stays
// - one address has a bound, its strangers go before its readers, and others are not touched
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Connection, Libp2p } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { FrameStream, NODE_LIMITS, PROTOCOLS } from "@weir/sdk/wire";
import { createNode } from "@weir/sdk/wire/node";
import { pino } from "pino";
import { afterEach, expect, test } from "vitest";
import {
  MAX_CONNECTIONS_PER_ADDRESS,
  MAX_FREE_READERS,
  MAX_OPEN_READERS,
  MAX_READERS,
  MAX_STRANGERS,
  MAX_STREAMS_PER_PEER,
} from "../src/limits.ts";
import { createMetrics } from "../src/metrics.ts";
import { firstFrame, serve } from "../src/services/serve.ts";
import { type Strangers, type StrangersInit, strangers } from "../src/services/strangers.ts";

const PLACES = 12;
const patience = { timeout: 30_000, interval: 50 };
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

type Managed = Libp2p & { components: { connectionManager: { setMaxConnections(count: number): void } } };
type House = { node: Libp2p; address: string; unknown: Strangers };

async function aNode(listen: string[] = []): Promise<Libp2p> {
  const node = await createNode({ listen });
  ends.push(() => node.stop());
  return node;
}

/** A node with few places, and one protocol of ours: who says something on it is admitted until the stream ends. */
async function house(init: StrangersInit, on = true): Promise<House> {
  const node = await aNode(["/ip4/127.0.0.1/tcp/0"]);
  (node as Managed).components.connectionManager.setMaxConnections(PLACES);
  const metrics = createMetrics();
  const unknown = strangers(init)({ node, metrics });
  if (on) {
    unknown.start();
    ends.push(unknown.stop);
  }
  const delivery = { chainId: 1, hubs: ZERO, grants: ZERO, channels: ZERO };
  const service = serve(
    { node, metrics, strangers: unknown, log: pino({ level: "silent" }) },
    PROTOCOLS.subscribe,
    { delivery, operator: ZERO, maxFrameBytes: 1 << 14, maxStreams: MAX_STREAMS_PER_PEER },
    async (frames, peer) => {
      await firstFrame(frames, 600_000);
      peer.admitted();
      frames.send("BALANCE", { total: 0n, due: 0n, needed: 0n });
      while ((await frames.read()) !== null);
    },
  );
  await service.start();
  ends.push(service.stop);
  return { node, address: String(node.getMultiaddrs()[0]), unknown };
}
const ZERO = `0x${"0".repeat(40)}` as const;

/** A peer that has shown who it is and says nothing more. */
async function stranger(address: string): Promise<Connection> {
  if (!crowd) {
    crowd = await createNode();
    ends.push(() => {
      const node = crowd!;
      crowd = undefined;
      return node.stop();
    });
  }
  return crowd.dial(multiaddr(address), { force: true });
}
/** All of them: what peer they are plays no part. */
let crowd: Libp2p | undefined;

/** One that has something to say: resolves when it is admitted. */
async function reader(address: string) {
  const connection = await stranger(address);
  const frames = new FrameStream(await connection.newStream(PROTOCOLS.subscribe));
  await frames.expect("HELLO");
  frames.send("LOCATE", { listingId: 1n, position: null });
  await frames.expect("BALANCE");
  return { connection, frames };
}

/** The same where the time is short: on a busy machine he may come too late, and comes again. */
async function punctual(address: string): ReturnType<typeof reader> {
  for (;;) {
    const one = await reader(address).catch(() => undefined);
    if (one) return one;
  }
}

const open = (connections: Connection[]) => connections.filter(({ status }) => status === "open");

test("without it strangers fill a node, and nobody gets in", async () => {
  const { address } = await house({}, false);
  for (let n = 0; n < PLACES; n += 1) await stranger(address);
  await expect(stranger(address)).rejects.toThrow();
});

test("they make way for each other: who is admitted stays, and who comes gets in", async () => {
  const most = PLACES / 2;
  const { address, node, unknown } = await house({ most });
  const early = await reader(address);
  const all: Connection[] = [];
  for (let n = 0; n < 2 * PLACES; n += 1) all.push(await stranger(address));
  await expect.poll(() => open(all).length, patience).toBe(most);
  expect(open(all.slice(0, PLACES))).toEqual([]); // who was here longest went
  expect(unknown.count()).toBe(most);
  const late = await reader(address);
  expect([early, late].map(({ connection }) => connection.status)).toEqual(["open", "open"]);
  await expect.poll(() => node.getConnections().length, patience).toBeLessThanOrEqual(most + 2);
});

test("they are gone after their time, and so is who was admitted and is not any more", async () => {
  const { address, unknown } = await house({ timeoutMs: 500 });
  const admitted = await punctual(address);
  const silent = await stranger(address);
  await expect.poll(() => silent.status, patience).not.toBe("open");
  expect(admitted.connection.status).toBe("open");
  await admitted.frames.close();
  await expect.poll(() => admitted.connection.status, patience).not.toBe("open");
  await expect.poll(() => unknown.count(), patience).toBe(0);
});

test("an address has its bound: its strangers go before its readers, and others are not touched", async () => {
  const { address } = await house({ mostPerAddress: 3 });
  const elsewhere = await from("127.0.0.2", address);
  const own = [
    await stranger(address),
    await stranger(address),
    await stranger(address),
    await stranger(address),
  ];
  const silent = await stranger(elsewhere);
  const readers = [await reader(elsewhere), await reader(elsewhere), await reader(elsewhere)];
  await expect.poll(() => silent.status, patience).not.toBe("open");
  // Only readers are left there, so it is the one who comes that goes.
  const fourth = await stranger(elsewhere).catch(() => null);
  await expect.poll(() => fourth?.status, patience).not.toBe("open");
  expect(readers.map(({ connection }) => connection.status)).toEqual(["open", "open", "open"]);
  expect(open(own)).toHaveLength(4);
});

test("all who pay nothing together leave places for those who pay", () => {
  const unpaid = MAX_OPEN_READERS + MAX_FREE_READERS;
  expect(MAX_STRANGERS + unpaid).toBeLessThan(NODE_LIMITS.maxConnections - 1_000);
  expect(unpaid).toBeLessThan(MAX_READERS - 1_000);
  expect(MAX_CONNECTIONS_PER_ADDRESS).toBeLessThan(NODE_LIMITS.maxConnections);
});

/** A way to the node on which everybody comes from this address. */
async function from(localAddress: string, address: string): Promise<string> {
  const port = Number(address.split("/")[4]);
  const sockets: Socket[] = [];
  const server = createServer((near) => {
    const far = connect({ port, host: "127.0.0.1", localAddress });
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.push(one);
      one.on("error", () => undefined).once("close", () => other.destroy());
    }
    near.pipe(far).pipe(near);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return address.replace(/\/tcp\/\d+/, `/tcp/${(server.address() as AddressInfo).port}`);
}
