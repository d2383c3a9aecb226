import type { ListingTerms } from "../core/index.ts";
import { listingsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import { read } from "./read.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type CreateListingParameters = {
  contracts: Contracts;
  hubId: bigint;
  /** `metadataHash` must be keccak256 of `metadata`. */
  terms: ListingTerms;
  /** JSON-LD text, at most 8,192 bytes. */
  metadata: string;
  /** Native coin in wei, at least `minimumBond`, which is the default. */
  bond?: bigint | undefined;
};

export type CreateListingReturnType = Sent & {
  /** Counts from 1. */
  listingId: bigint;
  /** Always 1. */
  version: number;
};

export type CreateListingErrorType = ContractError;

/**
 * Offers a stream of a hub. The bond goes back to the payout address after the listing was closed.
 *
 * @throws ContractError named as in IListings (`EntryTooLow`, `OperatorNotPublisher` …)
 * @example
 * const { listingId } = await createListing(manager, { contracts, hubId: 1n, terms, metadata: JSON.stringify(dataset) });
 */
export async function createListing(
  client: WriteClient,
  parameters: CreateListingParameters,
): Promise<CreateListingReturnType> {
  const { contracts, hubId, terms, metadata, bond } = parameters;
  const { hash, receipt } = await write(client, {
    abi: listingsAbi,
    address: contracts.Listings,
    functionName: "createListing",
    args: [hubId, terms, metadata],
    value: bond ?? (await minimumBond(client, contracts)),
  });
  const event = eventOf(receipt, contracts, "Listings", "ListingCreated");
  return { hash, receipt, listingId: event.listingId, version: event.version };
}

const minimumBond = (client: WriteClient, contracts: Contracts): Promise<bigint> =>
  read(client, { abi: listingsAbi, address: contracts.Listings, functionName: "minimumBond", args: [] });
