import type { Address } from "viem";
import { consentsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { read } from "./read.ts";
import type { ReadClient } from "./types.ts";

export type GetConsentOperatorParameters = { contracts: Contracts; listingId: bigint };

/** The zero address if there is none. */
export type GetConsentOperatorReturnType = Address;

export type GetConsentOperatorErrorType = ContractError;

/**
 * The account that keeps a listing's rounds beside the hub now.
 *
 * @throws ContractError
 * @example
 * const operator = await getConsentOperator(client, { contracts, listingId: 7n });
 */
export async function getConsentOperator(
  client: ReadClient,
  { contracts, listingId }: GetConsentOperatorParameters,
): Promise<GetConsentOperatorReturnType> {
  return read(client, {
    abi: consentsAbi,
    address: contracts.Consents,
    functionName: "consentOperatorOf",
    args: [listingId],
  });
}
