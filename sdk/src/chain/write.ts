import type {
  Abi,
  Address,
  ContractFunctionArgs,
  ContractFunctionName,
  ContractFunctionReturnType,
} from "viem";
import { estimateContractGas, simulateContract, writeContract } from "viem/actions";
import { contractError } from "./errors.ts";
import { nowTag } from "./local.ts";
import type { Sent, WriteClient } from "./types.ts";
import { waitUntilMined } from "./waitUntilMined.ts";

/**
 * Gas on top of the estimate: a quarter, and what four relays and a market cost that get their first cut only in the block that mines it.
 * The escrows refuse a payout for which too little is left, and an estimate is the least that just sufficed a moment before. What is not
 * used is not paid.
 */
const HEADROOM_SHARE = 4n;
const HEADROOM_GAS = 120_000n;

type Writable = "nonpayable" | "payable";

/**
 * The one way in which actions write: simulate (so that a refusal has a name before anything is signed), estimate, send, wait
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
    const estimate = await estimateContractGas(
      client,
      parameters as unknown as Parameters<typeof estimateContractGas>[1],
    );
    const gas = estimate + estimate / HEADROOM_SHARE + HEADROOM_GAS;
    const sent = await writeContract(client, {
      ...request,
      gas,
    } as unknown as Parameters<typeof writeContract>[1]);
    const receipt = await waitUntilMined(client, { hash: sent });
    const hash = receipt.transactionHash;
    return { hash, receipt, result: result as ContractFunctionReturnType<abi, Writable, name> };
  } catch (error) {
    throw contractError(error);
  }
}
