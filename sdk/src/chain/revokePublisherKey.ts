import { hubsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type RevokePublisherKeyParameters = {
  contracts: Contracts;
  hubId: bigint;
  keyId: number;
};

export type RevokePublisherKeyReturnType = Sent;

export type RevokePublisherKeyErrorType = ContractError;

/**
 * Ends a publisher key. With its last key, the account loses PUBLISHER.
 *
 * @throws ContractError named as in IHubs
 * @example
 * await revokePublisherKey(owner, { contracts, hubId: 1n, keyId: 0 });
 */
export async function revokePublisherKey(
  client: WriteClient,
  parameters: RevokePublisherKeyParameters,
): Promise<RevokePublisherKeyReturnType> {
  const { contracts, hubId, keyId } = parameters;
  const { hash, receipt } = await write(client, {
    abi: hubsAbi,
    address: contracts.Hubs,
    functionName: "revokePublisherKey",
    args: [hubId, keyId],
  });
  return { hash, receipt };
}
