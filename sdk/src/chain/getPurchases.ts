import type { Address } from "viem";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import type { GetPurchaseReturnType } from "./getPurchase.ts";
import { eventsOf } from "./history.ts";
import type { ReadClient } from "./types.ts";

/** Of one buyer, of one listing, or both. */
export type GetPurchasesParameters = {
  contracts: Contracts;
  buyer?: Address | undefined;
  listingId?: bigint | undefined;
  fromBlock?: bigint | undefined;
};

/** Oldest first; ended ones included. */
export type GetPurchasesReturnType = GetPurchaseReturnType[];

export type GetPurchasesErrorType = ContractError;

/**
 * What was bought, from the events. Gifts are not purchases.
 *
 * @throws ContractError
 * @example
 * const mine = await getPurchases(client, { contracts, buyer });
 */
export async function getPurchases(
  client: ReadClient,
  { contracts, buyer, listingId, fromBlock }: GetPurchasesParameters,
): Promise<GetPurchasesReturnType> {
  const args = { ...(buyer ? { buyer } : {}), ...(listingId === undefined ? {} : { listingId }) };
  const query = { contracts, contract: "Grants", eventName: "Purchased", args, fromBlock } as const;
  const events = await eventsOf(client, query);
  return events.map((event) => ({
    ...event.args,
    block: event.blockNumber,
    transactionHash: event.transactionHash,
  }));
}
