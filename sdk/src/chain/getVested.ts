import type { SubscriptionTerms } from "../core/index.ts";
import { subscriptionsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { read } from "./read.ts";
import type { ReadClient } from "./types.ts";

export type GetVestedParameters = {
  contracts: Contracts;
  terms: SubscriptionTerms;
  /** Unix seconds. */
  time: number;
};

/** Smallest token unit. */
export type GetVestedReturnType = bigint;

export type GetVestedErrorType = ContractError;

/**
 * What is due to the payee's side at a time, everything claimed included, if nothing else happens. Core's `vested` works it out
 * without asking.
 *
 * @throws ContractError
 * @example
 * const due = await getVested(client, { contracts, terms, time: Math.floor(Date.now() / 1000) });
 */
export async function getVested(
  client: ReadClient,
  { contracts, terms, time }: GetVestedParameters,
): Promise<GetVestedReturnType> {
  return read(client, {
    abi: subscriptionsAbi,
    address: contracts.Subscriptions,
    functionName: "vested",
    args: [terms, time],
  });
}
