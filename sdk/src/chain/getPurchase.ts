import type { Hex } from "viem";
import type { Contracts } from "./deployments.ts";
import { ContractError } from "./errors.ts";
import { eventsOf } from "./history.ts";
import type { EventArgs, ReadClient } from "./types.ts";

export type GetPurchaseParameters = { contracts: Contracts; grantId: Hex; fromBlock?: bigint | undefined };

/** The arguments of Purchased, and where it was mined. */
export type GetPurchaseReturnType = EventArgs<"Grants", "Purchased"> & {
  block: bigint;
  transactionHash: Hex;
};

export type GetPurchaseErrorType = ContractError;

/**
 * How a grant was bought. With the listing version's terms this is all that makes up its channel's terms.
 *
 * @throws ContractError `GrantUnknown` if nothing was bought under this id (gifts have no purchase)
 * @example
 * const { listingId, version, plan, paymentId } = await getPurchase(client, { contracts, grantId });
 */
export async function getPurchase(
  client: ReadClient,
  { contracts, grantId, fromBlock }: GetPurchaseParameters,
): Promise<GetPurchaseReturnType> {
  const query = {
    contracts,
    contract: "Grants",
    eventName: "Purchased",
    args: { grantId },
    fromBlock,
  } as const;
  const [event] = await eventsOf(client, query);
  if (!event) throw new ContractError("GrantUnknown", [grantId], `Nothing was bought as grant ${grantId}.`);
  return { ...event.args, block: event.blockNumber, transactionHash: event.transactionHash };
}
