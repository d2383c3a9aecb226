import type { Address, Hex } from "viem";
import { hubsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type CreateHubParameters = {
  contracts: Contracts;
  /** JSON-LD text, at most 8,192 bytes. */
  metadata: string;
  /** Where the hub's sales are paid to. */
  payout: Address;
  /** X25519 public key for notes and commands to the hub. */
  encryptionKey: Hex;
};

export type CreateHubReturnType = Sent & {
  /** Counts from 1. */
  hubId: bigint;
};

export type CreateHubErrorType = ContractError;

/**
 * Creates a hub that the client's account owns.
 *
 * @throws ContractError named as in IHubs
 * @example
 * const { hubId } = await createHub(wallet, {
 *   contracts, metadata: JSON.stringify({ "@type": "Organization", name: "Harbour" }), payout, encryptionKey,
 * });
 */
export async function createHub(
  client: WriteClient,
  parameters: CreateHubParameters,
): Promise<CreateHubReturnType> {
  const { contracts, metadata, payout, encryptionKey } = parameters;
  const { hash, receipt } = await write(client, {
    abi: hubsAbi,
    address: contracts.Hubs,
    functionName: "createHub",
    args: [metadata, payout, encryptionKey],
  });
  const event = eventOf(receipt, contracts, "Hubs", "HubCreated");
  return { hash, receipt, hubId: event.hubId };
}
