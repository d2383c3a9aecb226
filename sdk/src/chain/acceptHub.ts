import { hubsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type AcceptHubParameters = {
  contracts: Contracts;
  hubId: bigint;
};

export type AcceptHubReturnType = Sent;

export type AcceptHubErrorType = ContractError;

/**
 * Takes over a hub that was offered to the client's account. All roles in it end.
 *
 * @throws ContractError named as in IHubs
 * @example
 * await acceptHub(newOwner, { contracts, hubId: 1n });
 */
export async function acceptHub(
  client: WriteClient,
  parameters: AcceptHubParameters,
): Promise<AcceptHubReturnType> {
  const { contracts, hubId } = parameters;
  const { hash, receipt } = await write(client, {
    abi: hubsAbi,
    address: contracts.Hubs,
    functionName: "acceptHub",
    args: [hubId],
  });
  return { hash, receipt };
}
