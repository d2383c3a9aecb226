import type { Address } from "viem";
import { hubsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { read } from "./read.ts";
import type { ReadClient } from "./types.ts";

/** Bits of a role bitmap. */
export const ROLES = { OWNER: 1, MANAGER: 2, TREASURER: 4, PUBLISHER: 8 } as const;

export type GetRolesParameters = { contracts: Contracts; hubId: bigint; account: Address };

/** A bitmap of `ROLES`; 0 for unknown hubs. */
export type GetRolesReturnType = number;

export type GetRolesErrorType = ContractError;

/**
 * An account's roles in a hub now, OWNER included.
 *
 * @throws ContractError
 * @example
 * const manages = ((await getRoles(client, { contracts, hubId: 1n, account })) & ROLES.MANAGER) !== 0;
 */
export async function getRoles(
  client: ReadClient,
  { contracts, hubId, account }: GetRolesParameters,
): Promise<GetRolesReturnType> {
  return read(client, {
    abi: hubsAbi,
    address: contracts.Hubs,
    functionName: "rolesOf",
    args: [hubId, account],
  });
}
