import type { Address } from "viem";
import type { SubscriptionTerms } from "../core/index.ts";
import { subscriptionsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type CancelSubscriptionParameters = {
  contracts: Contracts;
  /** What both sides accepted when the subscription was made. */
  terms: SubscriptionTerms;
  /** The list behind `terms.relaysHash`. Without it (`[]`) only the refund moves. */
  relays: readonly Address[];
};

export type CancelSubscriptionReturnType = Sent & {
  /** The subscription's total afterwards. */
  claimed: bigint;
  /** What went back to the payer. */
  refund: bigint;
  /** Unix seconds until which it stays active and vests. */
  stop: number;
};

export type CancelSubscriptionErrorType = ContractError;

/**
 * The buyer leaves: the time ends after `terms.notice` seconds at the latest, and what lies beyond comes back at once. The
 * client's account is payer or signer.
 *
 * @throws ContractError named as in ISubscriptions
 * @example
 * const { refund, stop } = await cancelSubscription(buyer, { contracts, terms, relays });
 */
export async function cancelSubscription(
  client: WriteClient,
  parameters: CancelSubscriptionParameters,
): Promise<CancelSubscriptionReturnType> {
  const { contracts, terms, relays } = parameters;
  const { hash, receipt } = await write(client, {
    abi: subscriptionsAbi,
    address: contracts.Subscriptions,
    functionName: "cancel",
    args: [terms, relays],
  });
  const event = eventOf(receipt, contracts, "Subscriptions", "SubscriptionEnded");
  return { hash, receipt, claimed: event.claimed, refund: event.refund, stop: event.stop };
}
