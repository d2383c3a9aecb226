import { listingsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type ResumeListingParameters = {
  contracts: Contracts;
  listingId: bigint;
};

export type ResumeListingReturnType = Sent;

export type ResumeListingErrorType = ContractError;

/**
 * Sells a paused listing again.
 *
 * @throws ContractError named as in IListings
 * @example
 * await resumeListing(manager, { contracts, listingId: 7n });
 */
export async function resumeListing(
  client: WriteClient,
  parameters: ResumeListingParameters,
): Promise<ResumeListingReturnType> {
  const { contracts, listingId } = parameters;
  const { hash, receipt } = await write(client, {
    abi: listingsAbi,
    address: contracts.Listings,
    functionName: "resumeListing",
    args: [listingId],
  });
  return { hash, receipt };
}
