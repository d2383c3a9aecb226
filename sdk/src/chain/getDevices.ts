import type { Hex } from "viem";
import { hubsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventsOf, inBatches } from "./history.ts";
import { read } from "./read.ts";
import type { DeviceState, ReadClient } from "./types.ts";

export type GetDevicesParameters = { contracts: Contracts; hubId: bigint; fromBlock?: bigint | undefined };

/** Every device ever registered, in order of its first registration; `revokedAt` is 0 while it is valid. */
export type GetDevicesReturnType = (DeviceState & { name: string; nameHash: Hex; metadata: string })[];

export type GetDevicesErrorType = ContractError;

/**
 * A hub's devices as they stand, with names and metadata.
 *
 * @throws ContractError
 * @example
 * const devices = await getDevices(client, { contracts, hubId: 1n });
 * const live = devices.filter((device) => device.revokedAt === 0).map((device) => device.name);
 */
export async function getDevices(
  client: ReadClient,
  { contracts, hubId, fromBlock }: GetDevicesParameters,
): Promise<GetDevicesReturnType> {
  const query = {
    contracts,
    contract: "Hubs",
    eventName: "DeviceRegistered",
    args: { hubId },
    fromBlock,
  } as const;
  // A revoked name may be registered again, with other metadata: the last event counts, in the first one's place.
  const named = new Map((await eventsOf(client, query)).map(({ args }) => [args.nameHash, args]));
  return inBatches([...named.values()], async ({ name, nameHash, metadata }) => {
    const args = [hubId, nameHash] as const;
    const device = await read(client, {
      abi: hubsAbi,
      address: contracts.Hubs,
      functionName: "device",
      args,
    });
    return { ...device, name, nameHash, metadata };
  });
}
