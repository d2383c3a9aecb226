"use client";

import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import type { Address } from "viem";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { indexerGet, type Page, type PurchaseItem } from "@/lib/indexer.ts";

/** Channels move by themselves (claims, closes): look again while somebody looks at them. */
const PURCHASES_EVERY_MS = 3_000;
const PAGE_SIZE = 50;
/** Of one listing: a buyer with more of them names the one he means. */
const OF_LISTING = 100;

/**
 * What an account bought, or what it was given: apart, because a seller gives without being asked, and as often as he likes. So no list is
 * ever complete; what is not in its first page is in a later one.
 */
export function usePurchases(address: Address | undefined, given: boolean) {
  const config = useWeirConfig();
  return useInfiniteQuery({
    queryKey: ["purchases", address, { given }],
    enabled: address !== undefined,
    initialPageParam: "",
    refetchInterval: PURCHASES_EVERY_MS,
    queryFn: ({ pageParam, signal }) => {
      const cursor = pageParam === "" ? "" : `&cursor=${pageParam}`;
      const path = `/v1/accounts/${address}/purchases?given=${given}&limit=${PAGE_SIZE}${cursor}`;
      return indexerGet<Page<PurchaseItem>>(config.indexers, path, signal);
    },
    getNextPageParam: (last) => last.next ?? undefined,
  });
}

/** The account's purchases of one listing that a page may open, newest first: the grant that is named, or else what was bought. */
export function usePurchasesOf(address: Address | undefined, listingId: string, grant: string | null) {
  const config = useWeirConfig();
  return useQuery({
    queryKey: ["purchases", address, { listingId, grant }],
    enabled: address !== undefined,
    refetchInterval: PURCHASES_EVERY_MS,
    queryFn: async ({ signal }) => {
      const which = grant === null ? `given=false&limit=${OF_LISTING}` : `grant=${encodeURIComponent(grant)}`;
      const path = `/v1/accounts/${address}/purchases?listing=${listingId}&${which}`;
      return (await indexerGet<Page<PurchaseItem>>(config.indexers, path, signal)).items;
    },
  });
}
