"use client";

import { useQuery } from "@tanstack/react-query";
import type { Address } from "viem";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { indexerGet, type Page, type PurchaseItem } from "@/lib/indexer.ts";

/** Channels move by themselves (claims, closes): look again while somebody looks at them. */
const PURCHASES_EVERY_MS = 3_000;
const LIMIT = 100;

export function usePurchases(address: Address | undefined) {
  const config = useWeirConfig();
  return useQuery({
    queryKey: ["purchases", address],
    enabled: address !== undefined,
    refetchInterval: PURCHASES_EVERY_MS,
    queryFn: ({ signal }) =>
      indexerGet<Page<PurchaseItem>>(
        config.indexers,
        `/v1/accounts/${address}/purchases?limit=${LIMIT}`,
        signal,
      ),
  });
}
