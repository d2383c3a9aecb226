import { listingsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type WithdrawBondParameters = {
  contracts: Contracts;
  listingId: bigint;
};

export type WithdrawBondReturnType = Sent & {
  /** Native coin in wei. */
  amount: bigint;
};

export type WithdrawBondErrorType = ContractError;

/**
 * Sends a closed listing's bond to the hub's payout address. Anyone may do it.
 *
 * @throws ContractError named as in IListings
 * @example
 * const { amount } = await withdrawBond(anyone, { contracts, listingId: 7n });
 */
export async function withdrawBond(
  client: WriteClient,
  parameters: WithdrawBondParameters,
): Promise<WithdrawBondReturnType> {
  const { contracts, listingId } = parameters;
  const { hash, receipt } = await write(client, {
    abi: listingsAbi,
    address: contracts.Listings,
    functionName: "withdrawBond",
    args: [listingId],
  });
  const event = eventOf(receipt, contracts, "Listings", "BondReturned");
  return { hash, receipt, amount: event.amount };
}
