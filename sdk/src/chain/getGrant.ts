import type { Hex } from "viem";
import { grantsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { read } from "./read.ts";
import type { GrantState, ReadClient } from "./types.ts";

export type GetGrantParameters = { contracts: Contracts; grantId: Hex };

/** All zero if there is none. */
export type GetGrantReturnType = GrantState;

export type GetGrantErrorType = ContractError;

/**
 * A grant as it stands: rights, kind, version, plan, window, revokedAt, paymentId.
 *
 * @throws ContractError
 * @example
 * const { notAfter, revokedAt } = await getGrant(client, { contracts, grantId });
 */
export async function getGrant(
  client: ReadClient,
  { contracts, grantId }: GetGrantParameters,
): Promise<GetGrantReturnType> {
  return read(client, { abi: grantsAbi, address: contracts.Grants, functionName: "grants", args: [grantId] });
}
