import { consentsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { read } from "./read.ts";
import type { ReadClient } from "./types.ts";

export type GetRoundNumberParameters = { contracts: Contracts; listingId: bigint };

/** 0 if consent was never asked. */
export type GetRoundNumberReturnType = number;

export type GetRoundNumberErrorType = ContractError;

/**
 * The number of a listing's newest round, which alone counts.
 *
 * @throws ContractError
 * @example
 * const round = await getRoundNumber(client, { contracts, listingId: 7n });
 */
export async function getRoundNumber(
  client: ReadClient,
  { contracts, listingId }: GetRoundNumberParameters,
): Promise<GetRoundNumberReturnType> {
  return read(client, {
    abi: consentsAbi,
    address: contracts.Consents,
    functionName: "roundOf",
    args: [listingId],
  });
}
