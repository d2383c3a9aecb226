import type {
  Abi,
  Address,
  ContractFunctionArgs,
  ContractFunctionName,
  ContractFunctionReturnType,
} from "viem";
import { readContract } from "viem/actions";
import { contractError } from "./errors.ts";
import { nowTag } from "./local.ts";
import type { ReadClient } from "./types.ts";

type View = "view" | "pure";

/**
 * The one way in which actions call a view.
 *
 * @throws ContractError
 */
export async function read<
  const abi extends Abi,
  name extends ContractFunctionName<abi, View>,
  const args extends ContractFunctionArgs<abi, View, name>,
>(
  client: ReadClient,
  call: { abi: abi; address: Address; functionName: name; args: args },
): Promise<ContractFunctionReturnType<abi, View, name, args>> {
  try {
    const parameters = { ...call, blockTag: nowTag(client) } as unknown as Parameters<typeof readContract>[1];
    return (await readContract(client, parameters)) as ContractFunctionReturnType<abi, View, name, args>;
  } catch (error) {
    throw contractError(error);
  }
}
