/**
 * What relays say of the listings, checked: a head counts only under the signature of a key of the listing's hub. Fetched and checked
 * after the page is there, and small: WebCrypto does the work.
 */
import { checkHead } from "@weir/sdk/core/head";
import type { Hex } from "viem";
import type { WeirConfig } from "./config.ts";
import { indexerGet } from "./indexer.ts";
import { type Head, type Heads, newestHeads } from "./liveness.ts";
import { fetchHeads } from "./relays.ts";

/** One of a hub's keys, as the indexer shows it. Unix seconds; `revokedAt` is 0 or null while it signs. */
export interface HubKey {
  keyId: number;
  x: Hex;
  y: Hex;
  revokedAt: number | null;
}

/** A listing whose heads are wanted. */
export type Watched = { id: string; hubId: string };

export async function loadHeads(p: {
  config: WeirConfig;
  listings: readonly Watched[];
  /** The keys of a hub; whoever calls keeps them. */
  keysOf: (hubId: string) => Promise<readonly HubKey[]>;
  signal?: AbortSignal | undefined;
}): Promise<Heads> {
  const { config, listings, keysOf, signal } = p;
  const { lists } = await fetchHeads(config.relays, signal);
  const doubtful = new Set<string>();
  const delivery = {
    chainId: config.chainId,
    hubs: config.contracts.Hubs,
    grants: config.contracts.Grants,
    channels: config.contracts.Channels,
  };
  async function checked({ id, hubId }: Watched, item: unknown): Promise<Head | undefined> {
    try {
      const keys = await keysOf(hubId);
      const { sealedAtMs, headAtMs } = await checkHead({
        delivery,
        listingId: BigInt(id),
        keyOf: (keyId, atMs) =>
          keys.find((key) => key.keyId === keyId && !(key.revokedAt && key.revokedAt * 1_000 <= atMs)),
        item,
      });
      return { listingId: id, sealedAtMs, headAtMs };
    } catch (cause) {
      if (signal?.aborted) throw cause;
      doubtful.add(id);
      return undefined;
    }
  }
  const wanted = new Map(listings.map((listing) => [listing.id, listing]));
  const sound = await Promise.all(
    lists.map(async (list) => {
      const found = list.map((item) => {
        const listing = wanted.get(String(item?.listingId));
        return listing ? checked(listing, item) : undefined;
      });
      return (await Promise.all(found)).filter((head) => head !== undefined);
    }),
  );
  return { byListing: newestHeads(sound), doubtful, answered: lists.length };
}

/** A hub's keys from the indexer, which also says what the hub is called and what its listings cost. */
export const hubKeys = async (
  config: WeirConfig,
  hubId: string,
  signal?: AbortSignal,
): Promise<readonly HubKey[]> =>
  (await indexerGet<{ publisherKeys: HubKey[] }>(config.indexers, `/v1/hubs/${hubId}`, signal)).publisherKeys;
