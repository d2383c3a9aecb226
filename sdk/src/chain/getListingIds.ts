import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventsOf } from "./history.ts";
import type { ReadClient } from "./types.ts";

export type GetListingIdsParameters = { contracts: Contracts; hubId: bigint; fromBlock?: bigint | undefined };

/** Oldest first; closed and unlisted ones included. */
export type GetListingIdsReturnType = bigint[];

export type GetListingIdsErrorType = ContractError;

/**
 * The listings that a hub ever created.
 *
 * @throws ContractError
 * @example
 * const ids = await getListingIds(client, { contracts, hubId: 1n });
 */
export async function getListingIds(
  client: ReadClient,
  { contracts, hubId, fromBlock }: GetListingIdsParameters,
): Promise<GetListingIdsReturnType> {
  const query = {
    contracts,
    contract: "Listings",
    eventName: "ListingCreated",
    args: { hubId },
    fromBlock,
  } as const;
  return (await eventsOf(client, query)).map(({ args }) => args.listingId);
}
