"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import type { Address, Hex } from "viem";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { indexerGet, type Page } from "@/lib/indexer.ts";

const PAGE_SIZE = 25;
const EVERY_MS = 5_000;

/** One event that names the account or that it sent. */
export interface HistoryItem {
  id: string;
  name: string;
  contract: string;
  listingId: string | null;
  listing: { title: string } | null;
  hubId: string | null;
  grantId: Hex | null;
  /** Smallest unit of `token`; without one it is no amount of money that the event names. */
  amount: string | null;
  token: Address | null;
  transactionHash: Hex;
  createdAt: number;
}

export function useHistory(account: Address) {
  const config = useWeirConfig();
  return useInfiniteQuery({
    queryKey: ["activity", account],
    initialPageParam: "",
    refetchInterval: EVERY_MS,
    queryFn: ({ pageParam, signal }) => {
      const cursor = pageParam === "" ? "" : `&cursor=${pageParam}`;
      const path = `/v1/accounts/${account}/activity?limit=${PAGE_SIZE}${cursor}`;
      return indexerGet<Page<HistoryItem>>(config.indexers, path, signal);
    },
    getNextPageParam: (last) => last.next ?? undefined,
  });
}
