import type { Hex } from "viem";
import { consentsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type WithdrawConsentsParameters = {
  contracts: Contracts;
  listingId: bigint;
  /** Salted hashes, at most 256; see `consentSubject`. */
  subjects: readonly Hex[];
};

export type WithdrawConsentsReturnType = Sent & {
  round: number;
};

export type WithdrawConsentsErrorType = ContractError;

/**
 * Records that subjects of the newest round have withdrawn, or refuse. Final within the round; the listing is suspended.
 *
 * @throws ContractError named as in IConsents
 * @example
 * await withdrawConsents(manager, { contracts, listingId: 7n, subjects });
 */
export async function withdrawConsents(
  client: WriteClient,
  parameters: WithdrawConsentsParameters,
): Promise<WithdrawConsentsReturnType> {
  const { contracts, listingId, subjects } = parameters;
  const { hash, receipt } = await write(client, {
    abi: consentsAbi,
    address: contracts.Consents,
    functionName: "withdrawConsents",
    args: [listingId, subjects],
  });
  const event = eventOf(receipt, contracts, "Consents", "ConsentsWithdrawn");
  return { hash, receipt, round: event.round };
}
