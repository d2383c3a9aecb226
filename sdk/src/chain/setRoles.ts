import type { Address } from "viem";
import { hubsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type SetRolesParameters = {
  contracts: Contracts;
  hubId: bigint;
  account: Address;
  /** The whole bitmap. */
  roles: number;
};

export type SetRolesReturnType = Sent;

export type SetRolesErrorType = ContractError;

/**
 * Replaces an account's roles in a hub: MANAGER 2, TREASURER 4, PUBLISHER 8; 0 takes everything away. The owner alone may do it.
 *
 * @throws ContractError named as in IHubs
 * @example
 * await setRoles(owner, { contracts, hubId: 1n, account: manager, roles: 2 });
 */
export async function setRoles(
  client: WriteClient,
  parameters: SetRolesParameters,
): Promise<SetRolesReturnType> {
  const { contracts, hubId, account, roles } = parameters;
  const { hash, receipt } = await write(client, {
    abi: hubsAbi,
    address: contracts.Hubs,
    functionName: "setRoles",
    args: [hubId, account, roles],
  });
  return { hash, receipt };
}
