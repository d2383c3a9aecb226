import { anchorsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { read } from "./read.ts";
import type { AnchorState, ReadClient } from "./types.ts";

export type GetAnchorParameters = {
  contracts: Contracts;
  listingId: bigint;
  generation: number;
  firstSeq: bigint;
};

/** All zero if none begins there. */
export type GetAnchorReturnType = AnchorState;

export type GetAnchorErrorType = ContractError;

/**
 * The run of segments that begins at `firstSeq`: root, count, when it was mined.
 *
 * @throws ContractError
 * @example
 * const { root, count } = await getAnchor(client, { contracts, listingId: 7n, generation: 0, firstSeq: 0n });
 */
export async function getAnchor(
  client: ReadClient,
  { contracts, listingId, generation, firstSeq }: GetAnchorParameters,
): Promise<GetAnchorReturnType> {
  return read(client, {
    abi: anchorsAbi,
    address: contracts.Anchors,
    functionName: "anchors",
    args: [listingId, generation, firstSeq],
  });
}
