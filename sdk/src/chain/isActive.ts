import type { Address, Hex } from "viem";
import { grantsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { read } from "./read.ts";
import type { ReadClient } from "./types.ts";

/** One grant, or any of a buyer's grants of a listing. */
export type IsActiveParameters = { contracts: Contracts; rights: number } & (
  | { grantId: Hex }
  | { listingId: bigint; buyer: Address }
);

/** False for unknown grants. */
export type IsActiveReturnType = boolean;

export type IsActiveErrorType = ContractError;

/**
 * Whether a grant gives all of the rights (READ 1, HISTORY 2, WRITE 4) now: window, not revoked, consents and payment alive.
 *
 * @throws ContractError
 * @example
 * const readable = await isActive(client, { contracts, grantId, rights: 1 });
 */
export async function isActive(
  client: ReadClient,
  parameters: IsActiveParameters,
): Promise<IsActiveReturnType> {
  const { contracts, rights } = parameters;
  return read(client, {
    abi: grantsAbi,
    address: contracts.Grants,
    functionName: "isActive",
    args:
      "grantId" in parameters
        ? [parameters.grantId, rights]
        : [parameters.listingId, parameters.buyer, rights],
  });
}
