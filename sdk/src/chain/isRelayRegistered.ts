import type { Address } from "viem";
import { relaysAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { read } from "./read.ts";
import type { ReadClient } from "./types.ts";

export type IsRelayRegisteredParameters = { contracts: Contracts; operator: Address };

export type IsRelayRegisteredReturnType = boolean;

export type IsRelayRegisteredErrorType = ContractError;

/**
 * Whether an operator's relay is on the list. Says nothing about whether it is up.
 *
 * @throws ContractError
 * @example
 * const listed = await isRelayRegistered(client, { contracts, operator });
 */
export async function isRelayRegistered(
  client: ReadClient,
  { contracts, operator }: IsRelayRegisteredParameters,
): Promise<IsRelayRegisteredReturnType> {
  return read(client, {
    abi: relaysAbi,
    address: contracts.Relays,
    functionName: "isRegistered",
    args: [operator],
  });
}
