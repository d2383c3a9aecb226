import { anchorsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { read } from "./read.ts";
import type { AnchorHeadState, ReadClient } from "./types.ts";

export type GetAnchorHeadParameters = { contracts: Contracts; listingId: bigint; generation: number };

export type GetAnchorHeadReturnType = AnchorHeadState;

export type GetAnchorHeadErrorType = ContractError;

/**
 * Where the next run of a generation begins, and where the newest one began (its root is the next `previousRoot`).
 *
 * @throws ContractError
 * @example
 * const { nextSeq, lastFirstSeq } = await getAnchorHead(client, { contracts, listingId: 7n, generation: 0 });
 */
export async function getAnchorHead(
  client: ReadClient,
  { contracts, listingId, generation }: GetAnchorHeadParameters,
): Promise<GetAnchorHeadReturnType> {
  return read(client, {
    abi: anchorsAbi,
    address: contracts.Anchors,
    functionName: "headOf",
    args: [listingId, generation],
  });
}
