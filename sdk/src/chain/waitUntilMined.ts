import { type Hex, type TransactionReceipt, WaitForTransactionReceiptTimeoutError } from "viem";
import { waitForTransactionReceipt } from "viem/actions";
import { ContractError, contractError } from "./errors.ts";
import { isLocal } from "./local.ts";
import type { ReadClient } from "./types.ts";
import { pause } from "./wait.ts";

/** The local chain mines at once; viem would look for the receipt every 4 s. */
const LOCAL_RECEIPT_POLL_MS = 50;
/** As long as viem waits by itself. */
const PATIENCE_MS = 180_000;

export type WaitUntilMinedParameters = {
  hash: Hex;
  /** Milliseconds; 0: as long as it takes. Default: three minutes. */
  timeoutMs?: number | undefined;
  /** The wallet has sent another transaction in its place, and that one is mined. `same`: it does the same, at another price. */
  onReplaced?: ((by: { hash: Hex; same: boolean }) => void) | undefined;
};

export type WaitUntilMinedErrorType = ContractError;

/**
 * Waits until a sent transaction is mined. A node that is away, or answers "too many requests", says nothing about the transaction: it is
 * asked again. One that was sped up in the wallet counts as the same; the receipt has its hash.
 *
 * @throws ContractError `TransactionReverted`; `TransactionReplaced` when it was cancelled, or another one was sent in its place;
 * `ReceiptTimeout`
 */
export async function waitUntilMined(
  client: ReadClient,
  { hash, timeoutMs = PATIENCE_MS, onReplaced }: WaitUntilMinedParameters,
): Promise<TransactionReceipt> {
  const pollingInterval = isLocal(client) ? LOCAL_RECEIPT_POLL_MS : client.pollingInterval;
  const started = Date.now();
  for (;;) {
    let replaced: { hash: Hex; same: boolean } | undefined;
    const timeout = timeoutMs === 0 ? 0 : Math.max(1, timeoutMs - (Date.now() - started));
    const receipt = await waitForTransactionReceipt(client, {
      hash,
      pollingInterval,
      timeout,
      onReplaced: ({ transaction, reason }) => {
        replaced = { hash: transaction.hash, same: reason === "repriced" };
      },
    }).catch((error: unknown) => {
      if (error instanceof WaitForTransactionReceiptTimeoutError) throw contractError(error);
      return undefined; // it only asks: whatever else it says is about the asking
    });
    if (receipt === undefined) {
      await pause(pollingInterval, new AbortController().signal);
      continue;
    }
    if (replaced) onReplaced?.(replaced);
    if (replaced?.same === false)
      throw new ContractError(
        "TransactionReplaced",
        [hash, receipt.transactionHash],
        `Transaction ${hash} was replaced by ${receipt.transactionHash}.`,
      );
    if (receipt.status !== "success") {
      const mined = receipt.transactionHash;
      throw new ContractError("TransactionReverted", [mined], `Transaction ${mined} was mined and reverted.`);
    }
    return receipt;
  }
}
