import { type Address, type Hex, zeroAddress } from "viem";
import { subscriptionsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventsIn } from "./events.ts";
import type { Sent, SubscriptionCommon, SubscriptionRow, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type ClaimSubscriptionsParameters = {
  contracts: Contracts;
  /** The seller's side of the terms, the same for all rows. */
  common: SubscriptionCommon;
  /** The rest of the terms, one subscription each. */
  rows: readonly SubscriptionRow[];
  /** Heeded only if the client's account is the payee; default: keep the payout in the contract. */
  to?: Address | undefined;
};

export type ClaimSubscriptionsReturnType = Sent & {
  /** New total of each subscription that paid, in the order of the rows. */
  claimed: { subscriptionId: Hex; claimed: bigint }[];
  /** Rows that moved nothing. */
  skipped: { subscriptionId: Hex }[];
};

export type ClaimSubscriptionsErrorType = ContractError;

/**
 * Pays out what has vested in many subscriptions of one seller. Nothing is signed: the clock says what is due. A row with
 * nothing new is skipped.
 *
 * @throws ContractError named as in ISubscriptions
 * @example
 * const { claimed, skipped } = await claimSubscriptions(operator, { contracts, common, rows });
 */
export async function claimSubscriptions(
  client: WriteClient,
  parameters: ClaimSubscriptionsParameters,
): Promise<ClaimSubscriptionsReturnType> {
  const { contracts, common, rows, to } = parameters;
  const { hash, receipt } = await write(client, {
    abi: subscriptionsAbi,
    address: contracts.Subscriptions,
    functionName: "claim",
    args: [common, rows, to ?? zeroAddress],
  });
  return {
    hash,
    receipt,
    claimed: eventsIn(receipt, contracts, "Subscriptions", "SubscriptionClaimed"),
    skipped: eventsIn(receipt, contracts, "Subscriptions", "ClaimSkipped"),
  };
}
