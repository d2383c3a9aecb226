import type { Hex } from "viem";
import { consentsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type GiveConsentsParameters = {
  contracts: Contracts;
  listingId: bigint;
  /** Salted hashes, at most 256; see `consentSubject`. */
  subjects: readonly Hex[];
};

export type GiveConsentsReturnType = Sent & {
  round: number;
};

export type GiveConsentsErrorType = ContractError;

/**
 * Records that subjects of the newest round have consented.
 *
 * @throws ContractError named as in IConsents
 * @example
 * await giveConsents(manager, { contracts, listingId: 7n, subjects });
 */
export async function giveConsents(
  client: WriteClient,
  parameters: GiveConsentsParameters,
): Promise<GiveConsentsReturnType> {
  const { contracts, listingId, subjects } = parameters;
  const { hash, receipt } = await write(client, {
    abi: consentsAbi,
    address: contracts.Consents,
    functionName: "giveConsents",
    args: [listingId, subjects],
  });
  const event = eventOf(receipt, contracts, "Consents", "ConsentsGiven");
  return { hash, receipt, round: event.round };
}
