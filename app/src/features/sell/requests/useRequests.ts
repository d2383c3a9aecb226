"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import type { Address, Hex } from "viem";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { indexerGet, type Page } from "@/lib/indexer.ts";

const REQUESTS_EVERY_MS = 3_000;

export type RequestState = "open" | "approved" | "declined";

export interface RequestItem {
  requestId: string;
  listingId: string;
  buyer: Address;
  /** Sealed. */
  note: Hex;
  state: RequestState;
  reason: string | null;
  createdAt: number;
  approval: { manager: Address; deadline: number } | null;
}

/** Who asks to be let in. The chain keeps no list; the indexer does. */
export function useRequests(hubId: string, state: RequestState) {
  const config = useWeirConfig();
  return useInfiniteQuery({
    queryKey: ["sell", "requests", hubId, state],
    initialPageParam: "",
    refetchInterval: REQUESTS_EVERY_MS,
    getNextPageParam: (page: Page<RequestItem>) => page.next ?? undefined,
    queryFn: ({ signal, pageParam }) => {
      const query = new URLSearchParams({ state, limit: "50", ...(pageParam ? { cursor: pageParam } : {}) });
      return indexerGet<Page<RequestItem>>(config.indexers, `/v1/hubs/${hubId}/requests?${query}`, signal);
    },
  });
}
