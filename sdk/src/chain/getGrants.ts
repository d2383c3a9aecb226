import type { Address, Hex } from "viem";
import { grantsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { read } from "./read.ts";
import type { ReadClient } from "./types.ts";

export type GetGrantsParameters = { contracts: Contracts; listingId: bigint; buyer: Address };

/** Grant ids. */
export type GetGrantsReturnType = readonly Hex[];

export type GetGrantsErrorType = ContractError;

/**
 * The grants of a listing that hold one of the buyer's four places now, in no order.
 *
 * @throws ContractError
 * @example
 * const [grantId] = await getGrants(client, { contracts, listingId: 7n, buyer });
 */
export async function getGrants(
  client: ReadClient,
  { contracts, listingId, buyer }: GetGrantsParameters,
): Promise<GetGrantsReturnType> {
  return read(client, {
    abi: grantsAbi,
    address: contracts.Grants,
    functionName: "grantsOf",
    args: [listingId, buyer],
  });
}
