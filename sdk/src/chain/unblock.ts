import type { Address } from "viem";
import { grantsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type UnblockParameters = {
  contracts: Contracts;
  listingId: bigint;
  buyer: Address;
};

export type UnblockReturnType = Sent;

export type UnblockErrorType = ContractError;

/**
 * Lets a blocked buyer buy the listing again.
 *
 * @throws ContractError named as in IGrants
 * @example
 * await unblock(manager, { contracts, listingId: 7n, buyer });
 */
export async function unblock(
  client: WriteClient,
  parameters: UnblockParameters,
): Promise<UnblockReturnType> {
  const { contracts, listingId, buyer } = parameters;
  const { hash, receipt } = await write(client, {
    abi: grantsAbi,
    address: contracts.Grants,
    functionName: "unblock",
    args: [listingId, buyer],
  });
  return { hash, receipt };
}
