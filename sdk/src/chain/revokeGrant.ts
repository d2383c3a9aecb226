import type { Hex } from "viem";
import { grantsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type RevokeGrantParameters = {
  contracts: Contracts;
  grantId: Hex;
};

export type RevokeGrantReturnType = Sent & {
  /** Unix seconds. */
  revokedAt: number;
};

export type RevokeGrantErrorType = ContractError;

/**
 * Ends a grant at once and blocks its buyer until `unblock`. Its channel is not touched.
 *
 * @throws ContractError named as in IGrants
 * @example
 * const { revokedAt } = await revokeGrant(manager, { contracts, grantId });
 */
export async function revokeGrant(
  client: WriteClient,
  parameters: RevokeGrantParameters,
): Promise<RevokeGrantReturnType> {
  const { contracts, grantId } = parameters;
  const { hash, receipt } = await write(client, {
    abi: grantsAbi,
    address: contracts.Grants,
    functionName: "revokeGrant",
    args: [grantId],
  });
  const event = eventOf(receipt, contracts, "Grants", "GrantRevoked");
  return { hash, receipt, revokedAt: event.revokedAt };
}
