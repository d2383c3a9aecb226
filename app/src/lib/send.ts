/** One transaction: simulated first, so that a refusal has a name before the wallet is asked; then sent; then mined. */
import type { Hex, TransactionReceipt } from "viem";
import type { Config } from "wagmi";
import { getAccount, getPublicClient, waitForTransactionReceipt, writeContract } from "wagmi/actions";
import type { WeirConfig } from "./config.ts";
import { abis } from "./weir.ts";

export class TransactionReverted extends Error {
  override readonly name = "TransactionReverted";
  readonly hash: Hex;
  constructor(hash: Hex) {
    super(`transaction ${hash} was mined and reverted`);
    this.hash = hash;
  }
}

export interface Call {
  contract: "Grants" | "Channels";
  functionName: "buy" | "requestClose" | "withdraw";
  args: readonly unknown[];
  value?: bigint;
  /** The wallet said yes; the chain has not yet. */
  onSent?: (hash: Hex) => void;
}

export async function sendTransaction(
  wagmi: Config,
  config: WeirConfig,
  call: Call,
): Promise<{ hash: Hex; receipt: TransactionReceipt }> {
  const ABIS = await abis();
  const request = {
    abi: ABIS[call.contract] as readonly unknown[],
    address: config.contracts[call.contract],
    functionName: call.functionName,
    args: call.args,
    value: call.value ?? 0n,
  };
  const account = getAccount(wagmi).address;
  const reader = getPublicClient(wagmi, { chainId: config.chainId });
  if (reader && account) await reader.simulateContract({ ...request, account } as never);
  const hash = await writeContract(wagmi, { ...request, chainId: config.chainId } as never);
  call.onSent?.(hash);
  const receipt = await waitForTransactionReceipt(wagmi, { hash, chainId: config.chainId });
  if (receipt.status !== "success") throw new TransactionReverted(hash);
  return { hash, receipt };
}
