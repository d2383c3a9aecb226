// publish: what a gateway sends is checked, chained, on the disk, and only then acknowledged.
//
// - segments in order are acknowledged; over TCP and over WebSockets
// - a restart gives the head that was acknowledged last
// - a gap is answered NEED, the repeated run is taken, the same segment twice is acknowledged
// - another segment under a stored number is refused and kept as evidence
// - refused: wrong signature, foreign key, revoked key, over a limit, wrong epoch, a clock ahead, falling time, broken chain
// - refused AUTH: listing that does not name this relay, unknown listing, expired, a later generation exists
// - a hub changes hands: the former owner's gateway is cut off and refused, the new one's serves; what was published stays
// - a second publisher takes over
// - what was being judged while the first of a generation found no room is not stored: nothing ever fills the hole before it
// - what a locked file did not take is not acknowledged, also when a segment before it is repeated meanwhile: the publisher is cut at once
// - a gateway of many listings has a stream for each on its one connection

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { p256 } from "@noble/curves/nist.js";
import {
  acceptHub,
  registerPublisherKey,
  reviseListing,
  revokePublisherKey,
  setRoles,
  transferHub,
  type WriteClient,
} from "@weir/sdk/chain";
import { type Bytes, decodeHeader, equalBytes, HEADER_BYTES, hex, parseSegment } from "@weir/sdk/core";
import { nativeCrypto } from "@weir/sdk/native";
import { type FrameStream, PROTOCOLS, segmentFrame } from "@weir/sdk/wire";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeHub, makeListing, OPERATOR, SELLER } from "../../test/support/market.ts";
import { MAX_STREAMS_PER_PEER } from "../src/limits.ts";
import type { Relay } from "../src/relay.ts";
import { untilRefused } from "./support/buyer.ts";
import { dial, ScriptedGateway, type Sealed } from "./support/gateway.ts";
import { startPublishing } from "./support/publishing.ts";
import { startWorld, type World } from "./support/world.ts";

let world: World;
let relay: Relay;
let folder: string;

beforeAll(async () => {
  world = await startWorld();
  folder = world.folder();
  relay = await world.relay(folder);
});

afterAll(() => world?.stop());

const gatewayFor = (listingId: bigint, options: { generation?: number } = {}) =>
  ScriptedGateway.start(world, relay, { listingId, ...options });

const fresh = async (title: string) => gatewayFor((await world.listing(title)).listingId);
const send = (frames: FrameStream, { bytes }: Sealed) => frames.write(segmentFrame(bytes));

test("segments in order are acknowledged over TCP and WebSockets, and survive a restart", async () => {
  const folder = world.folder();
  const own = await world.relay(folder);
  const { listingId } = await world.listing("in order");
  const gateway = await ScriptedGateway.start(world, own, { listingId });
  const tcp = await gateway.publish("tcp");
  expect(tcp.head.head).toBeNull();
  await gateway.deliver(tcp.frames, await gateway.seal(), await gateway.seal({ count: 3 }));
  await gateway.stop();

  const again = await ScriptedGateway.start(world, own, { listingId, generation: gateway.generation });
  const ws = await again.publish("ws");
  const head = decodeHeader(ws.head.head!.subarray(0, HEADER_BYTES));
  expect(head.seq).toBe(1n);
  await again.stop();
  await own.stop();

  const restarted = await world.relay(folder);
  expect(restarted.peerId).toBe(own.peerId);
  const third = await ScriptedGateway.start(world, restarted, { listingId, generation: gateway.generation });
  const { head: kept } = await third.publish();
  expect(equalBytes(kept.head!, ws.head.head!)).toBe(true);
  await third.stop();
  await restarted.stop();
});

test("a gateway of many listings is greeted on a stream for each", async () => {
  const gateway = await fresh("many");
  for (const protocol of [PROTOCOLS.publish, PROTOCOLS.vouchers, PROTOCOLS.keys, PROTOCOLS.command]) {
    const greeted: FrameStream[] = [];
    while (greeted.length <= MAX_STREAMS_PER_PEER)
      greeted.push((await dial(gateway.node, relay, protocol)).frames);
    for (const frames of greeted) frames.abort(new Error("seen"));
  }
  expect(gateway.node.getConnections()).toHaveLength(1);
});

test("a gap is answered NEED, and the run from there is taken", async () => {
  const gateway = await fresh("gap");
  const { frames } = await gateway.publish();
  const [zero, one, two] = [await gateway.seal(), await gateway.seal(), await gateway.seal()];
  await gateway.deliver(frames, zero);
  send(frames, two);
  expect((await frames.expect("NEED")).seq).toBe(1n);
  await gateway.deliver(frames, one, two);
  await gateway.deliver(frames, two); // the same again: acknowledged, nothing else
});

test("another segment under a stored number is kept as evidence and never taken", async () => {
  const gateway = await fresh("fork");
  const { frames } = await gateway.publish();
  const zero = await gateway.seal();
  await gateway.deliver(frames, zero);
  send(frames, await gateway.seal({ seq: 0n, prevHash: new Uint8Array(32), keep: false, text: "other" }));
  expect(await untilRefused(frames)).toMatchObject({ name: "BadSegment", detail: { field: "seq" } });
  const database = new DatabaseSync(join(folder, "relay.db"), { readOnly: true });
  const stored = database
    .prepare("SELECT count(*) AS n FROM evidence WHERE listing_id = ?")
    .get(Number(gateway.listingId));
  const served = database
    .prepare("SELECT segment_id FROM segments WHERE listing_id = ?")
    .all(Number(gateway.listingId));
  database.close();
  expect(stored!.n).toBe(1);
  expect(served.map((row) => Buffer.from(row.segment_id as Uint8Array).toString("hex"))).toEqual([
    Buffer.from(zero.segmentId).toString("hex"),
  ]);
});

test.each([
  [
    "signature",
    "a signature by another key",
    async (g: ScriptedGateway) => g.seal({ privateKey: new Uint8Array(32).fill(9) }),
  ],
  [
    "messageCount",
    "more messages than the listing allows",
    async (g: ScriptedGateway) => g.seal({ count: 11 }),
  ],
  [
    "bodyBytes",
    "more bytes than the listing allows",
    async (g: ScriptedGateway) => g.seal({ text: randomText(8192) }),
  ],
  [
    "epoch",
    "an epoch that is not its time's",
    async (g: ScriptedGateway) => g.seal({ epoch: Math.floor(Date.now() / 1000) + 1 }),
  ],
  [
    "sealedAtMs",
    "a clock more than five seconds ahead",
    async (g: ScriptedGateway) => g.seal({ sealedAtMs: Date.now() + 7_000 }),
  ],
  [
    "sealedAtMs",
    "a time that falls",
    async (g: ScriptedGateway) => g.seal({ sealedAtMs: Date.now() - 60_000 }),
  ],
  [
    "prevHash",
    "a broken chain",
    async (g: ScriptedGateway) => g.seal({ prevHash: new Uint8Array(32).fill(3) }),
  ],
])("refused: %s (%s)", async (field, rule, make) => {
  const gateway = await fresh(`bad ${field} ${rule}`);
  const { frames } = await gateway.publish();
  await gateway.deliver(frames, await gateway.seal());
  send(frames, await make(gateway));
  expect(await untilRefused(frames)).toMatchObject({
    name: "BadSegment",
    detail: { field, rule: expect.stringMatching(/./) },
  });
  const again = await ScriptedGateway.start(world, relay, {
    listingId: gateway.listingId,
    generation: gateway.generation,
  });
  const { head } = await again.publish();
  expect(decodeHeader(head.head!.subarray(0, HEADER_BYTES)).seq).toBe(0n);
});

test("a changed byte of the ciphertext is refused", async () => {
  const gateway = await fresh("changed byte");
  const { frames } = await gateway.publish();
  const sealed = await gateway.seal();
  sealed.bytes[sealed.bytes.length - 1]! ^= 1;
  send(frames, sealed);
  expect(await untilRefused(frames)).toMatchObject({
    name: "BadSegment",
    detail: { field: "ciphertextRoot" },
  });
});

test("a key that the hub revoked publishes nothing more", async () => {
  const { listingId } = await world.listing("revoked key");
  const { keyId, privateKey } = await world.addKey();
  const gateway = await ScriptedGateway.start(world, relay, { listingId, keyId, privateKey });
  const { frames } = await gateway.publish();
  await gateway.deliver(frames, await gateway.seal());
  await revokePublisherKey(world.chain.wallet(SELLER), {
    contracts: world.chain.contracts,
    hubId: world.hubId,
    keyId,
  });
  // One block later the relay knows; until then a segment may still pass.
  const sent = setInterval(async () => frames.closed || send(frames, await gateway.seal()), 50);
  try {
    expect(await untilRefused(frames)).toMatchObject({ name: "BadKey" });
  } finally {
    clearInterval(sent);
  }
  const later = await gateway.connect(PROTOCOLS.publish);
  expect(await untilRefused(later)).toMatchObject({ name: "BadKey" });
});

test("after a hub has changed hands the former owner's gateway is cut off, and the new one's serves", async () => {
  const { contracts, wallet, accounts } = world.chain;
  const [former, next] = [wallet(SELLER), wallet(9)];
  const { hubId } = await makeHub(world.chain, "for sale");
  const { listingId } = await makeListing(world.chain, hubId, "for sale");
  const keyOf = async (owner: WriteClient, account: number) => {
    const privateKey = p256.utils.randomSecretKey() as Bytes;
    const point = p256.getPublicKey(privateKey, false);
    const publicKey = { x: hex(point.subarray(1, 33)), y: hex(point.subarray(33)) };
    const { address } = accounts[account]!;
    const { keyId } = await registerPublisherKey(owner, { contracts, hubId, account: address, publicKey });
    return { keyId, privateKey };
  };
  const before = await ScriptedGateway.start(world, relay, {
    listingId,
    ...(await keyOf(former, OPERATOR)),
  });
  const { frames } = await before.publish();
  const lines = [frames, await before.vouchers()];
  await before.deliver(frames, await before.seal());
  await transferHub(former, { contracts, hubId, newOwner: next.account.address });
  await acceptHub(next, { contracts, hubId });
  for (const line of lines) {
    expect(await untilRefused(line)).toMatchObject({ name: "BadKey" });
    await expect.poll(() => line.closed).toBe(true);
  }
  expect(await untilRefused(await before.connect(PROTOCOLS.publish))).toMatchObject({ name: "BadKey" });

  const { generation } = before;
  const after = await ScriptedGateway.start(world, relay, {
    ...{ listingId, generation: generation + 1 },
    ...(await keyOf(next, 10)),
  });
  const own = await after.publish();
  await after.deliver(own.frames, await after.seal());
  expect(await untilRefused(await before.connect(PROTOCOLS.vouchers))).toMatchObject({ name: "BadKey" });
  // The new owner takes the gateway over with its account: its key may speak again.
  const { address: account } = accounts[OPERATOR]!;
  await setRoles(next, { contracts, hubId, account, roles: 8 });
  const again = async () => {
    const line = await before.connect(PROTOCOLS.publish, { generation: generation + 1 });
    const { type } = await line.read().then((frame) => frame!);
    await line.close();
    return type;
  };
  await expect.poll(again, { timeout: 20_000 }).toBe("HEAD");
});

test("AUTH is refused for other relays' listings, unknown ones, foreign keys, the past, and older generations", async () => {
  const elsewhere = await makeListing(world.chain, world.hubId, "elsewhere", {
    relays: [world.chain.accounts[9]!.address],
    plans: [],
  });
  const refusal = async (gateway: ScriptedGateway, more: Parameters<ScriptedGateway["connect"]>[1] = {}) => {
    return (await untilRefused(await gateway.connect(PROTOCOLS.publish, more))).name;
  };
  const start = (options: ConstructorParameters<typeof ScriptedGateway>[3]) =>
    ScriptedGateway.start(world, relay, options);
  const { listingId } = await world.listing("auth");
  expect(await refusal(await start({ listingId: elsewhere.listingId }))).toBe("NotServed");
  expect(await refusal(await start({ listingId: 10n ** 15n }))).toBe("UnknownListing");
  expect(await refusal(await start({ listingId, keyId: 999 }))).toBe("BadKey");
  expect(await refusal(await start({ listingId, privateKey: new Uint8Array(32).fill(5) }))).toBe(
    "BadSignature",
  );
  const now = Math.floor(Date.now() / 1000);
  expect(await refusal(await start({ listingId }), { expiry: now - 1 })).toBe("Expired");
  expect(await refusal(await start({ listingId }), { expiry: now + 7200 })).toBe("Expired");
  const gateway = await gatewayFor(listingId, { generation: 100 });
  const { frames } = await gateway.publish();
  await gateway.deliver(frames, await gateway.seal());
  expect(await refusal(await start({ listingId, generation: 99 }))).toBe("StaleGeneration");
});

test("a second publisher takes over and continues where the first one stood", async () => {
  const gateway = await fresh("take over");
  const first = await gateway.publish();
  await gateway.deliver(first.frames, await gateway.seal());
  const second = await gateway.publish();
  expect(decodeHeader(second.head.head!.subarray(0, HEADER_BYTES)).seq).toBe(0n);
  expect(await untilRefused(first.frames)).toMatchObject({ name: "Superseded" });
  await gateway.deliver(second.frames, await gateway.seal());
});

test("what was judged while a generation's first segment found no room is not stored behind it", async () => {
  const held = Promise.withResolvers<void>();
  let last: Uint8Array | undefined;
  const own = await startPublishing(world, {
    ...nativeCrypto,
    async es256Verify(key, message, signature) {
      if (last && equalBytes(last, signature)) await held.promise;
      return nativeCrypto.es256Verify(key, message, signature);
    },
  });
  const { listingId } = await world.listing("no room for the first", {
    segment: { flushMs: 50, maxMessages: 10, maxBytes: 65_536 },
  });
  const gateway = await ScriptedGateway.start(world, own, { listingId });
  try {
    const [zero, one] = [await gateway.seal({ text: randomText(8192) }), await gateway.seal()];
    last = parseSegment(one.bytes).signature;
    const { frames } = await patiently(() => gateway.publish());
    own.database.limitPages(1); // as large as it is now
    frames.write(segmentFrame(zero.bytes), segmentFrame(one.bytes)); // together, so that both are looked at in one turn
    expect(await untilRefused(frames)).toMatchObject({ name: "DiskFull" });
    own.database.limitPages(1_000_000);
    held.resolve();
    await expect.poll(own.publishers, { timeout: 30_000 }).toBe(0);
    const again = await patiently(() => gateway.publish());
    expect(again.head.head).toBeNull();
    await gateway.deliver(again.frames, zero, one);
  } finally {
    await gateway.stop();
    await own.stop();
  }
});

test("what the file did not take is not acknowledged by a repeated segment, and the publisher is cut at once", async () => {
  const own = await startPublishing(world, nativeCrypto);
  const { listingId } = await world.listing("locked file");
  const gateway = await ScriptedGateway.start(world, own, { listingId });
  const { file } = own.database.prepare("PRAGMA database_list").get() as { file: string };
  own.database.prepare("PRAGMA busy_timeout = 0").get();
  const other = new DatabaseSync(file);
  try {
    const [zero, one] = [await gateway.seal(), await gateway.seal()];
    const { frames } = await patiently(() => gateway.publish());
    await gateway.deliver(frames, zero);
    other.exec("BEGIN IMMEDIATE");
    frames.write(segmentFrame(one.bytes), segmentFrame(zero.bytes));
    await expect(frames.read()).rejects.toThrow(); // not an ACK, and nothing more had to be sent
    other.exec("ROLLBACK");
    const again = await patiently(() => gateway.publish());
    expect(decodeHeader(again.head.head!.subarray(0, HEADER_BYTES)).seq).toBe(0n);
    await gateway.deliver(again.frames, one);
  } finally {
    other.close();
    await gateway.stop();
    await own.stop();
  }
});

test("a revision's limits hold at once, and the ones before for a minute", async () => {
  const listing = await world.listing("revised");
  const gateway = await gatewayFor(listing.listingId);
  const { frames } = await gateway.publish();
  await gateway.deliver(frames, await gateway.seal({ count: 10 }));
  const terms = { ...listing.terms, segment: { ...listing.terms.segment, maxMessages: 5 } };
  await reviseListing(world.chain.wallet(SELLER), {
    contracts: world.chain.contracts,
    listingId: listing.listingId,
    terms,
    metadata: listing.metadata,
  });
  await gateway.deliver(frames, await gateway.seal({ count: 10 }), await gateway.seal({ count: 5 }));
});

/** Agreeing on a protocol may take longer than the library waits, where a machine is busy. */
async function patiently<T>(act: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1)
    try {
      return await act();
    } catch (error) {
      if (tries === 3) throw error;
    }
}

const randomText = (length: number): string =>
  Array.from(globalThis.crypto.getRandomValues(new Uint8Array(length)), (byte) => byte.toString(36)).join("");
