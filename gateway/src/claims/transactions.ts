// One account's transactions on their way into a block: signed, on disk, and only then sent. One that no block takes is sent again with the
// same nonce and a higher price, so that either of them is mined and never both; after a restart it goes on where it was.
import { contractError } from "@weir/sdk/chain";
import type { Hex } from "@weir/sdk/core";
import type { Logger } from "pino";
import {
  keccak256,
  type LocalAccount,
  type PublicClient,
  parseTransaction,
  type TransactionSerializable,
} from "viem";
import type { Database } from "../database.ts";
import { FEE_RISE_PERCENT, MAX_FEE_RISES } from "../limits.ts";
import { sleep } from "../link.ts";
import type { Metrics } from "../metrics.ts";

/** What a transaction does, without whom it is from and what it pays for gas. */
export type Request = { to: Hex; data: Hex; gas: bigint; value?: bigint | undefined };

export type Transactions = {
  /** Sends and waits until a block has it. Only when nothing else is on its way. @throws NonceTaken, Stopped, or what the node refused it for */
  send(request: Request): Promise<Hex>;
  /** Waits for what was on its way when the program ended. */
  resume(): Promise<void>;
};

/** Somebody else uses the account: a transaction that is not ours took the number. */
export class NonceTaken extends Error {
  override readonly name = "NonceTaken";
}

/** The program ends; what was sent is on disk. */
export class Stopped extends Error {
  override readonly name = "Stopped";
}

/** One signed form of a transaction; all of a nonce do the same, at rising prices. */
type Attempt = { attempt: number; hash: Hex; raw: Hex; sentAtMs: number };
type Prices = Pick<TransactionSerializable, "gasPrice" | "maxFeePerGas" | "maxPriorityFeePerGas">;

export function createTransactions(init: {
  db: Database;
  client: PublicClient;
  account: LocalAccount;
  chainId: number;
  /** A transaction that is in no block after so long is priced anew. */
  replaceAfterMs: number;
  /** Between two looks for it. */
  pollMs: number;
  metrics: Metrics;
  log: Logger;
  signal: AbortSignal;
}): Transactions {
  const { db, client, account, chainId, replaceAfterMs, pollMs, metrics, log, signal } = init;
  const { address } = account;

  const stored = (): (Attempt & { nonce: number })[] =>
    db.all("SELECT * FROM transactions WHERE account = ? ORDER BY nonce, attempt", address);

  const forget = (nonce: number) =>
    db.commit(() => db.run("DELETE FROM transactions WHERE account = ? AND nonce = ?", address, nonce));

  async function sign(transaction: TransactionSerializable, attempt: number): Promise<Attempt> {
    const raw = await account.signTransaction(transaction);
    const hash = keccak256(raw);
    const sentAtMs = Date.now();
    await db.commit(() =>
      db.run(
        "INSERT INTO transactions (account, nonce, attempt, hash, raw, sentAtMs) VALUES (?, ?, ?, ?, ?, ?)",
        address,
        transaction.nonce!,
        attempt,
        hash,
        raw,
        sentAtMs,
      ),
    );
    return { attempt, hash, raw, sentAtMs };
  }

  /** Gives it to the node. The result is why the node refused it; a node that does not answer has refused nothing. */
  async function broadcast({ raw, hash }: Attempt): Promise<Error | undefined> {
    try {
      await client.sendRawTransaction({ serializedTransaction: raw });
      return undefined;
    } catch (error) {
      const refused = contractError(error);
      // A node may say no and have it all the same: because it had it before, or because it was mined and reverted.
      const known = await client.getTransaction({ hash }).then(
        () => true,
        (reason: Error) => reason.name !== "TransactionNotFoundError",
      );
      return known || refused.name === "Unreachable" ? undefined : refused;
    }
  }

  /**
   * Gives the node all attempts, the cheapest first: it may have lost them, and an account that cannot pay the dearest may pay one before
   * it. It keeps the dearest that it takes.
   */
  async function repeat(nonce: number, attempts: readonly Attempt[]): Promise<void> {
    let refused: Error | undefined;
    let isTaken = false;
    for (const attempt of attempts) {
      if (signal.aborted) return;
      refused = await broadcast(attempt);
      isTaken ||= refused === undefined;
    }
    if (!isTaken && refused)
      log.warn({ event: "refused", nonce, reason: refused.name }, "the node takes no form of a transaction");
  }

  /** Waits until one of the attempts is in a block, and adds dearer ones. */
  async function settle(nonce: number, attempts: Attempt[]): Promise<Hex> {
    let renewAt = attempts.at(-1)!.sentAtMs + replaceAfterMs;
    while (!signal.aborted) {
      try {
        // The count first: a receipt that is missing after it will not come.
        const isTaken = (await client.getTransactionCount({ address, blockTag: "latest" })) > nonce;
        const hash = await mined(attempts);
        if (hash !== undefined || isTaken) {
          await forget(nonce);
          if (hash !== undefined) return hash;
          throw new NonceTaken(`transaction ${nonce} of ${address} is not one of this gateway's`);
        }
        if (Date.now() >= renewAt) {
          renewAt = Date.now() + replaceAfterMs;
          attempts.push(...(await renew(attempts)));
          await repeat(nonce, attempts);
        }
      } catch (error) {
        if (error instanceof NonceTaken) throw error;
        log.warn({ event: "chain", reason: contractError(error).name }, "a transaction is looked for again");
      }
      await sleep(pollMs, signal);
    }
    throw new Stopped("the gateway ends");
  }

  async function mined(attempts: readonly Attempt[]): Promise<Hex | undefined> {
    for (const { hash } of attempts) {
      const receipt = await client.getTransactionReceipt({ hash }).catch((error: Error) => {
        if (error.name !== "TransactionReceiptNotFoundError") throw error;
      });
      if (receipt) return hash;
    }
    return undefined;
  }

  /** The same transaction at a higher price; none when we have raised it often and the chain asks for no more than the last one offers. */
  async function renew(attempts: readonly Attempt[]): Promise<Attempt[]> {
    const { attempt, raw, hash } = attempts.at(-1)!;
    const {
      r: _r,
      s: _s,
      v: _v,
      yParity: _y,
      ...transaction
    } = parseTransaction(raw) as TransactionSerializable;
    const now = await priced();
    if (attempt >= MAX_FEE_RISES && !isAbove(now, transaction)) return [];
    const next = await sign(
      { ...transaction, ...raised(transaction, now) } as TransactionSerializable,
      attempt + 1,
    );
    metrics.count("replaced_transactions");
    log.warn(
      { event: "replaced", transactionHash: next.hash, before: hash, nonce: transaction.nonce },
      "no block took a transaction; it is sent again at a higher price",
    );
    return [next];
  }

  /** What the chain asks now. */
  async function priced(): Promise<Prices & { type: "legacy" | "eip1559" }> {
    const { baseFeePerGas } = await client.getBlock();
    if (baseFeePerGas === null) return { type: "legacy", gasPrice: await client.getGasPrice() };
    return { type: "eip1559", ...(await client.estimateFeesPerGas()) };
  }

  return {
    async send({ to, data, gas, value }) {
      const nonce = await client.getTransactionCount({ address, blockTag: "pending" });
      const content = { to, data, gas, nonce, chainId, ...(value === undefined ? {} : { value }) };
      const request = { ...content, ...(await priced()) } as TransactionSerializable;
      const first = await sign(request, 0);
      const refused = await broadcast(first);
      if (refused) {
        await forget(nonce);
        throw refused;
      }
      return settle(nonce, [first]);
    },
    async resume() {
      const waiting = Map.groupBy(stored(), ({ nonce }) => nonce);
      for (const [nonce, attempts] of waiting) {
        const { hash } = attempts.at(-1)!;
        log.info({ event: "resumed", transactionHash: hash, nonce }, "a transaction is waited for again");
        // Perhaps it never left.
        await repeat(nonce, attempts);
        try {
          await settle(nonce, attempts);
        } catch (error) {
          if (error instanceof Stopped) return;
          // Whoever wanted it looks at the chain and sends another one.
          log.warn({ event: "overtaken", nonce, reason: (error as Error).name }, (error as Error).message);
        }
      }
    },
  };
}

/** At least what a node demands of a replacement, and what the chain asks now. */
function raised(before: Prices, now: Prices): Prices {
  const rise = (price: bigint) => price + (price * FEE_RISE_PERCENT) / 100n + 1n;
  if (before.maxFeePerGas === undefined)
    return { gasPrice: most(rise(before.gasPrice ?? 0n), now.gasPrice ?? 0n) };
  const maxPriorityFeePerGas = most(rise(before.maxPriorityFeePerGas ?? 0n), now.maxPriorityFeePerGas ?? 0n);
  const maxFeePerGas = most(most(rise(before.maxFeePerGas), now.maxFeePerGas ?? 0n), maxPriorityFeePerGas);
  return { maxFeePerGas, maxPriorityFeePerGas };
}

/** Whether the chain asks for more than was offered, in the prices that were offered. */
const isAbove = (now: Prices, before: Prices): boolean =>
  (["gasPrice", "maxFeePerGas", "maxPriorityFeePerGas"] as const).some(
    (price) => before[price] !== undefined && (now[price] ?? 0n) > before[price],
  );

const most = (a: bigint, b: bigint): bigint => (a > b ? a : b);
