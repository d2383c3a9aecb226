import type { Hex } from "viem";
import type { SubscriptionTerms } from "../core/index.ts";
import { subscriptionsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import { requirePermit2 } from "./requirePermit2.ts";
import { requireWithinGrant } from "./requireWithinGrant.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type FundSubscriptionWithPermit2Parameters = {
  contracts: Contracts;
  /** What both sides accepted when the subscription was made. */
  terms: SubscriptionTerms;
  /** Smallest token unit. */
  amount: bigint;
  /** The least that must arrive; default `amount`. Lower it only for tokens that take a fee. */
  minCredited?: bigint | undefined;
  /** The payer's choice, 32 bytes. */
  fundSalt: Hex;
  /** Unix seconds. */
  deadline: bigint;
  /** Of core's `permit2Transfer`, with `subscriptionFundNonce` as its nonce. */
  signature: Hex;
};

export type FundSubscriptionWithPermit2ReturnType = Sent & {
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

export type FundSubscriptionWithPermit2ErrorType = ContractError;

/**
 * Puts the payer's tokens into his subscription under his signed Permit2 transfer. Anyone may send it; the payer has allowed
 * Permit2 to move the token.
 *
 * @throws ContractError named as in ISubscriptions; `PaidBeyondWindow` if it pays beyond the end of its purchase,
 * `Permit2Missing` on a chain without Permit2
 * @example
 * const nonce = subscriptionFundNonce(subscriptionId, amount, stop, fundSalt);
 * const transfer = permit2Transfer({ chainId, escrow: contracts.Subscriptions, terms, amount, nonce, deadline });
 * const signature = await signTypedData(wallet, transfer);
 * await fundSubscriptionWithPermit2(anyone, { contracts, terms, amount, fundSalt, deadline, signature });
 */
export async function fundSubscriptionWithPermit2(
  client: WriteClient,
  parameters: FundSubscriptionWithPermit2Parameters,
): Promise<FundSubscriptionWithPermit2ReturnType> {
  const { contracts, terms, amount, minCredited, fundSalt, deadline, signature } = parameters;
  await requirePermit2(client);
  await requireWithinGrant(client, { contracts, terms, amount });
  const { hash, receipt } = await write(client, {
    abi: subscriptionsAbi,
    address: contracts.Subscriptions,
    functionName: "fundWithPermit2",
    args: [terms, amount, minCredited ?? amount, fundSalt, deadline, signature],
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
