import type { Address, Hex } from "viem";
import type { CancelNotice, SubscriptionTerms } from "../core/index.ts";
import { subscriptionsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type CancelSubscriptionWithNoticeParameters = {
  contracts: Contracts;
  /** What both sides accepted when the subscription was made. */
  terms: SubscriptionTerms;
  /** The list behind `terms.relaysHash`. Without it (`[]`) only the refund moves. */
  relays: readonly Address[];
  notice: CancelNotice;
  /** By `terms.signer` or the payer, over the notice with the slot's present `stop`. */
  signature: Hex;
};

export type CancelSubscriptionWithNoticeReturnType = Sent & {
  /** The subscription's total afterwards. */
  claimed: bigint;
  /** What went back to the payer. */
  refund: bigint;
  /** Unix seconds until which it stays active and vests. */
  stop: number;
};

export type CancelSubscriptionWithNoticeErrorType = ContractError;

/**
 * Cancels for a buyer who signed a notice. Anyone may send it. A top-up by anyone that lands first voids the notice.
 *
 * @throws ContractError named as in ISubscriptions
 * @example
 * const notice = { subscriptionId, stop: slot.stop, deadline };
 * const typed = signable(subscriptionsDomain({ chainId, subscriptions: contracts.Subscriptions }), "CancelNotice", notice);
 * const signature = await signTypedData(wallet, typed);
 * await cancelSubscriptionWithNotice(anyone, { contracts, terms, relays, notice, signature });
 */
export async function cancelSubscriptionWithNotice(
  client: WriteClient,
  parameters: CancelSubscriptionWithNoticeParameters,
): Promise<CancelSubscriptionWithNoticeReturnType> {
  const { contracts, terms, relays, notice, signature } = parameters;
  const { hash, receipt } = await write(client, {
    abi: subscriptionsAbi,
    address: contracts.Subscriptions,
    functionName: "cancelWithNotice",
    args: [terms, relays, notice, signature],
  });
  const event = eventOf(receipt, contracts, "Subscriptions", "SubscriptionEnded");
  return { hash, receipt, claimed: event.claimed, refund: event.refund, stop: event.stop };
}
