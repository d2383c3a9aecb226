import { hubsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { inBatches } from "./history.ts";
import { read } from "./read.ts";
import type { PublisherKeyState, ReadClient } from "./types.ts";

export type GetPublisherKeysParameters = { contracts: Contracts; hubId: bigint };

/** Every key ever registered, by keyId; `revokedAt` is 0 while it is valid. */
export type GetPublisherKeysReturnType = (PublisherKeyState & { keyId: number })[];

export type GetPublisherKeysErrorType = ContractError;

/**
 * The P-256 keys that sign a hub's segments, revoked ones included (they are evidence).
 *
 * @throws ContractError `HubUnknown`, or a transport error's name
 * @example
 * const keys = await getPublisherKeys(client, { contracts, hubId: 1n });
 * const valid = keys.filter((key) => key.revokedAt === 0);
 */
export async function getPublisherKeys(
  client: ReadClient,
  { contracts, hubId }: GetPublisherKeysParameters,
): Promise<GetPublisherKeysReturnType> {
  const address = contracts.Hubs;
  const { keyCount } = await read(client, { abi: hubsAbi, address, functionName: "hub", args: [hubId] });
  const keyIds = Array.from({ length: keyCount }, (_, keyId) => keyId);
  return inBatches(keyIds, async (keyId) => {
    const key = await read(client, {
      abi: hubsAbi,
      address,
      functionName: "publisherKey",
      args: [hubId, keyId],
    });
    return { ...key, keyId };
  });
}
