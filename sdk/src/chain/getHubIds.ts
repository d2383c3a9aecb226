import { type Address, isAddressEqual } from "viem";
import { hubsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventsOf, inBatches } from "./history.ts";
import { read } from "./read.ts";
import type { ReadClient } from "./types.ts";

export type GetHubIdsParameters = { contracts: Contracts; account: Address; fromBlock?: bigint | undefined };

/** In order of the hubs' creation. */
export type GetHubIdsReturnType = bigint[];

export type GetHubIdsErrorType = ContractError;

/**
 * The hubs in which an account is somebody now: owner, named as the next owner, or holder of a role.
 *
 * @throws ContractError
 * @example
 * const mine = await getHubIds(client, { contracts, account });
 */
export async function getHubIds(
  client: ReadClient,
  { contracts, account, fromBlock }: GetHubIdsParameters,
): Promise<GetHubIdsReturnType> {
  const from = { contracts, contract: "Hubs", fromBlock } as const;
  const lists = await Promise.all([
    eventsOf(client, { ...from, eventName: "HubCreated", args: { owner: account } }),
    eventsOf(client, { ...from, eventName: "HubTransferStarted", args: { pendingOwner: account } }),
    eventsOf(client, { ...from, eventName: "RolesSet", args: { account } }),
  ]);
  const named = new Set(lists.flatMap((events) => events.map(({ args }) => args.hubId)));
  const ids = [...named].sort((a, b) => (a < b ? -1 : 1));
  const mine = await inBatches(ids, async (hubId) => {
    const call = { abi: hubsAbi, address: contracts.Hubs } as const;
    const [roles, hub] = await Promise.all([
      read(client, { ...call, functionName: "rolesOf", args: [hubId, account] }),
      read(client, { ...call, functionName: "hub", args: [hubId] }),
    ]);
    return roles !== 0 || isAddressEqual(hub.pendingOwner, account);
  });
  return ids.filter((_, i) => mine[i]);
}
