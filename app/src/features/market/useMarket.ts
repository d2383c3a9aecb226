"use client";

import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useConfigState } from "@/features/shell/ConfigProvider.tsx";
import { indexerGet, type ListingItem, type Page } from "@/lib/indexer.ts";
import { fetchHeads } from "@/lib/relays.ts";
import { type Filters, listingsPath } from "./filters.ts";

/** Often enough that "3 s ago" stays true, rarely enough that an open tab costs nothing. */
const HEADS_EVERY_MS = 5_000;

/** New listings appear by themselves; an empty market is looked at more often, it may only just have been started. */
const LISTINGS_EVERY_MS = 15_000;
const EMPTY_EVERY_MS = 1_500;

export function useHeads() {
  const { config } = useConfigState();
  return useQuery({
    queryKey: ["heads"],
    enabled: config !== undefined,
    refetchInterval: HEADS_EVERY_MS,
    queryFn: ({ signal }) => fetchHeads(config?.relays ?? [], signal),
  });
}

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
    queryFn: ({ signal, pageParam }) =>
      indexerGet<Page<ListingItem>>(config?.indexers ?? [], listingsPath(filters, pageParam), signal),
  });
}
