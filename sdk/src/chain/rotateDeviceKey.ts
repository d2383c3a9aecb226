import { hubsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { P256Key, Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type RotateDeviceKeyParameters = {
  contracts: Contracts;
  hubId: bigint;
  name: string;
  /** P-256, affine coordinates as 32 bytes each. */
  publicKey: P256Key;
};

export type RotateDeviceKeyReturnType = Sent & {
  /** Unix seconds until which the old key is accepted. */
  previousUntil: number;
};

export type RotateDeviceKeyErrorType = ContractError;

/**
 * Gives a device another key. The one before stays valid for a day.
 *
 * @throws ContractError named as in IHubs
 * @example
 * const { previousUntil } = await rotateDeviceKey(manager, { contracts, hubId: 1n, name: "buoy-7", publicKey: { x, y } });
 */
export async function rotateDeviceKey(
  client: WriteClient,
  parameters: RotateDeviceKeyParameters,
): Promise<RotateDeviceKeyReturnType> {
  const { contracts, hubId, name, publicKey } = parameters;
  const { hash, receipt } = await write(client, {
    abi: hubsAbi,
    address: contracts.Hubs,
    functionName: "rotateDeviceKey",
    args: [hubId, name, publicKey],
  });
  const event = eventOf(receipt, contracts, "Hubs", "DeviceKeyRotated");
  return { hash, receipt, previousUntil: event.previousUntil };
}
