"use client";

import { useQuery } from "@tanstack/react-query";
import { getListing, getListingIds } from "@weir/sdk/chain";
import type { ListingTerms } from "@weir/sdk/core";
import { useConfig } from "wagmi";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import type { ListingDetail } from "@/lib/indexer.ts";
import { publicClientOf } from "@/lib/wagmi.ts";
import type { HubDetail } from "../useHub.ts";
import { detailOf } from "./detail.ts";

const LISTINGS_EVERY_MS = 8_000;

export interface MyListing {
  id: string;
  listingId: bigint;
  version: number;
  state: ListingDetail["state"];
  /** Unix seconds; 0 = open. */
  closedAt: number;
  /** Native coin in wei. */
  bond: bigint;
  terms: ListingTerms;
  metadata: string;
  detail: ListingDetail;
}

/** The hub's listings as the chain has them, newest first: unlisted ones too, which no index shows. */
export function useMyListings(hub: HubDetail) {
  const config = useWeirConfig();
  const wagmi = useConfig();
  return useQuery({
    queryKey: ["sell", "listings", hub.id],
    refetchInterval: LISTINGS_EVERY_MS,
    queryFn: async (): Promise<MyListing[]> => {
      const reader = publicClientOf(wagmi, config);
      const { contracts } = config;
      const ids = await getListingIds(reader, { contracts, hubId: hub.hubId });
      const found = await Promise.all(ids.map((listingId) => getListing(reader, { contracts, listingId })));
      return found.toReversed().map(({ listingId, version, terms, metadata, state: now }) => {
        const state = now.closedAt !== 0 ? "closed" : now.paused ? "paused" : "open";
        const { id, name, owner } = hub;
        const detail = detailOf({
          hub: { id, name, owner },
          id: String(listingId),
          version,
          state,
          terms,
          metadataText: metadata,
          at: Math.floor(Date.now() / 1_000),
        });
        return {
          id: detail.id,
          listingId,
          version,
          state,
          closedAt: now.closedAt,
          bond: now.bond,
          terms,
          metadata,
          detail,
        };
      });
    },
  });
}
