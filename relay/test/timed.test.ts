// subscribe: grants that are paid by time.
//
// - read while the time is paid for; cut off when it ends, by the clock and without a block; refused then
// - a top-up in time goes on in the same session, a later one under the same grant
// - cancelled: read for the notice, then cut off
// - flat: no end by time; stopped with its grant
// - from the start: the first epoch that the grant opens; the past with the history right only
// - epochs of another length after a revision: the time that was bought is read on, also from the start

import {
  buy,
  cancelSubscription,
  fundSubscription,
  getSubscription,
  reviseListing,
  revokeGrant,
} from "@weir/sdk/chain";
import { type Plan, PlanKind, Rights, type SubscriptionTerms, subscriptionTermsOf } from "@weir/sdk/core";
import type { FrameStream } from "@weir/sdk/wire";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BUYER, makePurchase, messagePlan, SELLER, type TestListing } from "../../test/support/market.ts";
import type { Relay } from "../src/relay.ts";
import { readSegments, ScriptedBuyer, untilRefused } from "./support/buyer.ts";
import { ScriptedGateway } from "./support/gateway.ts";
import { cutBy, MOST_LOOKS } from "./support/pace.ts";
import { startWorld, type World } from "./support/world.ts";

const timed: Plan = { ...messagePlan, unit: 0n, entry: 0n, notice: 6 };
/** Ten units a second. */
const PERIOD: Plan = { ...timed, kind: PlanKind.period, price: 600n, period: 60 };
const RATE = 10n;
const FLAT: Plan = { ...timed, kind: PlanKind.flat, price: 0n, upfront: 7_000n };
const FLAT_WITH_HISTORY: Plan = { ...FLAT, rights: Rights.read | Rights.history };
const HISTORY = 600;
/** The promise is one second after the end; the rest is this machine's. */
const SLACK_MS = 10_000;

let world: World;
let relay: Relay;

beforeAll(async () => {
  world = await startWorld();
  relay = await world.relay();
});
afterAll(() => world?.stop());

type Subscriber = {
  buyer: ScriptedBuyer;
  listing: TestListing;
  terms: SubscriptionTerms;
  stop: () => Promise<number>;
};

async function subscribe(listing: TestListing, plan: number, amount: bigint): Promise<Subscriber> {
  const { chain } = world;
  const { contracts, chainId } = chain;
  const purchase = makePurchase(chain, listing, { plan, amount });
  const bought = await buy(chain.wallet(BUYER), { contracts, purchase });
  const { grantId, paymentId, hash } = bought;
  const terms = subscriptionTermsOf(
    listing.terms,
    { ...purchase, paymentId },
    { chainId, subscriptions: contracts.Subscriptions, grants: contracts.Grants },
  );
  const buyer = await ScriptedBuyer.start(world, relay, {
    purchase,
    terms: {} as never, // of a channel: there is none
    grantId,
    paymentId,
    hash,
    buyer: purchase.buyer,
  });
  const stop = async () =>
    (await getSubscription(chain.client, { contracts, subscriptionId: paymentId })).stop;
  return { buyer, listing, terms, stop };
}

async function offer(title: string, more: Parameters<World["listing"]>[1] = {}) {
  const listing = await world.listing(title, { plans: [PERIOD, FLAT, FLAT_WITH_HISTORY], ...more });
  const gateway = await ScriptedGateway.start(world, relay, { listingId: listing.listingId });
  const { frames } = await gateway.publish();
  const publish = async (sealedAtMs = Date.now()) =>
    gateway.deliver(frames, await gateway.seal({ sealedAtMs }));
  return { listing, publish };
}

/** Opens and reads the first segment, which is published now. */
async function reading({ buyer }: Subscriber, publish: () => Promise<void>): Promise<FrameStream> {
  const frames = await buyer.open();
  await frames.expect("OPENED");
  await publish();
  await readSegments(frames, 1);
  return frames;
}

const topUp = (terms: SubscriptionTerms, amount: bigint) =>
  fundSubscription(world.chain.wallet(BUYER), { contracts: world.chain.contracts, terms, amount });

test("is read while its time is paid for, cut off by the clock, and goes on with a top-up", async () => {
  const { listing, publish } = await offer("by the second");
  const subscriber = await subscribe(listing, 0, 12n * RATE);
  const frames = await reading(subscriber, publish);
  const first = await subscriber.stop();
  await topUp(subscriber.terms, 3n * RATE);
  expect(await subscriber.stop()).toBe(first + 3);
  const refused = await untilRefused(frames);
  expect(refused).toMatchObject({ name: "OutOfMoney", detail: { stop: String(first + 3) } });
  expect(Date.now()).toBeGreaterThanOrEqual((first + 3) * 1000);
  expect(Date.now()).toBeLessThan((first + 3) * 1000 + SLACK_MS);
  expect(await untilRefused(await subscriber.buyer.open())).toMatchObject({ name: "OutOfMoney" });

  await topUp(subscriber.terms, 60n * RATE);
  await reading(subscriber, publish);
});

test("a cancelled subscriber reads for the notice and no longer", async () => {
  const { listing, publish } = await offer("cancelled");
  const subscriber = await subscribe(listing, 0, 3_600n * RATE);
  const frames = await reading(subscriber, publish);
  const { contracts } = world.chain;
  const { terms } = subscriber;
  const { stop } = await cancelSubscription(world.chain.wallet(BUYER), {
    contracts,
    terms,
    relays: listing.terms.relays,
  });
  await publish();
  await readSegments(frames, 1);
  expect(await untilRefused(frames)).toMatchObject({ name: "OutOfMoney", detail: { stop: String(stop) } });
  expect(Date.now()).toBeLessThan(stop * 1000 + SLACK_MS);
});

test("flat access has no end by time, and ends with its grant", async () => {
  const { listing, publish } = await offer("flat");
  const subscriber = await subscribe(listing, 1, 7_000n);
  const frames = await reading(subscriber, publish);
  const { contracts } = world.chain;
  const { terms, buyer } = subscriber;
  const cut = await cutBy(world, frames, () =>
    revokeGrant(world.chain.wallet(SELLER), {
      contracts,
      grantId: buyer.purchase.grantId,
      subscription: { terms, relays: listing.terms.relays },
    }),
  );
  expect(cut).toMatchObject({ name: "Revoked", segments: 0 });
  expect(cut.looks).toBeLessThanOrEqual(MOST_LOOKS);
});

test("from the start: what came since the purchase, and with the history right what came before", async () => {
  const { listing, publish } = await offer("history", { historyDepth: HISTORY });
  const now = Date.now();
  const hour = 3_600_000;
  for (const sealedAtMs of [now - hour, now - 60_000, now - 30_000]) await publish(sealedAtMs);
  const { timestamp } = await world.chain.client.getBlock();
  const past = await subscribe(listing, 2, 7_000n);
  const plain = await subscribe(listing, 1, 7_000n);
  // Behind the grants' first epoch, whatever the two clocks make of it.
  await publish(Math.max(now, Number(timestamp) * 1000) + 2_000);
  await publish(Math.max(now, Number(timestamp) * 1000) + 3_000);
  const read = async ({ buyer }: Subscriber, fromStart: boolean, count: number) => {
    const frames = await buyer.open({ fromStart });
    await frames.expect("OPENED");
    return readSegments(frames, count);
  };
  expect(await read(past, true, 4)).toEqual([1n, 2n, 3n, 4n]);
  expect(await read(plain, true, 2)).toEqual([3n, 4n]);
  expect(await read(past, false, 1)).toEqual([4n]);
});

test("after a revision of the epoch's length what was bought before is read on, also from the start", async () => {
  const { listing, publish } = await offer("another length");
  const subscriber = await subscribe(listing, 1, 7_000n);
  const running = await reading(subscriber, publish);
  const epochLength = 6; // no longer than the plans' notice
  const { listingId, metadata } = listing;
  const { contracts } = world.chain;
  const terms = { ...listing.terms, epochLength };
  await reviseListing(world.chain.wallet(SELLER), { contracts, listingId, terms, metadata });
  const generation = Math.floor(Date.now() / 1000) + 1;
  const gateway = await ScriptedGateway.start(world, relay, { listingId, generation });
  const { timestamp } = await world.chain.client.getBlock();
  const sealedAtMs = Math.max(Date.now(), Number(timestamp) * 1000);
  const epoch = Math.floor(sealedAtMs / 1000 / epochLength);
  const sealed = [await gateway.seal({ sealedAtMs, epoch }), await gateway.seal({ sealedAtMs, epoch })];
  // Refused until the relay has seen the revision.
  const deliver = async () =>
    gateway.deliver((await gateway.publish()).frames, ...sealed).then(() => "taken", String);
  await expect.poll(deliver, { timeout: 10_000 }).toBe("taken");
  expect(await readSegments(running, 2)).toEqual([0n, 1n]);
  const again = await subscriber.buyer.open({ fromStart: true });
  await again.expect("OPENED");
  expect(await readSegments(again, 2)).toEqual([0n, 1n]);
});
