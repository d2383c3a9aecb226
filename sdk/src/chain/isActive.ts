import type { Hex } from "viem";
import { grantsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { read } from "./read.ts";
import type { ReadClient } from "./types.ts";

export type IsActiveParameters = { contracts: Contracts; grantId: Hex; rights: number };

/** False for unknown grants. */
export type IsActiveReturnType = boolean;

export type IsActiveErrorType = ContractError;

/**
 * Whether a grant gives all of the rights (READ 1, HISTORY 2, WRITE 4) now: window, not revoked, payment alive.
 *
 * @throws ContractError
 * @example
 * const readable = await isActive(client, { contracts, grantId, rights: 1 });
 */
export async function isActive(
  client: ReadClient,
  { contracts, grantId, rights }: IsActiveParameters,
): Promise<IsActiveReturnType> {
  return read(client, {
    abi: grantsAbi,
    address: contracts.Grants,
    functionName: "isActive",
    args: [grantId, rights],
  });
}
