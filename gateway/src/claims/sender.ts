// Transactions of one operator account, one after the other: two never fight for a nonce.
import { LOCAL_CHAIN_ID, type WriteClient } from "@weir/sdk/chain";
import type { Hex } from "@weir/sdk/core";
import type { Logger } from "pino";
import { createWalletClient, defineChain, type PublicClient, publicActions } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import type { Database } from "../database.ts";
import { LOCAL_SEND_POLL_MS, SEND_POLL_MS, STOP_GRACE_MS } from "../limits.ts";
import { sleep } from "../link.ts";
import type { Metrics } from "../metrics.ts";
import { rpc } from "../rpc.ts";
import { createTransactions, type Request, Stopped } from "./transactions.ts";

export type Sender = {
  account: Hex;
  /** Runs `send` when everything before it has been mined or has failed. What it sends is on disk before it leaves. */
  run<T>(send: (client: WriteClient) => Promise<T>): Promise<T>;
  /** Waits a moment for what is on its way; the rest is waited for when the program starts again. */
  stop(): Promise<void>;
};

export function createSender(init: {
  db: Database;
  operatorPrivateKey: Hex;
  rpcUrl: string;
  chainId: number;
  /** A transaction that is in no block after so long is priced anew. */
  replaceAfterMs: number;
  metrics: Metrics;
  log: Logger;
}): Sender {
  const { db, rpcUrl, chainId, replaceAfterMs, metrics, log } = init;
  const account = privateKeyToAccount(init.operatorPrivateKey);
  const chain = defineChain({
    id: chainId,
    name: `chain ${chainId}`,
    nativeCurrency: { name: "native coin", symbol: "NATIVE", decimals: 18 },
    rpcUrls: { default: { http: [rpcUrl] } },
  });
  const pollMs = chainId === LOCAL_CHAIN_ID ? LOCAL_SEND_POLL_MS : SEND_POLL_MS;
  const stopping = new AbortController();
  const base = createWalletClient({
    account,
    chain,
    transport: rpc(rpcUrl),
    pollingInterval: pollMs,
    cacheTime: 0,
  }).extend(publicActions);
  const { signal } = stopping;
  const transactions = createTransactions({
    db,
    client: base as unknown as PublicClient,
    account,
    chainId,
    replaceAfterMs,
    pollMs,
    metrics,
    log,
    signal,
  });
  // Every action of the SDK sends by the client's own sendTransaction.
  const client = base.extend(() => ({
    sendTransaction: (request: unknown) => transactions.send(request as Request),
  }));
  let last: Promise<unknown> = transactions
    .resume()
    .catch((error: Error) => log.error({ event: "resume", reason: error.name }, error.message));
  return {
    account: account.address,
    run(send) {
      const result = last.then(() => {
        if (signal.aborted) throw new Stopped("the gateway ends");
        return send(client as unknown as WriteClient);
      });
      last = result.catch(() => undefined);
      return result;
    },
    async stop() {
      await Promise.race([last, sleep(STOP_GRACE_MS, signal)]);
      stopping.abort();
      await last;
    },
  };
}
