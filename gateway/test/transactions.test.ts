// A transaction that no block takes, on a real chain: whatever gas costs meanwhile, what waits behind it is not stuck for ever.
//
// price: raised ten times by ourselves, and again whenever the chain asks for more than the last one offers, after a restart as well
// poor: an account that cannot pay the dearest form pays a cheaper one, which the node had lost
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pino } from "pino";
import { parseTransaction } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startChain, type TestChain } from "../../test/support/chain.ts";
import { createTransactions, Stopped, type Transactions } from "../src/claims/transactions.ts";
import { Database } from "../src/database.ts";
import { MAX_FEE_RISES } from "../src/limits.ts";
import { createMetrics } from "../src/metrics.ts";

const GAS = 21_000n;
const patience = { timeout: 30_000, interval: 10 };
const folder = mkdtempSync(join(tmpdir(), "weir-transactions-"));
const ending = new AbortController();
let chain: TestChain;
let db: Database;

beforeAll(async () => {
  chain = await startChain();
  db = new Database(join(folder, "gateway.db"));
  await chain.test.setAutomine(false);
});
afterAll(async () => {
  ending.abort();
  db?.close();
  await chain?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Those of one of the chain's accounts, priced anew at every look. */
function transactionsOf(index: number, signal = ending.signal): Transactions {
  const { client, chainId, accounts } = chain;
  const account = accounts[index]!;
  const log = pino({ level: "silent" });
  const metrics = createMetrics();
  return createTransactions({
    db,
    client,
    account,
    chainId,
    replaceAfterMs: 10,
    pollMs: 10,
    metrics,
    log,
    signal,
  });
}

const addressOf = (index: number) => chain.accounts[index]!.address;
const attempts = (index: number) =>
  db
    .all<{ raw: `0x${string}`; hash: `0x${string}` }>(
      "SELECT * FROM transactions WHERE account = ? ORDER BY attempt",
      addressOf(index),
    )
    .map(({ raw, hash }) => ({ hash, price: parseTransaction(raw).maxFeePerGas! }));
const pooled = async (index: number) => {
  const { transactions } = await chain.client.getBlock({ blockTag: "pending", includeTransactions: true });
  return transactions.find(({ from }) => from === addressOf(index).toLowerCase())?.hash;
};

test("gas that rises above the last of our own prices is followed, before and after a restart", async () => {
  const ended = new AbortController();
  const sent = transactionsOf(10, ended.signal).send({ to: addressOf(0), data: "0x", gas: GAS });
  sent.catch(() => undefined);
  const rise = async (known: number): Promise<void> => {
    await expect.poll(() => attempts(10).length, patience).toBe(known);
    await chain.test.setNextBlockBaseFeePerGas({ baseFeePerGas: 2n * attempts(10).at(-1)!.price });
    await chain.test.mine({ blocks: 1 });
    await expect.poll(() => attempts(10).length, patience).toBeGreaterThan(known);
  };
  await rise(MAX_FEE_RISES + 1);
  ended.abort();
  await expect(sent).rejects.toBeInstanceOf(Stopped);
  const resumed = transactionsOf(10).resume();
  await rise(attempts(10).length);
  const { hash, price } = attempts(10).at(-1)!;
  // Above what the chain asks by no more than one rise.
  const { baseFeePerGas } = await chain.client.getBlock();
  expect(price).toBeLessThan(2n * baseFeePerGas!);
  await expect.poll(() => pooled(10), patience).toBe(hash);
  await chain.test.mine({ blocks: 1 });
  await resumed;
  expect(await chain.client.getTransactionReceipt({ hash })).toMatchObject({ status: "success" });
  expect(attempts(10)).toEqual([]);
});

test("an account that cannot pay the dearest pays a cheaper one that the node had lost", async () => {
  const sent = transactionsOf(11).send({ to: addressOf(0), data: "0x", gas: GAS });
  await expect.poll(() => attempts(11).length, patience).toBe(MAX_FEE_RISES + 1);
  const [first, dearest] = [attempts(11)[0]!, attempts(11).at(-1)!];
  await expect.poll(() => pooled(11), patience).toBe(dearest.hash);
  await chain.test.setBalance({ address: addressOf(11), value: GAS * first.price });
  await chain.test.dropTransaction({ hash: dearest.hash });
  await expect.poll(() => pooled(11), patience).toBe(first.hash);
  await chain.test.mine({ blocks: 1 });
  expect(await sent).toBe(first.hash);
});
