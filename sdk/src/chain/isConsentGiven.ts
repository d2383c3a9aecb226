import type { Hex } from "viem";
import { consentsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { read } from "./read.ts";
import type { ReadClient } from "./types.ts";

export type IsConsentGivenParameters = { contracts: Contracts; listingId: bigint; subject: Hex };

export type IsConsentGivenReturnType = boolean;

export type IsConsentGivenErrorType = ContractError;

/**
 * Whether a subject's consent holds now, in the newest round.
 *
 * @throws ContractError
 * @example
 * const given = await isConsentGiven(client, { contracts, listingId: 7n, subject });
 */
export async function isConsentGiven(
  client: ReadClient,
  { contracts, listingId, subject }: IsConsentGivenParameters,
): Promise<IsConsentGivenReturnType> {
  return read(client, {
    abi: consentsAbi,
    address: contracts.Consents,
    functionName: "isGiven",
    args: [listingId, subject],
  });
}
