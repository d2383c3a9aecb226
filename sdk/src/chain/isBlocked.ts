import type { Address } from "viem";
import { grantsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { read } from "./read.ts";
import type { ReadClient } from "./types.ts";

export type IsBlockedParameters = { contracts: Contracts; listingId: bigint; buyer: Address };

export type IsBlockedReturnType = boolean;

export type IsBlockedErrorType = ContractError;

/**
 * Whether a seller keeps this buyer from buying the listing.
 *
 * @throws ContractError
 * @example
 * const blocked = await isBlocked(client, { contracts, listingId: 7n, buyer });
 */
export async function isBlocked(
  client: ReadClient,
  { contracts, listingId, buyer }: IsBlockedParameters,
): Promise<IsBlockedReturnType> {
  return read(client, {
    abi: grantsAbi,
    address: contracts.Grants,
    functionName: "isBlocked",
    args: [listingId, buyer],
  });
}
