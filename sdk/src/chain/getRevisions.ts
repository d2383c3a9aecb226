import type { Address } from "viem";
import { ratingsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { read } from "./read.ts";
import type { ReadClient } from "./types.ts";

export type GetRevisionsParameters = { contracts: Contracts; listingId: bigint; buyer: Address };

/** 0 = never. */
export type GetRevisionsReturnType = number;

export type GetRevisionsErrorType = ContractError;

/**
 * How often a buyer has rated a listing.
 *
 * @throws ContractError
 * @example
 * const revisions = await getRevisions(client, { contracts, listingId: 7n, buyer });
 */
export async function getRevisions(
  client: ReadClient,
  { contracts, listingId, buyer }: GetRevisionsParameters,
): Promise<GetRevisionsReturnType> {
  return read(client, {
    abi: ratingsAbi,
    address: contracts.Ratings,
    functionName: "revisionsOf",
    args: [listingId, buyer],
  });
}
