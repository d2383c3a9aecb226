import type { Address } from "viem";
import { listingsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { read } from "./read.ts";
import type { ReadClient } from "./types.ts";

export type GetOwedBondParameters = { contracts: Contracts; holder: Address };

/** Native coin in wei. */
export type GetOwedBondReturnType = bigint;

export type GetOwedBondErrorType = ContractError;

/**
 * What a holder can `pullBond`.
 *
 * @throws ContractError
 * @example
 * const owed = await getOwedBond(client, { contracts, holder });
 */
export async function getOwedBond(
  client: ReadClient,
  { contracts, holder }: GetOwedBondParameters,
): Promise<GetOwedBondReturnType> {
  return read(client, {
    abi: listingsAbi,
    address: contracts.Listings,
    functionName: "owed",
    args: [holder],
  });
}
