import type { ListingTerms } from "../core/index.ts";
import { listingsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type ReviseListingParameters = {
  contracts: Contracts;
  listingId: bigint;
  /** `metadataHash` must be keccak256 of `metadata`. */
  terms: ListingTerms;
  /** JSON-LD text, at most 8,192 bytes. */
  metadata: string;
};

export type ReviseListingReturnType = Sent & {
  /** One more than before. */
  version: number;
};

export type ReviseListingErrorType = ContractError;

/**
 * Offers a stream on new terms from now on. Earlier purchases keep theirs.
 *
 * @throws ContractError named as in IListings
 * @example
 * const { version } = await reviseListing(manager, { contracts, listingId: 7n, terms, metadata });
 */
export async function reviseListing(
  client: WriteClient,
  parameters: ReviseListingParameters,
): Promise<ReviseListingReturnType> {
  const { contracts, listingId, terms, metadata } = parameters;
  const { hash, receipt } = await write(client, {
    abi: listingsAbi,
    address: contracts.Listings,
    functionName: "reviseListing",
    args: [listingId, terms, metadata],
  });
  const event = eventOf(receipt, contracts, "Listings", "ListingRevised");
  return { hash, receipt, version: event.version };
}
