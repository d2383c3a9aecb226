"use client";

import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useConfigState } from "@/features/shell/ConfigProvider.tsx";
import { indexerGet, type ListingItem, type Page } from "@/lib/indexer.ts";
import { fetchHeads } from "@/lib/relays.ts";
import { type Filters, listingsPath } from "./filters.ts";

/** Often enough that "3 s ago" stays true, rarely enough that an open tab costs nothing. */
const HEADS_EVERY_MS = 5_000;

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
    getNextPageParam: (page: Page<ListingItem>) => page.next ?? undefined,
    queryFn: ({ signal, pageParam }) =>
      indexerGet<Page<ListingItem>>(config?.indexers ?? [], listingsPath(filters, pageParam), signal),
  });
}
