import { listingsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type CloseListingParameters = {
  contracts: Contracts;
  listingId: bigint;
};

export type CloseListingReturnType = Sent & {
  /** Unix seconds from which `withdrawBond` works. */
  bondFrom: number;
};

export type CloseListingErrorType = ContractError;

/**
 * Stops new sales of a listing for ever and starts the clock of its bond.
 *
 * @throws ContractError named as in IListings
 * @example
 * const { bondFrom } = await closeListing(manager, { contracts, listingId: 7n });
 */
export async function closeListing(
  client: WriteClient,
  parameters: CloseListingParameters,
): Promise<CloseListingReturnType> {
  const { contracts, listingId } = parameters;
  const { hash, receipt } = await write(client, {
    abi: listingsAbi,
    address: contracts.Listings,
    functionName: "closeListing",
    args: [listingId],
  });
  const event = eventOf(receipt, contracts, "Listings", "ListingClosed");
  return { hash, receipt, bondFrom: event.bondFrom };
}
