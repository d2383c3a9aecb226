import { hubsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type RevokeDeviceParameters = {
  contracts: Contracts;
  hubId: bigint;
  name: string;
};

export type RevokeDeviceReturnType = Sent;

export type RevokeDeviceErrorType = ContractError;

/**
 * Ends a device at once, with all its keys.
 *
 * @throws ContractError named as in IHubs
 * @example
 * await revokeDevice(manager, { contracts, hubId: 1n, name: "buoy-7" });
 */
export async function revokeDevice(
  client: WriteClient,
  parameters: RevokeDeviceParameters,
): Promise<RevokeDeviceReturnType> {
  const { contracts, hubId, name } = parameters;
  const { hash, receipt } = await write(client, {
    abi: hubsAbi,
    address: contracts.Hubs,
    functionName: "revokeDevice",
    args: [hubId, name],
  });
  return { hash, receipt };
}
