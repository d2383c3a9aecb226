// Closes and claims on a real chain, with the gateway's own file, ledger and sender; at times the node does not answer.
//
// asked on chain: not lost when the node does not answer · one that cannot be closed keeps none behind it · cancelled and asked for again meanwhile
// replaced: closed again when the follower says so · when it has not seen the block: once it would lie too deep to be replaced
// empty: a notice for the next epoch, and a request on chain, are answered and cost no gas · sent before the program ended: not sent again
import { EventEmitter } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cancelClose, closeChannel, getChannel, MAX_ANCESTORS, requestClose } from "@weir/sdk/chain";
import { hex } from "@weir/sdk/core";
import { nativeCrypto } from "@weir/sdk/native";
import type { Fields, FrameStream } from "@weir/sdk/wire";
import { pino } from "pino";
import { createPublicClient, custom, type PublicClient, zeroAddress } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startChain, type TestChain } from "../../test/support/chain.ts";
import {
  makeHub,
  makeListing,
  messagePlan,
  OPERATOR,
  RELAY,
  type TestListing,
} from "../../test/support/market.ts";
import { createBook } from "../src/claims/book.ts";
import { createChannelClaims } from "../src/claims/channels.ts";
import { type Closer, createCloser } from "../src/claims/close.ts";
import { createSender, type Sender } from "../src/claims/sender.ts";
import { Database } from "../src/database.ts";
import type { Directory } from "../src/directory.ts";
import { createLedger, type Ledger } from "../src/keys/ledger.ts";
import { createMetrics } from "../src/metrics.ts";
import { Buyer } from "./support/buyer.ts";
import type { World } from "./support/world.ts";

const patience = { timeout: 20_000, interval: 20 };
const log = pino({ level: "silent" });
let chain: TestChain;
let listing: TestListing;
let folder: string;
let db: Database;
let ledger: Ledger;
let sender: Sender;
let closer: Closer;
/** Questions to the node that fail from now on. */
let failing = 0;

beforeAll(async () => {
  chain = await startChain();
  const { hubId } = await makeHub(chain, "Closing");
  listing = await makeListing(chain, hubId, "closing");
  folder = mkdtempSync(join(tmpdir(), "weir-close-"));
  db = new Database(join(folder, "gateway.db"));
  ledger = createLedger(db);
  const { rpc: rpcUrl, chainId } = chain;
  sender = createSender({
    ...{ db, rpcUrl, chainId, metrics, log, replaceAfterMs: 60_000 },
    operatorPrivateKey: hex(chain.accounts[OPERATOR]!.getHdKey().privateKey!),
  });
  closer = createCloser({
    ...common(),
    onFrozen: () => undefined,
    onFailed: () => undefined,
    ready: async () => undefined,
  });
});
afterAll(async () => {
  await sender?.stop();
  await closer?.stop();
  db?.close();
  rmSync(folder, { recursive: true, force: true });
  await chain?.stop();
});

const metrics = createMetrics();
const common = () => {
  const { chainId, contracts } = chain;
  const request = async (args: unknown) => {
    if (failing === 0) return chain.client.request(args as never);
    failing -= 1;
    throw new Error("the node does not answer");
  };
  const transport = custom({ request }, { retryCount: 0 });
  const client = createPublicClient({ transport, cacheTime: 0 }) as PublicClient;
  const { Hubs: hubs, Grants: grants, Channels: channels } = contracts;
  const delivery = { chainId, hubs, grants, channels };
  return {
    db,
    ledger,
    client,
    contracts,
    metrics,
    log,
    crypto: nativeCrypto,
    delivery,
    sender: () => sender,
  };
};

/** A channel with money, and its account at the gateway. Its buyer has signed nothing: a close gives everything back. */
async function bought(): Promise<Buyer> {
  const buyer = await Buyer.buy({ chain } as World, listing);
  const { paymentId: channelId, grantId, terms } = buyer;
  await db.commit(() =>
    ledger.admit({
      ...{ channelId, grantId, terms, plan: messagePlan, planIndex: 0 },
      ...{ listingId: listing.listingId, version: listing.version, relays: listing.terms.relays },
      encryptionKey: buyer.encryption.publicKey,
    }),
  );
  return buyer;
}

/** What the relay is answered. */
async function noticed(notice: Fields<"NOTICE">): Promise<Fields<"NOTICE_DONE">> {
  const answers: Fields<"NOTICE_DONE">[] = [];
  const frames = { send: (_type: string, answer: Fields<"NOTICE_DONE">) => answers.push(answer) };
  await closer.notice(frames as unknown as FrameStream, notice, listing.listingId);
  return answers[0]!;
}

const slot = ({ paymentId: channelId }: Buyer) =>
  getChannel(chain.client, { contracts: chain.contracts, channelId });
const epoch = async (buyer: Buyer) => (await slot(buyer)).epoch;

const sent = () => chain.client.getTransactionCount({ address: chain.accounts[OPERATOR]!.address });
const ask = (buyer: Buyer) => requestClose(buyer.wallet, { contracts: chain.contracts, terms: buyer.terms });

test("a close that is asked for on chain is not lost when the node does not answer", async () => {
  const buyer = await bought();
  await ask(buyer);
  failing = 1;
  closer.closing(buyer.paymentId);
  await expect.poll(() => epoch(buyer), patience).toBe(1);
  expect(failing).toBe(0);
});

test("one that cannot be closed keeps none behind it, and is closed when it can be, in whatever epoch it is asked for", async () => {
  const [stuck, other] = [await bought(), await bought()];
  const account = ledger.account(stuck.paymentId)!;
  const { relays } = account;
  Object.assign(account, { relays: [] }); // the chain refuses such a close
  for (const buyer of [stuck, other]) await ask(buyer);
  closer.resume();
  await expect.poll(() => epoch(other), patience).toBe(1);
  await cancelClose(stuck.wallet, { contracts: chain.contracts, terms: stuck.terms });
  await ask(stuck);
  closer.closing(stuck.paymentId);
  expect(await slot(stuck)).toMatchObject({ epoch: 1, deposit: 10n ** 16n });
  Object.assign(account, { relays });
  await expect.poll(() => epoch(stuck), patience).toBe(2);
});

test("a channel that is empty is not closed again, however it is asked for", async () => {
  const buyer = await bought();
  const first = await noticed(buyer.notice());
  expect(first.transactionHash).not.toBeNull();
  const before = await sent();
  expect(await noticed(buyer.notice(1))).toMatchObject({ capture: 0n, transactionHash: null, error: null });
  expect(await noticed(buyer.notice())).toEqual(first);
  await ask(buyer);
  closer.resume();
  // It has been looked at when one behind it is closed.
  const next = await bought();
  await ask(next);
  closer.closing(next.paymentId);
  await expect.poll(() => epoch(next), patience).toBe(1);
  expect(await sent()).toBe(before + 1);
  expect(await epoch(buyer)).toBe(1);
});

test("a close that was mined while another one waited for its turn is not sent twice", async () => {
  const buyer = await bought();
  const turn = Promise.withResolvers<void>();
  const first = sender.run(() => turn.promise);
  const done = noticed(buyer.notice());
  // Frozen: the close waits behind what the sender does.
  await expect.poll(() => ledger.account(buyer.paymentId)!.frozenEpoch, patience).toBe(0);
  const { contracts } = chain;
  const { terms, listing } = buyer;
  await closeChannel(chain.wallet(OPERATOR), {
    ...{ contracts, terms, relays: listing.terms.relays, capture: 0n, voucherSignature: "0x" },
    voucher: { channelId: buyer.paymentId, cumulative: 0n, relay: zeroAddress },
  });
  const before = await sent();
  turn.resolve();
  await first;
  expect(await done).toMatchObject({ capture: 0n, transactionHash: null, error: null });
  expect(await sent()).toBe(before);
});

test("a close whose block is replaced is made again, also if the follower never saw that block", async () => {
  const buyer = await bought();
  const id = await chain.test.snapshot();
  const done = await noticed(buyer.notice());
  expect(done).toMatchObject({ capture: 0n, error: null });
  const { blockNumber } = await chain.client.getTransactionReceipt({ hash: done.transactionHash! });
  expect(await epoch(buyer)).toBe(1);
  await chain.revert(id);
  const again = await chain.test.snapshot();
  await chain.mine(1);
  expect(await epoch(buyer)).toBe(0);
  closer.passed(blockNumber + BigInt(MAX_ANCESTORS));
  await expect.poll(() => epoch(buyer), patience).toBe(1);
  await expect
    .poll(() => ledger.account(buyer.paymentId)!.closeHash, patience)
    .not.toBe(done.transactionHash);
  await expect.poll(() => ledger.account(buyer.paymentId)!.closeHash, patience).not.toBeNull();
  await chain.revert(again);
  await chain.mine(1);
  closer.resume();
  await expect.poll(() => epoch(buyer), patience).toBe(1);
});

test("a claim whose block is replaced is made again, also if the follower never saw that block", async () => {
  const buyer = await bought();
  const total = 10n ** 15n; // worth more than its gas
  const relay = chain.accounts[RELAY]!.address;
  const account = ledger.account(buyer.paymentId)!;
  await db.commit(() => {
    ledger.accept(account, { ...buyer.voucher(total, relay), relay });
    ledger.lift(account, total); // all of it is owed
  });
  let seen = 0n;
  const directory = Object.assign(new EventEmitter(), { seen: () => seen }) as Directory;
  const rules = { values: new Map([[zeroAddress as string, total]]), ageSeconds: 3_600, replaceSeconds: 60 };
  const claims = createChannelClaims({ ...common(), book: createBook(db), directory, rules });
  const claimed = async () => (await slot(buyer)).claimed;
  const id = await chain.test.snapshot();
  const ending = new AbortController();
  const running = claims.run(ending.signal);
  await expect.poll(claimed, patience).toBe(total);
  // It has heard of it, and looks no more.
  const hash = () => createBook(db).of(buyer.paymentId).hash;
  await expect.poll(hash, patience).not.toBeNull();
  const first = hash()!;
  const { blockNumber } = await chain.client.getTransactionReceipt({ hash: first });
  await chain.revert(id);
  const again = await chain.test.snapshot();
  await chain.mine(1);
  expect(await claimed()).toBe(0n);
  seen = blockNumber + BigInt(MAX_ANCESTORS);
  claims.hurry(`0x${"00".repeat(32)}`); // looks now, at this channel as always
  await expect.poll(claimed, patience).toBe(total);
  await expect.poll(hash, patience).not.toBe(first);
  await chain.revert(again);
  await chain.mine(1);
  directory.emit("reorg", blockNumber);
  await expect.poll(claimed, patience).toBe(total);
  ending.abort();
  await running;
});
