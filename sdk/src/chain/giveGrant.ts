import type { Address, Hex } from "viem";
import { grantsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type GiveGrantParameters = {
  contracts: Contracts;
  listingId: bigint;
  buyer: Address;
  /** Bitmap: READ 1, HISTORY 2, WRITE 4. */
  rights: number;
  /** Unix seconds. */
  notBefore: number;
  /** Unix seconds. */
  notAfter: number;
  /** The seller's choice, new for listing and buyer; 32 bytes. */
  nonce: Hex;
  /** The buyer's X25519 key. */
  encryptionKey: Hex;
};

export type GiveGrantReturnType = Sent & {
  grantId: Hex;
};

export type GiveGrantErrorType = ContractError;

/**
 * Gives access without payment. The client's account must be MANAGER or owner of the listing's hub.
 *
 * @throws ContractError named as in IGrants
 * @example
 * const { grantId } = await giveGrant(manager, {
 *   contracts, listingId: 7n, buyer, rights: 1, notBefore: 0, notAfter: now + 86_400, nonce, encryptionKey,
 * });
 */
export async function giveGrant(
  client: WriteClient,
  parameters: GiveGrantParameters,
): Promise<GiveGrantReturnType> {
  const { contracts, listingId, buyer, rights, notBefore, notAfter, nonce, encryptionKey } = parameters;
  const { hash, receipt } = await write(client, {
    abi: grantsAbi,
    address: contracts.Grants,
    functionName: "giveGrant",
    args: [listingId, buyer, rights, notBefore, notAfter, nonce, encryptionKey],
  });
  const event = eventOf(receipt, contracts, "Grants", "GrantGiven");
  return { hash, receipt, grantId: event.grantId };
}
