import type {
  Abi,
  Address,
  ContractFunctionArgs,
  ContractFunctionName,
  ContractFunctionReturnType,
} from "viem";
import { simulateContract, waitForTransactionReceipt, writeContract } from "viem/actions";
import { ContractError, contractError } from "./errors.ts";
import { isLocal, nowTag } from "./local.ts";
import type { Sent, WriteClient } from "./types.ts";

/** The local chain mines at once; viem would look for the receipt every 4 s. */
const LOCAL_RECEIPT_POLL_MS = 50;

type Writable = "nonpayable" | "payable";

/**
 * The one way in which actions write: simulate (so that a refusal has a name before anything is signed), send, wait
 * until it is mined.
 *
 * @returns the receipt, and what the function returned in the simulation
 * @throws ContractError
 */
export async function write<const abi extends Abi, name extends ContractFunctionName<abi, Writable>>(
  client: WriteClient,
  call: {
    abi: abi;
    address: Address;
    functionName: name;
    args: ContractFunctionArgs<abi, Writable, name>;
    /** Native coin to send along, in wei. */
    value?: bigint | undefined;
  },
): Promise<Sent & { result: ContractFunctionReturnType<abi, Writable, name> }> {
  try {
    const parameters = {
      ...call,
      account: client.account,
      blockTag: nowTag(client),
    } as unknown as Parameters<typeof simulateContract>[1];
    const { request, result } = await simulateContract(client, parameters);
    const hash = await writeContract(client, request as unknown as Parameters<typeof writeContract>[1]);
    const receipt = await waitForTransactionReceipt(client, { hash, pollingInterval: receiptPoll(client) });
    if (receipt.status !== "success")
      throw new ContractError("TransactionReverted", [hash], `Transaction ${hash} was mined and reverted.`);
    return { hash, receipt, result: result as ContractFunctionReturnType<abi, Writable, name> };
  } catch (error) {
    throw contractError(error);
  }
}

const receiptPoll = (client: WriteClient): number =>
  isLocal(client) ? LOCAL_RECEIPT_POLL_MS : client.pollingInterval;
