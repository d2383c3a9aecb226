import type { Hex } from "viem";
import { subscriptionsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { read } from "./read.ts";
import type { ReadClient } from "./types.ts";

export type IsSubscriptionActiveParameters = { contracts: Contracts; subscriptionId: Hex };

/** False for unknown subscriptions. */
export type IsSubscriptionActiveReturnType = boolean;

export type IsSubscriptionActiveErrorType = ContractError;

/**
 * Whether the subscription's time is paid for now, the notice after a cancel included.
 *
 * @throws ContractError
 * @example
 * const running = await isSubscriptionActive(client, { contracts, subscriptionId });
 */
export async function isSubscriptionActive(
  client: ReadClient,
  { contracts, subscriptionId }: IsSubscriptionActiveParameters,
): Promise<IsSubscriptionActiveReturnType> {
  return read(client, {
    abi: subscriptionsAbi,
    address: contracts.Subscriptions,
    functionName: "isActive",
    args: [subscriptionId],
  });
}
