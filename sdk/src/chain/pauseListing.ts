import { listingsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type PauseListingParameters = {
  contracts: Contracts;
  listingId: bigint;
};

export type PauseListingReturnType = Sent;

export type PauseListingErrorType = ContractError;

/**
 * Stops new sales of a listing for now. What was bought stays.
 *
 * @throws ContractError named as in IListings
 * @example
 * await pauseListing(manager, { contracts, listingId: 7n });
 */
export async function pauseListing(
  client: WriteClient,
  parameters: PauseListingParameters,
): Promise<PauseListingReturnType> {
  const { contracts, listingId } = parameters;
  const { hash, receipt } = await write(client, {
    abi: listingsAbi,
    address: contracts.Listings,
    functionName: "pauseListing",
    args: [listingId],
  });
  return { hash, receipt };
}
