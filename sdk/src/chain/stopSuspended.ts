import type { Address, Hex } from "viem";
import type { SubscriptionTerms } from "../core/index.ts";
import { grantsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type StopSuspendedParameters = {
  contracts: Contracts;
  grantId: Hex;
  /** What both sides accepted when the subscription was made. */
  terms: SubscriptionTerms;
  /** The list behind `terms.relaysHash`, or none. */
  relays: readonly Address[];
};

export type StopSuspendedReturnType = Sent & {
  /** What went back to the payer. */
  refund: bigint;
};

export type StopSuspendedErrorType = ContractError;

/**
 * Stops the subscription of a grant whose listing has lost a consent; what has not vested goes back to its payer. Anyone may
 * send it.
 *
 * @throws ContractError named as in IGrants and ISubscriptions
 * @example
 * const { refund } = await stopSuspended(anyone, { contracts, grantId, terms, relays });
 */
export async function stopSuspended(
  client: WriteClient,
  parameters: StopSuspendedParameters,
): Promise<StopSuspendedReturnType> {
  const { contracts, grantId, terms, relays } = parameters;
  const { hash, receipt } = await write(client, {
    abi: grantsAbi,
    address: contracts.Grants,
    functionName: "stopSuspended",
    args: [grantId, terms, relays],
  });
  const event = eventOf(receipt, contracts, "Subscriptions", "SubscriptionEnded");
  return { hash, receipt, refund: event.refund };
}
