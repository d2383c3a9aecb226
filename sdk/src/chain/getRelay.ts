import { type Address, hexToString } from "viem";
import { relaysAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { read } from "./read.ts";
import type { ReadClient, RelayState } from "./types.ts";

export type GetRelayParameters = { contracts: Contracts; operator: Address };

/** All zero or empty if there is none; `withdrawableAt` is set if it has left the list. */
export type GetRelayReturnType = Omit<RelayState, "endpoints" | "region"> & {
  endpoints: string[];
  region: string;
};

export type GetRelayErrorType = ContractError;

/**
 * An operator's relay as it stands.
 *
 * @throws ContractError
 * @example
 * const { endpoints, feeBps, region } = await getRelay(client, { contracts, operator });
 */
export async function getRelay(
  client: ReadClient,
  { contracts, operator }: GetRelayParameters,
): Promise<GetRelayReturnType> {
  const found = await read(client, {
    abi: relaysAbi,
    address: contracts.Relays,
    functionName: "relay",
    args: [operator],
  });
  return {
    ...found,
    endpoints: found.endpoints === "" ? [] : found.endpoints.split("\n"),
    region: hexToString(found.region).split("\0")[0]!,
  };
}
