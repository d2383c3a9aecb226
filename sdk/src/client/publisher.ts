// The keys that sign a hub's segments, as a running feed learns them: a seller may change them while it is read.
import { type Contracts, getPublisherKeys, type ReadClient } from "../chain/index.ts";
import type { ExportPurchase, PublicKey } from "../core/index.ts";

/**
 * Reads a hub's publisher keys, revoked ones included, and adds to `named` those that it lacks: an export's first line names all keys that
 * sign what follows.
 *
 * @throws ContractError
 */
export async function readPublisherKeys(
  client: ReadClient,
  p: { contracts: Contracts; hubId: bigint },
  named: ExportPurchase["publisherKeys"][number][] = [],
): Promise<ReadonlyMap<number, PublicKey>> {
  const keys = await getPublisherKeys(client, p);
  for (const { keyId, x, y } of keys)
    if (!named.some((key) => key.keyId === keyId)) named.push({ keyId, x, y });
  return new Map(keys.map(({ keyId, x, y }) => [keyId, { x, y }]));
}
