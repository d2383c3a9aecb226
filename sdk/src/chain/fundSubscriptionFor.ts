import { type Hex, zeroAddress } from "viem";
import type { SubscriptionTerms } from "../core/index.ts";
import { subscriptionsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import { requireWithinGrant } from "./requireWithinGrant.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type FundSubscriptionForParameters = {
  contracts: Contracts;
  /** What both sides accepted when the subscription was made. */
  terms: SubscriptionTerms;
  /** Smallest token unit; native coin is sent along. */
  amount: bigint;
  /** The least that must arrive; default `amount`. Lower it only for tokens that take a fee. */
  minCredited?: bigint | undefined;
};

export type FundSubscriptionForReturnType = Sent & {
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

export type FundSubscriptionForErrorType = ContractError;

/**
 * Tops up anybody's subscription while it runs, with the client account's own money, which then belongs to the payer. It changes `stop`, so
 * messages that were signed for the state before fit no more.
 *
 * @throws ContractError named as in ISubscriptions; `PaidBeyondWindow` if it pays beyond the end of its purchase
 * @example
 * const { stop } = await fundSubscriptionFor(friend, { contracts, terms, amount: 30n * 10n ** 6n });
 */
export async function fundSubscriptionFor(
  client: WriteClient,
  parameters: FundSubscriptionForParameters,
): Promise<FundSubscriptionForReturnType> {
  const { contracts, terms, amount, minCredited } = parameters;
  await requireWithinGrant(client, { contracts, terms, amount });
  const { hash, receipt } = await write(client, {
    abi: subscriptionsAbi,
    address: contracts.Subscriptions,
    functionName: "fundFor",
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
