import { consentsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { read } from "./read.ts";
import type { ConsentRoundState, ReadClient } from "./types.ts";

export type GetRoundParameters = {
  contracts: Contracts;
  listingId: bigint;
  /** Counts per listing from 1. */
  round: number;
};

/** All zero if there is none of this number. */
export type GetRoundReturnType = ConsentRoundState;

export type GetRoundErrorType = ContractError;

/**
 * A round of consent: form, window, subjects named and given, when it was withdrawn as a whole.
 *
 * @throws ContractError
 * @example
 * const { subjectCount, given } = await getRound(client, { contracts, listingId: 7n, round: 1 });
 */
export async function getRound(
  client: ReadClient,
  { contracts, listingId, round }: GetRoundParameters,
): Promise<GetRoundReturnType> {
  return read(client, {
    abi: consentsAbi,
    address: contracts.Consents,
    functionName: "rounds",
    args: [listingId, round],
  });
}
