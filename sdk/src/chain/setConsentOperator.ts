import type { Address } from "viem";
import { consentsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type SetConsentOperatorParameters = {
  contracts: Contracts;
  listingId: bigint;
  /** The zero address takes it back. */
  operator: Address;
};

export type SetConsentOperatorReturnType = Sent;

export type SetConsentOperatorErrorType = ContractError;

/**
 * Names the account that keeps a listing's consents beside the hub. The client's account is MANAGER or owner of the hub.
 *
 * @throws ContractError named as in IConsents
 * @example
 * await setConsentOperator(manager, { contracts, listingId: 7n, operator: clinic });
 */
export async function setConsentOperator(
  client: WriteClient,
  parameters: SetConsentOperatorParameters,
): Promise<SetConsentOperatorReturnType> {
  const { contracts, listingId, operator } = parameters;
  const { hash, receipt } = await write(client, {
    abi: consentsAbi,
    address: contracts.Consents,
    functionName: "setConsentOperator",
    args: [listingId, operator],
  });
  return { hash, receipt };
}
