import { listingsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type TopUpBondParameters = {
  contracts: Contracts;
  listingId: bigint;
  /** Native coin in wei. */
  amount: bigint;
};

export type TopUpBondReturnType = Sent & {
  /** The whole bond afterwards. */
  bond: bigint;
};

export type TopUpBondErrorType = ContractError;

/**
 * Adds to a listing's bond. Anyone may: it is a gift to the listing's hub.
 *
 * @throws ContractError named as in IListings
 * @example
 * const { bond } = await topUpBond(seller, { contracts, listingId: 7n, amount: parseEther("0.01") });
 */
export async function topUpBond(
  client: WriteClient,
  parameters: TopUpBondParameters,
): Promise<TopUpBondReturnType> {
  const { contracts, listingId, amount } = parameters;
  const { hash, receipt } = await write(client, {
    abi: listingsAbi,
    address: contracts.Listings,
    functionName: "topUpBond",
    args: [listingId],
    value: amount,
  });
  const event = eventOf(receipt, contracts, "Listings", "BondToppedUp");
  return { hash, receipt, bond: event.bond };
}
