import { type Hex, zeroAddress } from "viem";
import type { SubscriptionTerms } from "../core/index.ts";
import { subscriptionsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import { requireWithinGrant } from "./requireWithinGrant.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type FundSubscriptionParameters = {
  contracts: Contracts;
  /** What both sides accepted when the subscription was made. */
  terms: SubscriptionTerms;
  /** Smallest token unit; native coin is sent along. */
  amount: bigint;
  /** The least that must arrive; default `amount`. Lower it only for tokens that take a fee. */
  minCredited?: bigint | undefined;
};

export type FundSubscriptionReturnType = Sent & {
  subscriptionId: Hex;
  /** What was added to the deposit. */
  credited: bigint;
  /** The subscription's total afterwards. */
  deposit: bigint;
  /** Unix seconds from which it vests. */
  start: number;
  /** Unix seconds at which the paid time ends. */
  stop: number;
};

export type FundSubscriptionErrorType = ContractError;

/**
 * Starts the client account's own subscription, or tops it up. A token needs an allowance to Subscriptions first.
 *
 * @throws ContractError named as in ISubscriptions; `PaidBeyondWindow` if it pays beyond the end of its purchase
 * @example
 * const { subscriptionId, stop } = await fundSubscription(buyer, { contracts, terms, amount: 30n * 10n ** 6n });
 */
export async function fundSubscription(
  client: WriteClient,
  parameters: FundSubscriptionParameters,
): Promise<FundSubscriptionReturnType> {
  const { contracts, terms, amount, minCredited } = parameters;
  await requireWithinGrant(client, { contracts, terms, amount });
  const { hash, receipt } = await write(client, {
    abi: subscriptionsAbi,
    address: contracts.Subscriptions,
    functionName: "fund",
    args: [terms, amount, minCredited ?? amount],
    value: terms.token === zeroAddress ? amount : 0n,
  });
  const event = eventOf(receipt, contracts, "Subscriptions", "SubscriptionFunded");
  return {
    hash,
    receipt,
    subscriptionId: event.subscriptionId,
    credited: event.amount,
    deposit: event.deposit,
    start: event.start,
    stop: event.stop,
  };
}
