import type { Address } from "viem";
import { hubsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { P256Key, Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type RegisterPublisherKeyParameters = {
  contracts: Contracts;
  hubId: bigint;
  /** The gateway's account: operator of listings. */
  account: Address;
  /** P-256, affine coordinates as 32 bytes each. */
  publicKey: P256Key;
};

export type RegisterPublisherKeyReturnType = Sent & {
  /** Counts per hub from 0; segment headers carry it. */
  keyId: number;
};

export type RegisterPublisherKeyErrorType = ContractError;

/**
 * Registers a P-256 key that signs the hub's segments, and gives `account` PUBLISHER.
 *
 * @throws ContractError named as in IHubs
 * @example
 * const { keyId } = await registerPublisherKey(owner, {
 *   contracts, hubId: 1n, account: gateway.address, publicKey: { x, y },
 * });
 */
export async function registerPublisherKey(
  client: WriteClient,
  parameters: RegisterPublisherKeyParameters,
): Promise<RegisterPublisherKeyReturnType> {
  const { contracts, hubId, account, publicKey } = parameters;
  const { hash, receipt } = await write(client, {
    abi: hubsAbi,
    address: contracts.Hubs,
    functionName: "registerPublisherKey",
    args: [hubId, account, publicKey],
  });
  const event = eventOf(receipt, contracts, "Hubs", "PublisherKeyRegistered");
  return { hash, receipt, keyId: event.keyId };
}
