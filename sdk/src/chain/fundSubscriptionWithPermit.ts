import type { Hex } from "viem";
import { type SubscriptionTerms, splitSignature } from "../core/index.ts";
import { subscriptionsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import { requireWithinGrant } from "./requireWithinGrant.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type FundSubscriptionWithPermitParameters = {
  contracts: Contracts;
  /** What both sides accepted when the subscription was made. */
  terms: SubscriptionTerms;
  /** Smallest token unit. */
  amount: bigint;
  /** The least that must arrive; default `amount`. Lower it only for tokens that take a fee. */
  minCredited?: bigint | undefined;
  /** Unix seconds. */
  deadline: bigint;
  /** Of core's `permit` for Subscriptions as spender; 65 bytes. */
  signature: Hex;
};

export type FundSubscriptionWithPermitReturnType = Sent & {
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

export type FundSubscriptionWithPermitErrorType = ContractError;

/**
 * Opens or tops up the client account's own subscription after an EIP-2612 permit: no allowance is needed before. A permit that
 * somebody landed first is no error.
 *
 * @throws ContractError named as in ISubscriptions; `PaidBeyondWindow` if it pays beyond the end of its purchase
 * @example
 * const message = { owner: payer, spender: contracts.Subscriptions, value: amount, nonce, deadline };
 * const signature = await signTypedData(wallet, permit(tokenDomain, message));
 * await fundSubscriptionWithPermit(wallet, { contracts, terms, amount, deadline, signature });
 */
export async function fundSubscriptionWithPermit(
  client: WriteClient,
  parameters: FundSubscriptionWithPermitParameters,
): Promise<FundSubscriptionWithPermitReturnType> {
  const { contracts, terms, amount, minCredited, deadline, signature } = parameters;
  const { v, r, s } = splitSignature(signature);
  await requireWithinGrant(client, { contracts, terms, amount });
  const { hash, receipt } = await write(client, {
    abi: subscriptionsAbi,
    address: contracts.Subscriptions,
    functionName: "fundWithPermit",
    args: [terms, amount, minCredited ?? amount, deadline, v, r, s],
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
