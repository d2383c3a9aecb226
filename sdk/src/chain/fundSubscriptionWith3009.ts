import type { Hex } from "viem";
import type { SubscriptionTerms } from "../core/index.ts";
import { subscriptionsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import { requireWithinGrant } from "./requireWithinGrant.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type FundSubscriptionWith3009Parameters = {
  contracts: Contracts;
  /** What both sides accepted when the subscription was made. */
  terms: SubscriptionTerms;
  /** Smallest token unit. */
  amount: bigint;
  /** The least that must arrive; default `amount`. Lower it only for tokens that take a fee. */
  minCredited?: bigint | undefined;
  /** Unix seconds, exclusive. */
  validAfter: bigint;
  /** Unix seconds, exclusive. */
  validBefore: bigint;
  /** The payer's choice, 32 bytes. */
  fundSalt: Hex;
  /** Of core's `receiveWithAuthorization`, with `subscriptionFundNonce` as its nonce. */
  signature: Hex;
};

export type FundSubscriptionWith3009ReturnType = Sent & {
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

export type FundSubscriptionWith3009ErrorType = ContractError;

/**
 * Puts the payer's tokens into his subscription under his signed EIP-3009 authorisation. Anyone may send it.
 *
 * @throws ContractError named as in ISubscriptions; `PaidBeyondWindow` if it pays beyond the end of its purchase
 * @example
 * const nonce = subscriptionFundNonce(subscriptionId, amount, stop, fundSalt);
 * const message = { from: payer, to: contracts.Subscriptions, value: amount, validAfter, validBefore, nonce };
 * const signature = await signTypedData(wallet, receiveWithAuthorization(tokenDomain, message));
 * await fundSubscriptionWith3009(anyone, { contracts, terms, amount, validAfter, validBefore, fundSalt, signature });
 */
export async function fundSubscriptionWith3009(
  client: WriteClient,
  parameters: FundSubscriptionWith3009Parameters,
): Promise<FundSubscriptionWith3009ReturnType> {
  const { contracts, terms, amount, minCredited, validAfter, validBefore, fundSalt, signature } = parameters;
  await requireWithinGrant(client, { contracts, terms, amount });
  const { hash, receipt } = await write(client, {
    abi: subscriptionsAbi,
    address: contracts.Subscriptions,
    functionName: "fundWith3009",
    args: [terms, amount, minCredited ?? amount, validAfter, validBefore, fundSalt, signature],
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
