import { consentsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { read } from "./read.ts";
import type { ReadClient } from "./types.ts";

export type IsConsentGatedParameters = { contracts: Contracts; listingId: bigint };

export type IsConsentGatedReturnType = boolean;

export type IsConsentGatedErrorType = ContractError;

/**
 * Whether consent was ever asked for a listing: then its grants live and die with `isConsentAlive`.
 *
 * @throws ContractError
 * @example
 * const gated = await isConsentGated(client, { contracts, listingId: 7n });
 */
export async function isConsentGated(
  client: ReadClient,
  { contracts, listingId }: IsConsentGatedParameters,
): Promise<IsConsentGatedReturnType> {
  return read(client, {
    abi: consentsAbi,
    address: contracts.Consents,
    functionName: "isGated",
    args: [listingId],
  });
}
