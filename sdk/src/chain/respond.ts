import type { Address } from "viem";
import { ratingsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type RespondParameters = {
  contracts: Contracts;
  listingId: bigint;
  buyer: Address;
  revision: number;
  /** At most 1,024 bytes. */
  text: string;
};

export type RespondReturnType = Sent;

export type RespondErrorType = ContractError;

/**
 * Answers one revision of a buyer's rating, once. The client's account is MANAGER or owner of the listing's hub.
 *
 * @throws ContractError named as in IRatings
 * @example
 * await respond(manager, { contracts, listingId: 7n, buyer, revision: 1, text: "Thank you." });
 */
export async function respond(
  client: WriteClient,
  parameters: RespondParameters,
): Promise<RespondReturnType> {
  const { contracts, listingId, buyer, revision, text } = parameters;
  const { hash, receipt } = await write(client, {
    abi: ratingsAbi,
    address: contracts.Ratings,
    functionName: "respond",
    args: [listingId, buyer, revision, text],
  });
  return { hash, receipt };
}
