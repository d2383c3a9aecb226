import type { Hex } from "viem";
import { encodeTerms, type SubscriptionTerms, type Terms } from "../core/index.ts";
import { ratingsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type RateParameters = {
  contracts: Contracts;
  grantId: Hex;
  /** Of the grant's channel or subscription. */
  terms: Terms | SubscriptionTerms;
  /** As described, in time, communication, no other issues; 1 to 5 each. */
  scores: readonly [number, number, number, number];
  /** At most 1,024 bytes. */
  comment: string;
};

export type RateReturnType = Sent & {
  /** 1 for the first. */
  revision: number;
  /** All that the payment had paid out by now, cuts included. */
  settled: bigint;
  /** What relays and market had of it at most. */
  cuts: bigint;
};

export type RateErrorType = ContractError;

/**
 * Rates the listing of a grant that the client's account has paid for. Rating again appends a revision.
 *
 * @throws ContractError named as in IRatings
 * @example
 * const { revision } = await rate(buyer, { contracts, grantId, terms, scores: [5, 5, 4, 5], comment: "As described." });
 */
export async function rate(client: WriteClient, parameters: RateParameters): Promise<RateReturnType> {
  const { contracts, grantId, terms, scores, comment } = parameters;
  const { hash, receipt } = await write(client, {
    abi: ratingsAbi,
    address: contracts.Ratings,
    functionName: "rate",
    args: [grantId, encodeTerms(terms), scores, comment],
  });
  const event = eventOf(receipt, contracts, "Ratings", "Rated");
  return { hash, receipt, revision: event.revision, settled: event.settled, cuts: event.cuts };
}
