// The gateway's picture of the chain after blocks were replaced: what a gateway that starts anew on the same chain sees, and nothing more.
//
// 1 to 64 blocks replaced, after every kind of event that counts for keys: bought, given, rotated, revoked, revised, paused, key registered,
// consent withdrawn; seen before the fork or not
import {
  buy,
  giveGrant,
  openRound,
  pauseListing,
  registerDevice,
  registerPublisherKey,
  reviseListing,
  revokeGrant,
  rotateKeys,
  withdrawConsents,
} from "@weir/sdk/chain";
import { FOREVER, type Hex, hex, Rights } from "@weir/sdk/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startChain, type TestChain } from "../../test/support/chain.ts";
import {
  BUYER,
  freePlan,
  makeHub,
  makeListing,
  makePurchase,
  messagePlan,
  OPERATOR,
  publisherKey,
  SELLER,
  type TestListing,
} from "../../test/support/market.ts";
import { createDirectory, type Directory } from "../src/directory.ts";

let chain: TestChain;
let hubId: bigint;
let listing: TestListing;
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  chain = await startChain();
  ({ hubId } = await makeHub(chain, "Forked"));
  listing = await makeListing(chain, hubId, "forked", { plans: [messagePlan, freePlan] });
});
afterAll(async () => {
  for (const stop of stops) await stop();
  await chain?.stop();
});

async function follow(): Promise<{ directory: Directory; forks: bigint[]; stop: () => Promise<void> }> {
  const { client, contracts } = chain;
  const { fromBlock } = chain.deployment;
  const onError = () => undefined;
  const directory = createDirectory({ client, contracts, fromBlock, hubIds: [hubId], onError });
  const forks: bigint[] = [];
  directory.on("reorg", (block) => forks.push(block));
  const ending = new AbortController();
  const running = directory.run(ending.signal);
  const stop = async () => {
    ending.abort();
    await running;
  };
  stops.push(stop);
  await directory.ready;
  return { directory, forks, stop };
}

/** All that a directory answers, as plain data. */
const picture = (directory: Directory, grants: readonly Hex[]) => ({
  listings: directory.listings().map((one) => ({ ...one, versions: [...one.versions] })),
  acquired: [...directory.everyAcquired()],
  rotations: grants.map((grantId) => directory.rotation(grantId)),
  cut: directory.cutBlock(listing.listingId),
  devices: ["early", "late"].map((name) => directory.deviceActive(hubId, name)),
});

const head = () => chain.client.getBlockNumber({ cacheTime: 0 });

/** One of everything; gives the grants that it made. */
async function everything(name: string): Promise<Hex[]> {
  const { contracts } = chain;
  const [seller, buyer] = [chain.wallet(SELLER), chain.wallet(BUYER)];
  const { listingId, terms, metadata } = listing;
  const metered = await buy(buyer, { contracts, purchase: makePurchase(chain, listing) });
  const free = await buy(buyer, {
    contracts,
    purchase: makePurchase(chain, listing, { plan: 1, amount: 0n }),
  });
  const gift = await giveGrant(seller, {
    contracts,
    listingId,
    buyer: chain.accounts[9]!.address,
    rights: Rights.read,
    notBefore: 0,
    notAfter: FOREVER,
    nonce: hex(crypto.getRandomValues(new Uint8Array(32))),
    encryptionKey: hex(new Uint8Array(32).fill(2)),
  });
  const signer = chain.accounts[11]!.address;
  const encryptionKey = hex(crypto.getRandomValues(new Uint8Array(32)));
  await rotateKeys(buyer, { contracts, grantId: metered.grantId, encryptionKey, signer });
  await registerDevice(seller, { contracts, hubId, name });
  const { privateKey: _, ...publicKey } = await publisherKey();
  const account = chain.accounts[OPERATOR]!.address;
  await registerPublisherKey(seller, { contracts, hubId, account, publicKey });
  await reviseListing(seller, { contracts, listingId, terms: { ...terms, historyDepth: 60 }, metadata });
  await pauseListing(seller, { contracts, listingId });
  const formHash = hex(new Uint8Array(32).fill(3));
  const subjects = [hex(new Uint8Array(32).fill(4))];
  await openRound(seller, {
    contracts,
    listingId,
    formHash,
    notBefore: 0,
    notAfter: FOREVER,
    subjects,
    given: true,
  });
  await withdrawConsents(seller, { contracts, listingId, subjects });
  await revokeGrant(seller, { contracts, grantId: gift.grantId });
  return [metered.grantId, free.grantId, gift.grantId];
}

test.for([
  [1, true],
  [8, true],
  [64, true],
  [64, false],
] as const)("%i blocks replaced (seen before: %s) leave what a new start sees", async ([depth, seen]) => {
  const { directory, forks, stop } = await follow();
  const before = picture(directory, []);
  const id = await chain.test.snapshot();
  const fork = await head();
  const grants = await everything("early");
  const used = Number((await head()) - fork);
  // What was done lies at the bottom of a fork of at least this depth.
  if (depth > used) await chain.mine(depth - used);
  if (seen) await expect.poll(() => directory.seen(), { timeout: 20_000 }).toBe(await head());
  if (seen) expect(directory.acquired(grants[0]!)).toBeDefined();
  await chain.revert(id);
  await chain.mine(Math.max(depth, used) + 1);
  await expect.poll(() => directory.seen(), { timeout: 20_000 }).toBe(await head());
  expect(picture(directory, grants)).toEqual({ ...before, rotations: [undefined, undefined, undefined] });
  if (seen) expect(forks).toEqual([fork + 1n]);

  // The other fork has a story of its own.
  const again = await chain.test.snapshot();
  const others = await everything("late");
  await expect.poll(() => directory.seen(), { timeout: 20_000 }).toBe(await head());
  const fresh = await follow();
  const known = [...grants, ...others];
  expect(picture(directory, known)).toEqual(picture(fresh.directory, known));
  expect(directory.acquired(others[0]!)).toBeDefined();
  expect(directory.acquired(grants[0]!)).toBeUndefined();
  await fresh.stop();
  await stop();
  await chain.revert(again);
});
