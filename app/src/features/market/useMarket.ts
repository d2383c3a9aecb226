"use client";

import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { useConfigState } from "@/features/shell/ConfigProvider.tsx";
import { arrivedEarly, takeEarly } from "@/lib/early.ts";
import type { Watched } from "@/lib/heads.ts";
import { indexerGet, type ListingItem, type Page } from "@/lib/indexer.ts";
import { type Filters, listingsPath } from "./filters.ts";

/** Often enough that "3 s ago" stays true, rarely enough that an open tab costs nothing. */
const HEADS_EVERY_MS = 5_000;

/** New listings appear by themselves; an empty market is looked at more often, it may only just have been started. */
const LISTINGS_EVERY_MS = 15_000;
const EMPTY_EVERY_MS = 1_500;

/** A hub's keys change when a gateway is replaced, and a new gateway's listings should not look dead for long. */
const KEYS_FRESH_MS = 15_000;

/** The listings' heads, checked. Asked for once there is something to look at, so the listings themselves never wait for it. */
export function useHeads(listings: readonly Watched[]) {
  const { config } = useConfigState();
  const queries = useQueryClient();
  return useQuery({
    queryKey: ["heads", listings.map(({ id }) => id).join()],
    enabled: config !== undefined && listings.length > 0,
    placeholderData: keepPreviousData,
    refetchInterval: HEADS_EVERY_MS,
    queryFn: async ({ signal }) => {
      if (!config) throw new Error("the settings are not there yet");
      const { hubKeys, loadHeads } = await import("@/lib/heads.ts");
      const keysOf = (hubId: string) =>
        queries.fetchQuery({
          queryKey: ["hubKeys", hubId],
          staleTime: KEYS_FRESH_MS,
          queryFn: () => hubKeys(config, hubId),
        });
      return loadHeads({ config, listings, keysOf, signal });
    },
  });
}

/** What the page's head asked for: the first page of all open listings. */
const isFirst = (filters: Filters) => Object.values(filters).every((value) => value === "");

export function useListings(filters: Filters) {
  const { config } = useConfigState();
  return useInfiniteQuery({
    queryKey: ["listings", filters],
    enabled: config !== undefined,
    placeholderData: keepPreviousData,
    initialPageParam: "",
    refetchInterval: ({ state }) =>
      state.data?.pages.some((page) => page.items.length > 0) ? LISTINGS_EVERY_MS : EMPTY_EVERY_MS,
    getNextPageParam: (page: Page<ListingItem>) => page.next ?? undefined,
    initialData: () => {
      const arrived = isFirst(filters) ? arrivedEarly("listings") : undefined;
      return arrived ? { pages: [arrived as Page<ListingItem>], pageParams: [""] } : undefined;
    },
    queryFn: async ({ signal, pageParam }) => {
      const early = isFirst(filters) && pageParam === "" ? await takeEarly("listings") : undefined;
      if (early) return early as Page<ListingItem>;
      return indexerGet<Page<ListingItem>>(config?.indexers ?? [], listingsPath(filters, pageParam), signal);
    },
  });
}
