import { hubsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventsOf } from "./history.ts";
import { read } from "./read.ts";
import type { HubState, ReadClient } from "./types.ts";

export type GetHubParameters = { contracts: Contracts; hubId: bigint; fromBlock?: bigint | undefined };

export type GetHubReturnType = HubState & {
  /** JSON-LD text as its owner wrote it: a stranger's words. */
  metadata: string;
};

export type GetHubErrorType = ContractError;

/**
 * A hub as it stands, with its metadata.
 *
 * @throws ContractError `HubUnknown`, or a transport error's name
 * @example
 * const { owner, payout, metadata } = await getHub(client, { contracts, hubId: 1n });
 */
export async function getHub(client: ReadClient, parameters: GetHubParameters): Promise<GetHubReturnType> {
  const { contracts, hubId, fromBlock } = parameters;
  const [hub, created] = await Promise.all([
    read(client, { abi: hubsAbi, address: contracts.Hubs, functionName: "hub", args: [hubId] }),
    eventsOf(client, { contracts, contract: "Hubs", eventName: "HubCreated", args: { hubId }, fromBlock }),
  ]);
  return { ...hub, metadata: created[0]?.args.metadata ?? "" };
}
