import { type Hex, stringToHex } from "viem";
import { relaysAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type UpdateRelayParameters = {
  contracts: Contracts;
  /** libp2p peer id, as multihash bytes; 1 to 128. */
  peerId: Hex;
  /** Multiaddrs; 1 to 1,024 bytes together. */
  endpoints: readonly string[];
  /** The cut asked for, in basis points, at most 3,000. Binds nobody. */
  feeBps: number;
  /** Short text of at most 8 bytes, e.g. "eu-west"; may be empty. */
  region: string;
};

export type UpdateRelayReturnType = Sent;

export type UpdateRelayErrorType = ContractError;

/**
 * Describes the client account's relay anew. The stake stays.
 *
 * @throws ContractError named as in IRelays
 * @example
 * await updateRelay(operator, { contracts, peerId, endpoints, feeBps: 400, region: "eu-west" });
 */
export async function updateRelay(
  client: WriteClient,
  parameters: UpdateRelayParameters,
): Promise<UpdateRelayReturnType> {
  const { contracts, peerId, endpoints, feeBps, region } = parameters;
  const { hash, receipt } = await write(client, {
    abi: relaysAbi,
    address: contracts.Relays,
    functionName: "updateRelay",
    args: [peerId, endpoints.join("\n"), feeBps, stringToHex(region, { size: 8 })],
  });
  return { hash, receipt };
}
