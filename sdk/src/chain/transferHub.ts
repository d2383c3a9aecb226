import type { Address } from "viem";
import { hubsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type TransferHubParameters = {
  contracts: Contracts;
  hubId: bigint;
  newOwner: Address;
};

export type TransferHubReturnType = Sent;

export type TransferHubErrorType = ContractError;

/**
 * Names a hub's next owner, who becomes it by `acceptHub`. The zero address takes an earlier offer back.
 *
 * @throws ContractError named as in IHubs
 * @example
 * await transferHub(owner, { contracts, hubId: 1n, newOwner });
 */
export async function transferHub(
  client: WriteClient,
  parameters: TransferHubParameters,
): Promise<TransferHubReturnType> {
  const { contracts, hubId, newOwner } = parameters;
  const { hash, receipt } = await write(client, {
    abi: hubsAbi,
    address: contracts.Hubs,
    functionName: "transferHub",
    args: [hubId, newOwner],
  });
  return { hash, receipt };
}
