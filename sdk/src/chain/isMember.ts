import type { Hex } from "viem";
import { anchorsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { read } from "./read.ts";
import type { ReadClient } from "./types.ts";

export type IsMemberParameters = {
  contracts: Contracts;
  listingId: bigint;
  generation: number;
  firstSeq: bigint;
  seq: bigint;
  segmentId: Hex;
  /** As core's `merkleSiblings` gives them for leaf `seq - firstSeq`. */
  siblings: readonly Hex[];
};

export type IsMemberReturnType = boolean;

export type IsMemberErrorType = ContractError;

/**
 * Whether a segment is the one that the run beginning at `firstSeq` anchors for `seq`. If so, no other id is.
 *
 * @throws ContractError
 * @example
 * const anchored = await isMember(client, {
 *   contracts, listingId: 7n, generation: 0, firstSeq: 0n, seq: 12n, segmentId, siblings,
 * });
 */
export async function isMember(
  client: ReadClient,
  { contracts, listingId, generation, firstSeq, seq, segmentId, siblings }: IsMemberParameters,
): Promise<IsMemberReturnType> {
  return read(client, {
    abi: anchorsAbi,
    address: contracts.Anchors,
    functionName: "isMember",
    args: [listingId, generation, firstSeq, seq, segmentId, siblings],
  });
}
