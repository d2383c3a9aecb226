import type { Address, Hex } from "viem";
import { grantsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Purchase, Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type ApproveRequestParameters = {
  contracts: Contracts;
  listingId: bigint;
  version: number;
  buyer: Address;
  /** Of the agreement's text, as in the listing's terms. */
  termsHash: Hex;
  /** Manager, deadline, and the manager's signature over the Approval. */
  approval: Purchase["approval"];
};

export type ApproveRequestReturnType = Sent & {
  /** Unix seconds; the last moment of a purchase. */
  deadline: number;
};

export type ApproveRequestErrorType = ContractError;

/**
 * Publishes a manager's signed approval where the buyer finds it. Anyone may send it.
 *
 * @throws ContractError named as in IGrants
 * @example
 * const message = { listingId, version, buyer, termsHash, deadline };
 * const signature = await signTypedData(manager, signable(grantsDomain({ chainId, grants }), "Approval", message));
 * const approval = { manager: manager.account.address, deadline, signature };
 * await approveRequest(manager, { contracts, listingId, version, buyer, termsHash, approval });
 */
export async function approveRequest(
  client: WriteClient,
  parameters: ApproveRequestParameters,
): Promise<ApproveRequestReturnType> {
  const { contracts, listingId, version, buyer, termsHash, approval } = parameters;
  const { hash, receipt } = await write(client, {
    abi: grantsAbi,
    address: contracts.Grants,
    functionName: "approveRequest",
    args: [listingId, version, buyer, termsHash, approval],
  });
  const event = eventOf(receipt, contracts, "Grants", "RequestApproved");
  return { hash, receipt, deadline: event.deadline };
}
