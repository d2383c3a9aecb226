import type { Hex } from "viem";
import { consentsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type WithdrawOwnConsentParameters = {
  contracts: Contracts;
  listingId: bigint;
  /** Of the client account's own hash, 32 bytes. Sending it shows salt and account to everybody. */
  salt: Hex;
};

export type WithdrawOwnConsentReturnType = Sent & {
  /** The hash that was withdrawn. */
  subject: Hex;
};

export type WithdrawOwnConsentErrorType = ContractError;

/**
 * Withdraws the client account's own consent in the newest round, or refuses it. Nobody's permission is asked.
 *
 * @throws ContractError named as in IConsents
 * @example
 * await withdrawOwnConsent(patient, { contracts, listingId: 7n, salt });
 */
export async function withdrawOwnConsent(
  client: WriteClient,
  parameters: WithdrawOwnConsentParameters,
): Promise<WithdrawOwnConsentReturnType> {
  const { contracts, listingId, salt } = parameters;
  const { hash, receipt } = await write(client, {
    abi: consentsAbi,
    address: contracts.Consents,
    functionName: "withdrawOwnConsent",
    args: [listingId, salt],
  });
  const { subjects } = eventOf(receipt, contracts, "Consents", "ConsentsWithdrawn");
  return { hash, receipt, subject: subjects[0]! };
}
