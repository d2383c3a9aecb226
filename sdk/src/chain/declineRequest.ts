import type { Address } from "viem";
import { grantsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type DeclineRequestParameters = {
  contracts: Contracts;
  listingId: bigint;
  buyer: Address;
  /** At most 512 bytes; everybody can read it. */
  reason: string;
};

export type DeclineRequestReturnType = Sent;

export type DeclineRequestErrorType = ContractError;

/**
 * Says no to a buyer. The client's account is MANAGER or owner of the listing's hub.
 *
 * @throws ContractError named as in IGrants
 * @example
 * await declineRequest(manager, { contracts, listingId: 7n, buyer, reason: "No resale." });
 */
export async function declineRequest(
  client: WriteClient,
  parameters: DeclineRequestParameters,
): Promise<DeclineRequestReturnType> {
  const { contracts, listingId, buyer, reason } = parameters;
  const { hash, receipt } = await write(client, {
    abi: grantsAbi,
    address: contracts.Grants,
    functionName: "declineRequest",
    args: [listingId, buyer, reason],
  });
  return { hash, receipt };
}
