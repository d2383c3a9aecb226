/**
 * One transaction: simulated first, so that a refusal has a name before the wallet is asked; then written down (outbox.ts), sent, mined.
 * Several at once where the wallet can (EIP-5792).
 */
import { type Abi, type Address, encodeFunctionData, type Hex, type TransactionReceipt } from "viem";
import type { Config } from "wagmi";
import { getAccount, sendCalls, waitForCallsStatus, writeContract } from "wagmi/actions";
import type { WeirConfig } from "./config.ts";
import { replaceHash, tracked } from "./outbox.ts";
import { publicClientOf } from "./wagmi.ts";
import { abis, actions } from "./weir.ts";

export class TransactionReverted extends Error {
  override readonly name = "TransactionReverted";
  readonly hash: Hex;
  constructor(hash: Hex) {
    super(`transaction ${hash} was mined and reverted`);
    this.hash = hash;
  }
}

export interface Call {
  /** One of ours by name, or another contract (a token) with its ABI. */
  contract: keyof WeirConfig["contracts"] | { address: Address; abi: Abi };
  functionName: string;
  args: readonly unknown[];
  value?: bigint;
  /** The wallet said yes; the chain has not yet. */
  onSent?: () => void;
}

/** As in the SDK's writes: what is not used is not paid, and an estimate is the least that sufficed a moment before. */
const withHeadroom = (estimate: bigint): bigint => estimate + estimate / 4n + 120_000n;

async function requestOf(config: WeirConfig, { contract, functionName, args, value = 0n }: Call) {
  const named = typeof contract === "string";
  const abi = named ? (await abis())[contract as keyof Awaited<ReturnType<typeof abis>>] : contract.abi;
  return {
    abi: abi as Abi,
    address: named ? config.contracts[contract] : contract.address,
    functionName,
    args,
    value,
  };
}

export async function sendTransaction(
  wagmi: Config,
  config: WeirConfig,
  call: Call,
): Promise<{ hash: Hex; receipt: TransactionReceipt }> {
  const request = await requestOf(config, call);
  const account = getAccount(wagmi).address;
  const reader = publicClientOf(wagmi, config);
  let gas: bigint | undefined;
  if (account) {
    await reader.simulateContract({ ...request, account } as never);
    gas = withHeadroom(await reader.estimateContractGas({ ...request, account } as never));
  }
  const ask = () => writeContract(wagmi, { ...request, gas, chainId: config.chainId } as never);
  const place = account && { chainId: config.chainId, account };
  const hash = place ? await tracked(place, call.functionName, ask) : await ask();
  call.onSent?.();
  const { waitUntilMined } = await actions();
  // Money may be on its way: until the chain has spoken, "it failed" would be a guess, and a second try a second payment.
  const receipt = await waitUntilMined(reader, {
    hash,
    timeoutMs: 0,
    onReplaced: (by) => place && replaceHash(place, hash, by),
  });
  return { hash: receipt.transactionHash, receipt };
}

/** The same for several calls that only make sense together; the last one's transaction is returned. */
export async function sendTogether(wagmi: Config, config: WeirConfig, calls: readonly Call[]): Promise<Hex> {
  const { address: account } = getAccount(wagmi);
  const send = (onSent?: () => void) => sendAll(wagmi, config, calls, onSent);
  if (!account) return send();
  return tracked({ chainId: config.chainId, account }, calls.at(-1)?.functionName ?? "", send);
}

async function sendAll(
  wagmi: Config,
  config: WeirConfig,
  calls: readonly Call[],
  onSent?: () => void,
): Promise<Hex> {
  const requests = await Promise.all(calls.map((call) => requestOf(config, call)));
  const { id } = await sendCalls(wagmi, {
    chainId: config.chainId,
    forceAtomic: true,
    calls: requests.map(({ abi, address, functionName, args, value }) => ({
      to: address,
      data: encodeFunctionData({ abi, functionName, args }),
      value,
    })),
  });
  onSent?.();
  for (const call of calls) call.onSent?.();
  const { status, receipts } = await waitForCallsStatus(wagmi, { id, timeout: 0 });
  const last = receipts?.at(-1);
  const hash = last?.transactionHash ?? "0x";
  if (status !== "success" || last?.status !== "success") throw new TransactionReverted(hash);
  return hash;
}
