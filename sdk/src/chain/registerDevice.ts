import { type Hex, zeroHash } from "viem";
import { hubsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { P256Key, Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

/** What the contract takes as "no key". */
const NO_KEY: P256Key = { x: zeroHash, y: zeroHash };

export type RegisterDeviceParameters = {
  contracts: Contracts;
  hubId: bigint;
  /** 1 to 64 characters of `A-Z a-z 0-9 . _ -`. */
  name: string;
  /** P-256; none by default. */
  publicKey?: P256Key | undefined;
  /** JSON-LD text, at most 8,192 bytes; empty by default. */
  metadata?: string | undefined;
};

export type RegisterDeviceReturnType = Sent & {
  /** keccak256 of the name. */
  nameHash: Hex;
};

export type RegisterDeviceErrorType = ContractError;

/**
 * Registers a device of a hub. Without a key it has only a password at the gateway.
 *
 * @throws ContractError named as in IHubs
 * @example
 * const { nameHash } = await registerDevice(manager, { contracts, hubId: 1n, name: "buoy-7" });
 */
export async function registerDevice(
  client: WriteClient,
  parameters: RegisterDeviceParameters,
): Promise<RegisterDeviceReturnType> {
  const { contracts, hubId, name, publicKey, metadata } = parameters;
  const { hash, receipt } = await write(client, {
    abi: hubsAbi,
    address: contracts.Hubs,
    functionName: "registerDevice",
    args: [hubId, name, publicKey ?? NO_KEY, metadata ?? ""],
  });
  const event = eventOf(receipt, contracts, "Hubs", "DeviceRegistered");
  return { hash, receipt, nameHash: event.nameHash };
}
