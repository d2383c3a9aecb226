import type { Hex } from "viem";
import { consentsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type AddSubjectsParameters = {
  contracts: Contracts;
  listingId: bigint;
  /** Salted hashes, at most 256; see `consentSubject`. */
  subjects: readonly Hex[];
  /** Whether they have consented to the form already. */
  given: boolean;
};

export type AddSubjectsReturnType = Sent & {
  round: number;
};

export type AddSubjectsErrorType = ContractError;

/**
 * Names more subjects in the newest round.
 *
 * @throws ContractError named as in IConsents
 * @example
 * await addSubjects(manager, { contracts, listingId: 7n, subjects, given: false });
 */
export async function addSubjects(
  client: WriteClient,
  parameters: AddSubjectsParameters,
): Promise<AddSubjectsReturnType> {
  const { contracts, listingId, subjects, given } = parameters;
  const { hash, receipt } = await write(client, {
    abi: consentsAbi,
    address: contracts.Consents,
    functionName: "addSubjects",
    args: [listingId, subjects, given],
  });
  const event = eventOf(receipt, contracts, "Consents", "SubjectsNamed");
  return { hash, receipt, round: event.round };
}
