import type { Address, Hex } from "viem";
import type { SubscriptionTerms } from "../core/index.ts";
import { grantsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

/** Both forms. viem would tell them apart by the order of the terms' fields, which callers do not owe us. */
const FORMS = grantsAbi.filter((item) => item.type === "function" && item.name === "revokeGrant");

export type RevokeGrantParameters = {
  contracts: Contracts;
  grantId: Hex;
  /** Needed while the grant runs on a subscription, which is then stopped and refunded in the same call. */
  subscription?: { terms: SubscriptionTerms; relays: readonly Address[] } | undefined;
};

export type RevokeGrantReturnType = Sent & {
  /** Unix seconds. */
  revokedAt: number;
};

export type RevokeGrantErrorType = ContractError;

/**
 * Ends a grant at once and blocks its buyer until `unblock`. A channel is not touched; a subscription that runs is stopped, and what has
 * not vested goes back to its payer.
 *
 * @throws ContractError named as in IGrants and ISubscriptions
 * @example
 * const { revokedAt } = await revokeGrant(manager, { contracts, grantId, subscription: { terms, relays } });
 */
export async function revokeGrant(
  client: WriteClient,
  parameters: RevokeGrantParameters,
): Promise<RevokeGrantReturnType> {
  const { contracts, grantId, subscription } = parameters;
  const args = subscription
    ? ([grantId, subscription.terms, subscription.relays] as const)
    : ([grantId] as const);
  const { hash, receipt } = await write(client, {
    abi: FORMS.filter(({ inputs }) => inputs.length === args.length) as unknown as typeof grantsAbi,
    address: contracts.Grants,
    functionName: "revokeGrant",
    args,
  });
  const event = eventOf(receipt, contracts, "Grants", "GrantRevoked");
  return { hash, receipt, revokedAt: event.revokedAt };
}
