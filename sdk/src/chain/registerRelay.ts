import { type Hex, stringToHex } from "viem";
import { relaysAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type RegisterRelayParameters = {
  contracts: Contracts;
  /** libp2p peer id, as multihash bytes; 1 to 128. */
  peerId: Hex;
  /** Multiaddrs; 1 to 1,024 bytes together. */
  endpoints: readonly string[];
  /** The cut asked for, in basis points, at most 3,000. Binds nobody. */
  feeBps: number;
  /** Short text of at most 8 bytes, e.g. "eu-west"; may be empty. */
  region: string;
  /** Native coin in wei, at least the minimum. Comes back after `deregisterRelay` and the delay. */
  stake: bigint;
};

export type RegisterRelayReturnType = Sent;

export type RegisterRelayErrorType = ContractError;

/**
 * Registers the client account's relay. The stake keeps the list free of spam and promises nothing else.
 *
 * @throws ContractError named as in IRelays
 * @example
 * await registerRelay(operator, {
 *   contracts, peerId, endpoints: ["/dns4/relay.example/tcp/4001"], feeBps: 500, region: "eu-west", stake: parseEther("1"),
 * });
 */
export async function registerRelay(
  client: WriteClient,
  parameters: RegisterRelayParameters,
): Promise<RegisterRelayReturnType> {
  const { contracts, peerId, endpoints, feeBps, region, stake } = parameters;
  const { hash, receipt } = await write(client, {
    abi: relaysAbi,
    address: contracts.Relays,
    functionName: "registerRelay",
    args: [peerId, endpoints.join("\n"), feeBps, stringToHex(region, { size: 8 })],
    value: stake,
  });
  return { hash, receipt };
}
