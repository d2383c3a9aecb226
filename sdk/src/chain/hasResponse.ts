import type { Address } from "viem";
import { ratingsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { read } from "./read.ts";
import type { ReadClient } from "./types.ts";

export type HasResponseParameters = {
  contracts: Contracts;
  listingId: bigint;
  buyer: Address;
  revision: number;
};

export type HasResponseReturnType = boolean;

export type HasResponseErrorType = ContractError;

/**
 * Whether the hub has answered this revision of a rating.
 *
 * @throws ContractError
 * @example
 * const answered = await hasResponse(client, { contracts, listingId: 7n, buyer, revision: 1 });
 */
export async function hasResponse(
  client: ReadClient,
  { contracts, listingId, buyer, revision }: HasResponseParameters,
): Promise<HasResponseReturnType> {
  return read(client, {
    abi: ratingsAbi,
    address: contracts.Ratings,
    functionName: "hasResponse",
    args: [listingId, buyer, revision],
  });
}
