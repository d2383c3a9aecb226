import type { Address } from "viem";
import { hubsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type SetPayoutParameters = {
  contracts: Contracts;
  hubId: bigint;
  payout: Address;
};

export type SetPayoutReturnType = Sent;

export type SetPayoutErrorType = ContractError;

/**
 * Changes where a hub's future purchases are paid to. Its listings state their payee, so each must be revised before it sells again.
 *
 * @throws ContractError named as in IHubs
 * @example
 * await setPayout(owner, { contracts, hubId: 1n, payout });
 */
export async function setPayout(
  client: WriteClient,
  parameters: SetPayoutParameters,
): Promise<SetPayoutReturnType> {
  const { contracts, hubId, payout } = parameters;
  const { hash, receipt } = await write(client, {
    abi: hubsAbi,
    address: contracts.Hubs,
    functionName: "setPayout",
    args: [hubId, payout],
  });
  return { hash, receipt };
}
