// Open listings: everybody reads, on the path of every other reader.
//
// read without a purchase · the root is sealed once, opens with the key that everybody has, and is kept · nobody pays, nobody signs
// refused: a listing that is not open, or sells by approval · places: so many of one peer, more with another; so many on one free grant,
//   whoever comes with it
// no longer open: cut, refused, no keys

import { reviseListing } from "@weir/sdk/chain";
import { hex, ListingFlags, OPEN_KEYS, openPurchaseOf } from "@weir/sdk/core";
import { type FrameStream, PROTOCOLS } from "@weir/sdk/wire";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeGrant, SELLER, type TestListing } from "../../test/support/market.ts";
import { MAX_OPEN_READERS_PER_PEER, MAX_READERS_PER_GRANT } from "../src/limits.ts";
import type { Relay } from "../src/relay.ts";
import { readSegments, ScriptedBuyer, untilRefused } from "./support/buyer.ts";
import { type Scene, startScene } from "./support/scene.ts";
import { FREE, startWorld, type World } from "./support/world.ts";

let world: World;
let relay: Relay;

beforeAll(async () => {
  world = await startWorld();
  relay = await world.relay();
});
afterAll(() => world?.stop());

/** A listing with these flags, and somebody who bought nothing there. */
async function offer(title: string, flags: number) {
  const listing = await world.listing(title, { flags });
  const scene = await startScene(world, relay, title, FREE, listing);
  return { scene, listing, anybody: () => readerOf(scene, listing) };
}

async function readerOf({ purchase }: Scene, { listingId, version }: TestListing): Promise<ScriptedBuyer> {
  const { grantId, paymentId, ...stand } = openPurchaseOf(listingId, version);
  const bought = { ...purchase, purchase: { ...purchase.purchase, ...stand }, grantId, paymentId };
  const reader = await ScriptedBuyer.start(world, relay, bought);
  return reader;
}

function revise({ listingId, terms, metadata }: TestListing, flags: number) {
  const { contracts } = world.chain;
  const revised = { ...terms, flags };
  return reviseListing(world.chain.wallet(SELLER), { contracts, listingId, terms: revised, metadata });
}

const refusal = async (frames: FrameStream) => (await untilRefused(frames)).name;

async function key(reader: ScriptedBuyer, { gateway, listing }: Scene) {
  const { grantId } = reader.purchase;
  const { listingId } = listing;
  const { generation } = gateway;
  const everything = { epochFrom: 0, epochTo: 2 ** 31 };
  for (;;) {
    const { frames } = await reader.dialKeys();
    frames.send("KEY_REQUEST", { requestId: 1, listingId, grantId, generation, ...everything });
    const reply = await frames.expect("KEY_REPLY");
    // A gateway that has just said who it is may not be known yet.
    if (reply.error?.name !== "GatewayOffline") return reply;
    await frames.close();
  }
}

test("is read by whoever comes, with a root that is sealed once", async () => {
  const { scene, anybody } = await offer("open", ListingFlags.open);
  await scene.segments(1, 1);
  const reader = await anybody();
  const frames = await reader.open({ signature: new Uint8Array(64) });
  await frames.expect("OPENED");
  expect(await readSegments(frames, 2)).toEqual([0n, 1n]);
  const { session, voucher } = {
    session: reader.session({
      sessionNo: 1n,
      generation: scene.gateway.generation,
      fromSeq: 0n,
      baseTotal: 0n,
    }),
    voucher: reader.voucher(1n),
  };
  expect(await refusal(await reader.open({ session, voucher }))).toBe("WrongPlan");
  expect(await refusal(await reader.open({ paymentId: hex(new Uint8Array(32).fill(1)) }))).toBe("WrongPlan");

  const keys = await scene.gateway.connect(PROTOCOLS.keys);
  const asked = key(reader, scene);
  const request = await keys.expect("KEY_REQUEST");
  const { buyer } = openPurchaseOf(scene.listing.listingId, 1);
  const seal = await scene.gateway.cover({ buyer, encryptionKey: OPEN_KEYS.encryptionKey }, 0, 2 ** 32 - 1);
  keys.send("KEY_REPLY", { requestId: request.requestId, seal, error: null });
  expect((await asked).seal).toMatchObject({ epochFrom: 0, epochTo: 2 ** 32 - 1 });
  await keys.close();
  expect(hex((await key(await anybody(), scene)).seal!.ct)).toBe(hex(seal.ct)); // to somebody else, and nobody sealed
});

test("a listing that is not open, or sells by approval, is read by nobody so", async () => {
  for (const flags of [0, ListingFlags.open | ListingFlags.restricted]) {
    // Revised after the scene's own purchase, which would need approval.
    const { scene, listing, anybody } = await offer(`closed ${flags}`, 0);
    await revise(listing, flags);
    const reader = await anybody();
    expect(await refusal(await reader.open())).toBe("NoGrant");
    expect((await key(reader, scene)).error?.name).toBe("NoGrant");
  }
});

test("one peer holds so many places, another one gets his", async () => {
  const { scene, anybody } = await offer("many readers", ListingFlags.open);
  await scene.segments(1);
  const reader = await anybody();
  const held: FrameStream[] = [];
  for (let i = 0; i < MAX_OPEN_READERS_PER_PEER; i += 1) {
    const frames = await reader.open();
    await frames.expect("OPENED");
    held.push(frames);
  }
  expect(await untilRefused(await reader.open())).toMatchObject({
    name: "Limit",
    detail: { limit: "open readers" },
  });
  await (await (await anybody()).open()).expect("OPENED");
  await held[0]!.close();
  held[0]!.abort(new Error("done"));
  await expect
    .poll(async () => (await (await reader.open()).read())?.type, { timeout: 20_000, interval: 1_000 })
    .toBe("OPENED");
});

test("one free grant holds so many places, whoever comes with it; another grant gets its own", async () => {
  const scene = await startScene(world, relay, "many on one grant", FREE);
  await scene.segments(1);
  const held: FrameStream[] = [];
  const readers = [scene.buyer, await ScriptedBuyer.start(world, relay, scene.purchase)];
  for (let i = 0; i < MAX_READERS_PER_GRANT; i += 1) {
    const frames = await readers[i % 2]!.open();
    await frames.expect("OPENED");
    held.push(frames);
  }
  for (const reader of readers)
    expect(await untilRefused(await reader.open())).toMatchObject({
      name: "Limit",
      detail: { limit: "readers of this grant" },
    });
  const other = await makeGrant(world.chain, scene.listing, { plan: FREE, amount: 0n });
  await (await (await ScriptedBuyer.start(world, relay, other)).open()).expect("OPENED");
  held[0]!.abort(new Error("done")); // whoever goes leaves his place
  const opened = async () => (await (await readers[1]!.open()).read())?.type;
  await expect.poll(opened, { timeout: 20_000, interval: 1_000 }).toBe("OPENED");
});

test("one that is no longer open cuts its readers off", async () => {
  const { scene, listing, anybody } = await offer("closed again", ListingFlags.open);
  await scene.segments(1);
  const reader = await anybody();
  const frames = await reader.open();
  await readSegments(frames, 1);
  await revise(listing, 0);
  expect(await refusal(frames)).toBe("NoGrant");
  expect(await refusal(await reader.open())).toBe("NoGrant");
  expect((await key(reader, scene)).error?.name).toBe("NoGrant");
});
