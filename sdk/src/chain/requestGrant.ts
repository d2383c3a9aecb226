import type { Address, Hex } from "viem";
import { grantsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type RequestGrantParameters = {
  contracts: Contracts;
  listingId: bigint;
  /** The newest one. */
  version: number;
  /** Sealed to the hub's X25519 key; at most 4,096 bytes. */
  note: Hex;
};

export type RequestGrantReturnType = Sent & {
  buyer: Address;
};

export type RequestGrantErrorType = ContractError;

/**
 * Asks the seller of a restricted listing for an approval. Nothing is paid or held.
 *
 * @throws ContractError named as in IGrants
 * @example
 * await requestGrant(buyer, { contracts, listingId: 7n, version: 1, note: sealedNote });
 */
export async function requestGrant(
  client: WriteClient,
  parameters: RequestGrantParameters,
): Promise<RequestGrantReturnType> {
  const { contracts, listingId, version, note } = parameters;
  const { hash, receipt } = await write(client, {
    abi: grantsAbi,
    address: contracts.Grants,
    functionName: "requestGrant",
    args: [listingId, version, note],
  });
  const event = eventOf(receipt, contracts, "Grants", "GrantRequested");
  return { hash, receipt, buyer: event.buyer };
}
