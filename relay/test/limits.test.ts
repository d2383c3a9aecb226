// What strangers may do, and the HTTP side.
//
// - silent sockets lock nobody out; a silent stream is refused after its time
// - malformed frames, frames out of place, lengths that lie: refused by name, and the relay goes on
// - a position beyond what a store holds: refused by name
// - purchases that are waited for: so many of one peer
// - too many positions, frames, sessions: refused by name; so are frames sent ahead of an answer that takes its time
// - sockets that ask and never read close HTTP to nobody
// - health, metrics, heads, CORS; nothing else is answered
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { HEADER_BYTES, hex, ZERO_HASH } from "@weir/sdk/core";
import { controlFrame, PROTOCOLS } from "@weir/sdk/wire";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askAndNeverRead } from "../../test/support/crowd.ts";
import { makeGrant } from "../../test/support/market.ts";
import {
  CONTROL_FRAMES_BURST,
  MAX_HTTP_CONNECTIONS,
  MAX_LOCATES,
  MAX_PURCHASE_WAITS_PER_PEER,
  MAX_READER_QUEUE_BYTES,
  OPENS_BURST,
} from "../src/limits.ts";
import type { Relay } from "../src/relay.ts";
import { readSegments, ScriptedBuyer, untilRefused } from "./support/buyer.ts";
import { dial } from "./support/gateway.ts";
import { type Scene, startScene } from "./support/scene.ts";
import { FREE, startWorld, type World } from "./support/world.ts";

let world: World;
let relay: Relay;
let scene: Scene;

beforeAll(async () => {
  world = await startWorld();
  relay = await world.relay();
  scene = await startScene(world, relay, "limits", FREE);
});

afterAll(async () => {
  await scene.stop();
  await world.stop();
});

const portOf = (part: "/ws" | "") =>
  Number(relay.multiaddrs.find((text) => text.includes("/ws") === (part === "/ws"))!.split("/")[4]);

test("fifty silent sockets lock nobody out", async () => {
  const sockets: Socket[] = [];
  for (let count = 0; count < 50; count += 1) {
    const socket = connect(portOf(count % 2 ? "/ws" : ""), "127.0.0.1");
    socket.on("error", () => undefined);
    sockets.push(socket);
    await once(socket, "connect");
  }
  const buyer = await ScriptedBuyer.start(world, relay, scene.purchase);
  for (const transport of ["tcp", "ws"] as const) {
    const frames = await buyer.open({ transport });
    await frames.expect("OPENED");
  }
  await buyer.stop();
  for (const socket of sockets) socket.destroy();
});

test("purchases of one peer that are waited for are bounded, whatever another one waits for", async () => {
  const unknown = (n: number) => hex(new Uint8Array(32).fill(20 + n));
  const wait = async (buyer: ScriptedBuyer, n: number) =>
    untilRefused(await buyer.open({ grantId: unknown(n), transactionHash: unknown(n) }));
  for (let peers = 0; peers < 2; peers += 1) {
    const buyer = await ScriptedBuyer.start(world, relay, scene.purchase);
    await (await buyer.dial()).frames.close();
    const waits = Array.from({ length: MAX_PURCHASE_WAITS_PER_PEER + 1 }, (_, n) => wait(buyer, n));
    expect(await Promise.race(waits)).toMatchObject({
      name: "Limit",
      detail: { limit: "purchase waits of this peer" },
    });
    const rest = Promise.allSettled(waits);
    await buyer.stop(); // the relay goes on waiting, through the silence of the next test
    await rest;
  }
});

test("a stream that says nothing is refused after its time", async () => {
  const { frames } = await scene.buyer.dial();
  expect(await untilRefused(frames)).toMatchObject({ name: "Limit", detail: { limit: "handshake" } });
});

test.each([
  ["an unknown type", Uint8Array.of(2, 0x7f, 0)],
  ["a body that is not CBOR", Uint8Array.of(3, 0x1f, 0xff, 0xff)],
  ["a field that its type does not have", misnamed()],
  ["a length of four gibibytes", Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x0f, 0x20)],
  ["a frame longer than any control frame", Uint8Array.of(0x80, 0x80, 0x08, 0x20)],
])("%s is refused, and the relay goes on", async (_, bytes) => {
  for (const protocol of [PROTOCOLS.subscribe, PROTOCOLS.publish]) {
    const { frames } = await dial(scene.buyer.node, relay, protocol);
    frames.write(bytes);
    if (protocol === PROTOCOLS.publish && bytes[2] === 0x08) frames.write(new Uint8Array(0x20000));
    expect(await untilRefused(frames)).toMatchObject({ name: "BadFrame" });
  }
  expect((await fetch(`${relay.http}/healthz`)).status).toBe(200);
});

/** A LOCATE with the fields of a CREDIT. */
function misnamed(): Uint8Array {
  const frame = controlFrame("CREDIT", { bytes: 1 });
  const copy = new Uint8Array(frame);
  copy[1] = 0x1f;
  return copy;
}

test("too many positions, too many frames, and frames out of place are refused", async () => {
  const { frames } = await scene.buyer.dial();
  for (let count = 0; count <= MAX_LOCATES; count += 1)
    frames.send("LOCATE", { listingId: scene.listing.listingId, position: null });
  expect(await untilRefused(frames)).toMatchObject({ name: "Limit", detail: { limit: "locates" } });

  const flooding = await scene.buyer.open();
  await flooding.expect("OPENED");
  for (let count = 0; count < 3 * CONTROL_FRAMES_BURST; count += 1) flooding.send("CREDIT", { bytes: 1 });
  expect(await untilRefused(flooding)).toMatchObject({ name: "Limit", detail: { limit: "control frames" } });

  const misplaced = await scene.buyer.open();
  await misplaced.expect("OPENED");
  misplaced.send("PAY", scene.buyer.voucher(1n)); // nothing is charged here
  expect(await untilRefused(misplaced)).toMatchObject({ name: "BadFrame" });
});

test("a position that no store can hold is refused by name", async () => {
  const { listingId } = scene.listing;
  const place = { generation: scene.gateway.generation, seq: 2n ** 63n - 1n };
  const { frames } = await scene.buyer.dial();
  frames.send("LOCATE", { listingId, position: place });
  expect(await untilRefused(frames)).toMatchObject({ name: "BadFrame" });
  const opened = await scene.buyer.open({ position: { ...place, segmentId: ZERO_HASH } });
  expect(await untilRefused(opened)).toMatchObject({ name: "BadFrame" });
});

test("what waits behind a purchase that is being mined is bounded", async () => {
  const unknown = hex(new Uint8Array(32).fill(9));
  const frames = await scene.buyer.open({ grantId: unknown, transactionHash: unknown });
  for (let count = 0; count < MAX_READER_QUEUE_BYTES / 256; count += 1) frames.send("CREDIT", { bytes: 1 });
  expect(await untilRefused(frames)).toMatchObject({ name: "Limit", detail: { limit: "queued frames" } });
});

test("sessions are opened at a bounded rate", async () => {
  const buyer = await ScriptedBuyer.start(world, relay, scene.purchase);
  // Two grants of one peer: a grant has fewer places than these are.
  const purchase = await makeGrant(world.chain, scene.listing, { plan: FREE, amount: 0n });
  const buyers = [buyer, new ScriptedBuyer(world, buyer.node, relay, purchase)];
  try {
    await (await buyer.dial()).frames.close();
    const attempt = async (_: unknown, index: number) => {
      const frame = await (await buyers[index % 2]!.open()).read();
      return frame?.type === "REFUSED" ? frame.detail.limit : frame!.type;
    };
    const answers = await Promise.all(Array.from({ length: OPENS_BURST + 10 }, attempt));
    expect(answers.filter((answer) => answer === "OPENED").length).toBeGreaterThanOrEqual(OPENS_BURST);
    expect(answers).toContain("opens");
  } finally {
    await buyer.stop();
  }
});

test("streams and connections that break off anywhere do no harm", async () => {
  for (let round = 0; round < 24; round += 1) {
    const buyer = await ScriptedBuyer.start(world, relay, scene.purchase);
    const frames = round % 2 ? await buyer.open() : (await buyer.dial(round % 4 ? "tcp" : "ws")).frames;
    const [connection] = buyer.node.getConnections();
    if (round % 3 === 0) frames.abort(new Error("gone"));
    if (round % 3 === 1) connection!.abort(new Error("gone"));
    await buyer.stop();
  }
  expect((await fetch(`${relay.http}/readyz`)).status).toBe(200);
  const buyer = await ScriptedBuyer.start(world, relay, scene.purchase);
  await (await buyer.open()).expect("OPENED");
  await buyer.stop();
});

test("a reader that stops reading costs no memory and holds up nobody", async () => {
  const stalled = await ScriptedBuyer.start(world, relay, scene.purchase);
  const lively = await ScriptedBuyer.start(world, relay, scene.purchase);
  const slow = await stalled.open({ credit: 64 << 20 });
  await slow.expect("OPENED");
  slow.stream.pause();
  const quick = await lively.open({ credit: 64 << 20 });
  await quick.expect("OPENED");
  const count = 40;
  for (let round = 0; round < count; round += 1) await scene.segments(1, 1, 1, 1, 1);
  expect(await readSegments(quick, 5 * count)).toHaveLength(5 * count);
  slow.stream.resume();
  expect(await readSegments(slow, 5 * count)).toEqual(
    Array.from({ length: 5 * count }, (_, seq) => BigInt(seq)),
  );
  await stalled.stop();
  await lively.stop();
});

test("clients that ask and never read close HTTP to nobody", async () => {
  const end = await askAndNeverRead(relay.http, MAX_HTTP_CONNECTIONS + 10);
  expect((await fetch(`${relay.http}/healthz`)).status).toBe(200);
  end();
});

test("HTTP gives health, metrics and heads, to anybody, and nothing else", async () => {
  const [sealed] = await scene.segments(1);
  const get = (path: string, method = "GET") => fetch(`${relay.http}${path}`, { method });
  expect(await (await get("/healthz")).json()).toEqual({ ok: true });
  expect((await get("/readyz")).status).toBe(200);
  const heads = await get("/v1/heads");
  expect(heads.headers.get("access-control-allow-origin")).toBe("*");
  const { items, next } = (await heads.json()) as { items: Record<string, unknown>[]; next: null };
  expect(next).toBeNull();
  expect(items).toContainEqual({
    listingId: String(scene.listing.listingId),
    generation: scene.gateway.generation,
    epoch: scene.epoch,
    seq: String(sealed!.seq),
    sealedAtMs: sealed!.sealedAtMs,
    segmentId: hex(sealed!.segmentId),
    header: hex(sealed!.bytes.subarray(0, HEADER_BYTES)),
    signature: hex(sealed!.bytes.subarray(HEADER_BYTES, HEADER_BYTES + 64)),
    receivedAtMs: expect.any(Number),
    // What the gateway says of itself every 15 s; this one says nothing.
    ...Object.fromEntries(
      ["AtMs", "Generation", "KeyId", "NextSeq", "SegmentId", "Signature"].map((name) => [
        `head${name}`,
        null,
      ]),
    ),
  });
  const metrics = await (await get("/metrics")).text();
  expect(metrics).toMatch(/^weir_relay_segments_stored_total [1-9]/m);
  expect(metrics).toMatch(/^weir_relay_refusals_total\{kind="BadFrame"\} [1-9]/m);
  expect((await get("/v1/heads", "POST")).status).toBe(405);
  for (const path of ["/", "/v1/segments", "/constructor", "/__proto__"])
    expect((await get(path)).status).toBe(404);
});
