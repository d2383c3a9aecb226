// Floods against the relay as a program of its own, and the same against a node with the library's defaults, where they succeed.
//
// - 1,500 silent sockets on each listener: an honest dial gets through, and the silent ones are gone after their time;
//   with the defaults nobody gets through
// - a connection that only shows who it is counts as a stranger's (what becomes of those: strangers.test.ts)
// - a WebSocket message above the bound, and a frame that is none, end their connection and nothing else
// - 200 stalled readers beside 20 live ones: these get each segment while all of those are stuck, and memory stays; with the defaults it grows with what is sent
import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { multiaddr } from "@multiformats/multiaddr";
import { hex } from "@weir/sdk/core";
import { NODE_LIMITS } from "@weir/sdk/wire";
import { createNode } from "@weir/sdk/wire/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeGrant, type TestPurchase } from "../../test/support/market.ts";
import { MAX_READERS_PER_GRANT } from "../src/limits.ts";
import { readSegments, ScriptedBuyer } from "./support/buyer.ts";
import { portOf, residentBytes, silentSockets, stallingProxy } from "./support/crowd.ts";
import { ScriptedGateway, type Sealed } from "./support/gateway.ts";
import { MESSAGE_BYTES, PLAIN, plainNode } from "./support/plain.ts";
import { type RelayProcess, spawnRelay } from "./support/process.ts";
import { nowIn } from "./support/scene.ts";
import { FREE, startWorld, type World } from "./support/world.ts";

const SILENT = 1500;
const STALLED = 200;
const LIVE = 20;
/** Of about 32 KB each: more than every window and buffer on the way holds. */
const SEGMENTS = 40;
const SEGMENT_BYTES = 64 << 10;
/** Segments in a row that live readers get while all others are stuck. */
const BESIDE = 5;
const MAX_GROWTH = 64 << 20;
const TRANSPORTS = ["tcp", "ws"] as const;

let world: World;
let relay: RelayProcess;

beforeAll(async () => {
  world = await startWorld();
  relay = await spawnRelay(world, world.folder());
});

afterAll(async () => {
  await relay.kill("SIGTERM");
  await world.stop();
});

/** Dials once, as anybody would. */
async function dialOnce(multiaddrs: readonly string[], transport: "tcp" | "ws"): Promise<void> {
  const node = await createNode();
  try {
    const address = multiaddrs.find((text) => text.includes("/ws") === (transport === "ws"))!;
    await node.dial(multiaddr(address));
  } finally {
    await node.stop();
  }
}

/** A dial in the middle of a flood. One that is late on a busy machine says nothing of locks: another flood, and again. */
async function dialInFlood(multiaddrs: readonly string[], transport: "tcp" | "ws"): Promise<Socket[]> {
  for (let attempt = 1; ; attempt += 1) {
    const flood = await silentSockets(portOf(multiaddrs, transport), SILENT);
    try {
      await dialOnce(multiaddrs, transport);
      return flood.sockets;
    } catch (error) {
      flood.end();
      if (attempt === 3 || !/timeout|aborted/i.test((error as Error).message)) throw error;
    }
  }
}

test(`${SILENT} silent sockets on each listener lock nobody out, and are gone after their time`, async () => {
  const sockets: Socket[] = [];
  for (const transport of TRANSPORTS) sockets.push(...(await dialInFlood(relay.multiaddrs, transport)));
  expect((await fetch(`${relay.http}/healthz`)).status).toBe(200);
  await Promise.all(sockets.map(gone));
}, 120_000);

test("with the library's defaults the same sockets lock everybody out", async () => {
  const node = await plainNode();
  try {
    const multiaddrs = node.getMultiaddrs().map(String);
    await dialOnce(multiaddrs, "tcp"); // before the flood
    await expect(dialInFlood(multiaddrs, "tcp")).rejects.toThrow();
  } finally {
    await node.stop();
  }
});

test("who has shown who he is and says nothing is a stranger, whose places are counted", async () => {
  const strangers = () => metric("strangers");
  const patience = { timeout: 30_000 };
  await expect.poll(strangers, patience).toBe(0);
  const nodes = await Promise.all(TRANSPORTS.map(() => createNode()));
  try {
    for (const [n, transport] of TRANSPORTS.entries()) {
      const address = relay.multiaddrs.find((text) => text.includes("/ws") === (transport === "ws"))!;
      await punctual(() => nodes[n]!.dial(multiaddr(address)));
    }
    await expect.poll(strangers, patience).toBe(2);
  } finally {
    await Promise.all(nodes.map((node) => node.stop()));
  }
  await expect.poll(strangers, patience).toBe(0); // their end is heard as well
});

test("a WebSocket message above the bound, and a frame that is none, end their connection and nothing else", async () => {
  const port = portOf(relay.multiaddrs, "ws");
  const socket = new WebSocket(`ws://127.0.0.1:${port}`);
  await once(socket, "open");
  const closed = once(socket, "close");
  socket.send(new Uint8Array(NODE_LIMITS.maxWebSocketMessageBytes + 1));
  const [{ code }] = (await closed) as [CloseEvent];
  expect(code).toBe(1009); // message too big, RFC 6455

  const raw = connect(port, "127.0.0.1");
  raw.write(
    `GET / HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${btoa("0123456789abcdef")}\r\n\r\n`,
  );
  await once(raw, "data");
  raw.on("error", () => undefined).end(new Uint8Array(8).fill(0xff)); // reserved bits, and no mask
  await gone(raw);
  await dialOnce(relay.multiaddrs, "ws");
  expect(relay.child.exitCode).toBeNull();
});

test(`${STALLED} stalled readers beside ${LIVE} live ones: these get each segment while all of those are stuck, and memory stays`, async () => {
  const listing = await world.listing("stalled", {
    segment: { flushMs: 50, maxMessages: 10, maxBytes: SEGMENT_BYTES },
  });
  // A grant has so many places, and a buyer so many grants.
  const purchases: TestPurchase[] = [];
  for (let n = 0; n * MAX_READERS_PER_GRANT < STALLED + LIVE; n += 1)
    purchases.push(await makeGrant(world.chain, listing, { plan: FREE, amount: 0n, buyer: 12 + (n % 6) }));
  let readers = 0;
  const gateway = await ScriptedGateway.start(world, relay, { listingId: listing.listingId });
  const { frames: publish } = await gateway.publish();
  const sealedAtMs = await nowIn(world);
  const fill = () =>
    Buffer.from(globalThis.crypto.getRandomValues(new Uint8Array(32 << 10))).toString("base64");
  let last: Sealed | null = null;
  const open = (address: typeof relay | { peerId: string; multiaddrs: string[] }) => async () => {
    const purchase = purchases[readers++ % purchases.length]!;
    const buyer = await ScriptedBuyer.start(world, address, purchase);
    // From here on: what was before would keep two hundred readers busy.
    const position = last && {
      generation: gateway.generation,
      seq: last.seq,
      segmentId: hex(last.segmentId),
    };
    const frames = await punctual(() => buyer.open({ credit: 64 << 20, position }));
    await frames.expect("OPENED");
    return { buyer, frames };
  };
  const proxy = await stallingProxy(relay.multiaddrs);
  const live = await crowd(LIVE, open(relay));
  /** One segment, which every live reader has got when this resolves. */
  const step = async () => {
    last = await gateway.seal({ sealedAtMs, text: fill() });
    await gateway.deliver(publish, last);
    for (const { frames } of live) expect(await readSegments(frames, 1)).toEqual([last.seq]);
  };
  try {
    for (let n = 0; n < SEGMENTS; n += 1) await step(); // caches and heaps are as large as they get
    const stalled = await crowd(STALLED, open({ peerId: relay.peerId, multiaddrs: proxy.multiaddrs }));
    proxy.stall();
    const before = residentBytes(relay.child.pid!);
    expect(await metric("readers")).toBe(STALLED + LIVE);
    expect(await metric("strangers")).toBe(0); // readers and the gateway are admitted
    // Not by the clock: that is the machine's. Until the first of them is cut for taking nothing, each segment goes to the live ones and to nobody
    // else, so nobody waits for those who are stuck.
    let beside = 0;
    for (let n = 0; n < SEGMENTS && beside < BESIDE; n += 1) {
      const sent = await metric("segments_sent_total");
      await step();
      const all = (await metric("readers")) === STALLED + LIVE;
      beside = all && (await metric("segments_sent_total")) - sent === LIVE ? beside + 1 : 0;
    }
    const grown = residentBytes(relay.child.pid!) - before;
    console.log(`${STALLED} stalled readers: memory grew by ${(grown / 2 ** 20).toFixed(1)} MiB`);
    expect(beside).toBe(BESIDE);
    expect(grown).toBeLessThanOrEqual(MAX_GROWTH);
    await proxy.stop();
    await Promise.all(stalled.map(({ buyer }) => buyer.stop()));
  } finally {
    await Promise.all(live.map(({ buyer }) => buyer.stop()));
    await gateway.stop();
  }
}, 180_000);

test("with the library's defaults memory grows with what is sent", async () => {
  const program = new URL("support/plain.ts", import.meta.url).pathname;
  const courier = spawn(process.execPath, [program], { stdio: ["pipe", "pipe", "inherit"] });
  const lines = createInterface(courier.stdout)[Symbol.asyncIterator]();
  const heard = async () => JSON.parse((await lines.next()).value as string);
  const node = await createNode();
  try {
    const { multiaddrs } = (await heard()) as { multiaddrs: string[] };
    const proxy = await stallingProxy(multiaddrs);
    const readers = await crowd(STALLED / 20, async () => {
      const reader = await createNode();
      const connection = await reader.dial(multiaddr(proxy.multiaddrs[0]!));
      for (let n = 0; n < 20; n += 1) await connection.newStream(PLAIN);
      return reader;
    });
    proxy.stall();
    const before = residentBytes(courier.pid!);
    courier.stdin.write(`${SEGMENTS}\n`);
    expect(await heard()).toEqual({ readers: STALLED });
    const grown = residentBytes(courier.pid!) - before;
    console.log(`with the defaults memory grew by ${(grown / 2 ** 20).toFixed(1)} MiB`);
    expect(grown).toBeGreaterThan(MAX_GROWTH);
    expect(SEGMENTS * MESSAGE_BYTES * STALLED).toBeGreaterThan(2 * MAX_GROWTH); // what was sent and not read
    await proxy.stop();
    for (const reader of readers) await reader.stop();
  } finally {
    await node.stop();
    courier.kill("SIGKILL");
  }
});

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${relay.http}/metrics`)).text();
  return Number(new RegExp(`^weir_relay_${name} (\\d+)$`, "m").exec(text)![1]);
}

/** However it ends. `once` would reject on a reset. */
const gone = (socket: Socket): Promise<void> =>
  new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.resume().once("close", () => resolve());
  });

/** A handshake that is late on a busy machine says nothing of what is tested here: once more. */
async function punctual<T>(act: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1)
    try {
      return await act();
    } catch (error) {
      if (attempt === 5 || !/timeout|aborted/i.test((error as Error).message)) throw error;
    }
}

/** A few at a time: all at once, they would wait for each other's handshakes until they are late. */
async function crowd<T>(count: number, act: () => Promise<T>): Promise<T[]> {
  const all: T[] = [];
  while (all.length < count)
    all.push(...(await Promise.all(Array.from({ length: Math.min(10, count - all.length) }, act))));
  return all;
}
