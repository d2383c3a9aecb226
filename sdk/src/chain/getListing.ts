import type { Hex } from "viem";
import type { ListingTerms } from "../core/index.ts";
import { listingsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import { ContractError } from "./errors.ts";
import { eventsOf } from "./history.ts";
import { read } from "./read.ts";
import type { ListingState, ReadClient } from "./types.ts";

export type GetListingParameters = {
  contracts: Contracts;
  listingId: bigint;
  /** Default: the newest, which alone is for sale. */
  version?: number | undefined;
  fromBlock?: bigint | undefined;
};

export type GetListingReturnType = {
  listingId: bigint;
  version: number;
  terms: ListingTerms;
  /** JSON-LD text as its seller wrote it: a stranger's words. */
  metadata: string;
  /** Where this version was written. */
  block: bigint;
  transactionHash: Hex;
  /** The listing as it stands now; `state.version` is the newest. */
  state: ListingState;
};

export type GetListingErrorType = ContractError;

/**
 * One version of a listing, from the events, and the listing's state.
 *
 * @throws ContractError `ListingUnknown`, `VersionUnknown`, or a transport error's name
 * @example
 * const { terms, metadata, version } = await getListing(client, { contracts, listingId: 7n });
 */
export async function getListing(
  client: ReadClient,
  parameters: GetListingParameters,
): Promise<GetListingReturnType> {
  const { contracts, listingId, fromBlock } = parameters;
  const address = contracts.Listings;
  const state = await read(client, { abi: listingsAbi, address, functionName: "listing", args: [listingId] });
  const version = parameters.version ?? state.version;
  const query = { contracts, contract: "Listings", args: { listingId }, fromBlock } as const;
  const written =
    version === 1
      ? await eventsOf(client, { ...query, eventName: "ListingCreated" })
      : await eventsOf(client, { ...query, eventName: "ListingRevised" });
  const event = written.find(({ args }) => args.version === version);
  if (!event)
    throw new ContractError(
      "VersionUnknown",
      [listingId, version],
      `Listing ${listingId} has no version ${version}.`,
    );
  const { terms, metadata } = event.args;
  return {
    listingId,
    version,
    terms,
    metadata,
    block: event.blockNumber,
    transactionHash: event.transactionHash,
    state,
  };
}
