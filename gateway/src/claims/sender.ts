// Transactions of one operator account, one after the other: two never fight for a nonce.
import type { WriteClient } from "@weir/sdk/chain";
import type { Hex } from "@weir/sdk/core";
import { createWalletClient, defineChain, http, publicActions } from "viem";
import { privateKeyToAccount } from "viem/accounts";

export type Sender = {
  account: Hex;
  /** Runs `send` when everything before it has been mined or has failed. */
  run<T>(send: (client: WriteClient) => Promise<T>): Promise<T>;
};

/** Local chains mine at once. */
const POLL_MS = 50;

export function createSender(init: { operatorPrivateKey: Hex; rpcUrl: string; chainId: number }): Sender {
  const account = privateKeyToAccount(init.operatorPrivateKey);
  const chain = defineChain({
    id: init.chainId,
    name: `chain ${init.chainId}`,
    nativeCurrency: { name: "native coin", symbol: "NATIVE", decimals: 18 },
    rpcUrls: { default: { http: [init.rpcUrl] } },
  });
  const client = createWalletClient({
    account,
    chain,
    transport: http(init.rpcUrl),
    pollingInterval: POLL_MS,
  }).extend(publicActions);
  let last: Promise<unknown> = Promise.resolve();
  return {
    account: account.address,
    run(send) {
      const result = last.then(() => send(client as WriteClient));
      last = result.catch(() => undefined);
      return result;
    },
  };
}
