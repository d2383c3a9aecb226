import type { Address } from "viem";
import type { SubscriptionTerms } from "../core/index.ts";
import { subscriptionsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type StopSubscriptionParameters = {
  contracts: Contracts;
  /** What both sides accepted when the subscription was made. */
  terms: SubscriptionTerms;
  /** The list behind `terms.relaysHash`. Without it (`[]`) only the refund moves. */
  relays: readonly Address[];
};

export type StopSubscriptionReturnType = Sent & {
  /** The subscription's total afterwards. */
  claimed: bigint;
  /** What went back to the payer. */
  refund: bigint;
  /** Unix seconds until which it stays active and vests. */
  stop: number;
};

export type StopSubscriptionErrorType = ContractError;

/**
 * The seller ends it at once: what has vested goes to his side, the rest back to the payer. The client's account is the payee.
 *
 * @throws ContractError named as in ISubscriptions
 * @example
 * const { refund } = await stopSubscription(payee, { contracts, terms, relays });
 */
export async function stopSubscription(
  client: WriteClient,
  parameters: StopSubscriptionParameters,
): Promise<StopSubscriptionReturnType> {
  const { contracts, terms, relays } = parameters;
  const { hash, receipt } = await write(client, {
    abi: subscriptionsAbi,
    address: contracts.Subscriptions,
    functionName: "stop",
    args: [terms, relays],
  });
  const event = eventOf(receipt, contracts, "Subscriptions", "SubscriptionEnded");
  return { hash, receipt, claimed: event.claimed, refund: event.refund, stop: event.stop };
}
