import type { Hex } from "viem";
import type { SubscriptionSlot } from "../core/index.ts";
import { subscriptionsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { read } from "./read.ts";
import type { ReadClient } from "./types.ts";

export type GetSubscriptionParameters = { contracts: Contracts; subscriptionId: Hex };

/** All zero if nobody ever funded it. */
export type GetSubscriptionReturnType = SubscriptionSlot;

export type GetSubscriptionErrorType = ContractError;

/**
 * A subscription's slot: claimed, deposit, start, stop (unix seconds).
 *
 * @throws ContractError
 * @example
 * const { deposit, stop } = await getSubscription(client, { contracts, subscriptionId });
 */
export async function getSubscription(
  client: ReadClient,
  { contracts, subscriptionId }: GetSubscriptionParameters,
): Promise<GetSubscriptionReturnType> {
  return read(client, {
    abi: subscriptionsAbi,
    address: contracts.Subscriptions,
    functionName: "subscriptions",
    args: [subscriptionId],
  });
}
