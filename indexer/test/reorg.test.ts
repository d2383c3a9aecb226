// Blocks that are replaced: what they held is in no answer, as if it had never been indexed.
import { afterAll, beforeAll, expect, test } from "vitest";
import { buy, giveGrant, pauseListing, rotateKeys } from "../../sdk/src/chain/index.ts";
import { FOREVER, Rights } from "../../sdk/src/core/index.ts";
import { startChain, type TestChain } from "../../test/support/chain.ts";
import { startIndexer, type TestIndexer } from "../../test/support/indexer.ts";
import {
  makeGrant,
  makeHub,
  makeListing,
  makePurchase,
  SELLER,
  type TestListing,
} from "../../test/support/market.ts";

/** The deepest one starts Ponder again, on a machine that others use too. */
let chain: TestChain;
let indexer: TestIndexer;
let listing: TestListing;

beforeAll(async () => {
  chain = await startChain();
  const { hubId } = await makeHub(chain, "Forked");
  listing = await makeListing(chain, hubId, "forked");
  await makeGrant(chain, listing);
  indexer = await startIndexer(chain);
  await indexer.caughtUp();
});
afterAll(async () => {
  await indexer?.stop();
  await chain?.stop();
});

/** Every answer that a purchase is seen in. */
async function answers(buyer: number): Promise<unknown[]> {
  const account = chain.accounts[buyer]!.address;
  const { listingId } = listing;
  const paths = [
    "/v1/listings",
    `/v1/listings/${listingId}`,
    `/v1/listings/${listingId}/buyers`,
    `/v1/accounts/${account}/activity`,
  ];
  const found = [];
  for (const path of paths) {
    const { status, body } = await indexer.get(path);
    expect(status, path).toBe(200);
    found.push(body);
  }
  return found;
}

/** Each with a buyer of its own: nobody has more than four grants of a listing. */
test.for([
  [1, 12],
  [4, 13],
  [20, 14],
  [64, 15], // deeper than Ponder can undo: the tables are made again
] as const)("%i blocks replaced leave no purchase, gift, key or pause", async ([depth, who]) => {
  const { contracts } = chain;
  const [seller, buyer] = [chain.wallet(SELLER), chain.wallet(who)];
  const before = await answers(who);
  const id = await chain.test.snapshot();
  const fork = await chain.client.getBlockNumber({ cacheTime: 0 });
  const purchase = makePurchase(chain, listing, { buyer: who });
  const { grantId } = await buy(buyer, { contracts, purchase });
  if (depth > 1) {
    const { listingId } = listing;
    const key = { encryptionKey: purchase.encryptionKey, nonce: purchase.buyerSalt };
    const window = { rights: Rights.read, notBefore: 0, notAfter: FOREVER };
    await giveGrant(seller, { contracts, listingId, buyer: buyer.account.address, ...key, ...window });
    await rotateKeys(buyer, {
      contracts,
      grantId,
      encryptionKey: purchase.buyerSalt,
      signer: buyer.account.address,
    });
    await pauseListing(seller, { contracts, listingId });
  }
  const used = Number((await chain.client.getBlockNumber({ cacheTime: 0 })) - fork);
  if (depth > used) await chain.mine(depth - used);
  await indexer.caughtUp();
  expect(await answers(who)).not.toEqual(before);

  await chain.revert(id);
  await chain.mine(depth + 1);
  await indexer.caughtUp();
  expect(await answers(who)).toEqual(before);

  // The same purchase on the other fork is there once.
  await buy(buyer, { contracts, purchase });
  await indexer.caughtUp();
  const [, , buyers] = (await answers(who)) as [unknown, unknown, { items: { grantId: string }[] }];
  expect(buyers.items.filter((row) => row.grantId === grantId)).toHaveLength(1);
});
