import type { Hex } from "viem";
import { consentsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type OpenRoundParameters = {
  contracts: Contracts;
  listingId: bigint;
  /** Of the text that the subjects are shown. */
  formHash: Hex;
  /** Unix seconds; may be past. */
  notBefore: number;
  /** Unix seconds; the first second without consent. */
  notAfter: number;
  /** Salted hashes, at most 256; see `consentSubject`. */
  subjects: readonly Hex[];
  /** Whether these subjects have consented to the form already. */
  given: boolean;
};

export type OpenRoundReturnType = Sent & {
  /** Counts per listing from 1. */
  round: number;
};

export type OpenRoundErrorType = ContractError;

/**
 * Asks for consent anew. Earlier rounds count no longer: unless all have given already, the listing is suspended at once.
 *
 * @throws ContractError named as in IConsents
 * @example
 * const { round } = await openRound(manager, {
 *   contracts, listingId: 7n, formHash, notBefore: 0, notAfter: now + 31_536_000, subjects, given: true,
 * });
 */
export async function openRound(
  client: WriteClient,
  parameters: OpenRoundParameters,
): Promise<OpenRoundReturnType> {
  const { contracts, listingId, formHash, notBefore, notAfter, subjects, given } = parameters;
  const { hash, receipt } = await write(client, {
    abi: consentsAbi,
    address: contracts.Consents,
    functionName: "openRound",
    args: [listingId, formHash, notBefore, notAfter, subjects, given],
  });
  const event = eventOf(receipt, contracts, "Consents", "RoundOpened");
  return { hash, receipt, round: event.round };
}
