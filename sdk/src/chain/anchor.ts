import { anchorsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import type { AnchorRow, Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type AnchorParameters = {
  contracts: Contracts;
  /** 1 to 64, of any listings and generations; each run follows the one before. */
  rows: readonly AnchorRow[];
};

export type AnchorReturnType = Sent;

export type AnchorErrorType = ContractError;

/**
 * Anchors runs of segments: all rows or none. The client's account is PUBLISHER of each listing's hub.
 *
 * @throws ContractError named as in IAnchors
 * @example
 * const { nextSeq: firstSeq } = await getAnchorHead(client, { contracts, listingId, generation });
 * const root = hex(merkleRoot(crypto, segmentIds));
 * await anchor(gateway, {
 *   contracts, rows: [{ listingId, generation, firstSeq, count: segmentIds.length, root, previousRoot }],
 * });
 */
export async function anchor(client: WriteClient, parameters: AnchorParameters): Promise<AnchorReturnType> {
  const { contracts, rows } = parameters;
  const { hash, receipt } = await write(client, {
    abi: anchorsAbi,
    address: contracts.Anchors,
    functionName: "anchor",
    args: [rows],
  });
  return { hash, receipt };
}
