import type { Hex } from "viem";
import { consentsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { read } from "./read.ts";
import type { ReadClient } from "./types.ts";

export type GetConsentParameters = { contracts: Contracts; listingId: bigint; round: number; subject: Hex };

/** 0 not named, 1 asked, 2 given, 3 withdrawn. */
export type GetConsentReturnType = number;

export type GetConsentErrorType = ContractError;

/**
 * What was recorded for a subject in a round, whatever the time is now.
 *
 * @throws ContractError
 * @example
 * const consent = await getConsent(client, { contracts, listingId: 7n, round: 1, subject });
 */
export async function getConsent(
  client: ReadClient,
  { contracts, listingId, round, subject }: GetConsentParameters,
): Promise<GetConsentReturnType> {
  return read(client, {
    abi: consentsAbi,
    address: contracts.Consents,
    functionName: "consentOf",
    args: [listingId, round, subject],
  });
}
