"use client";

import { useQuery } from "@tanstack/react-query";
import { useConfigState } from "@/features/shell/ConfigProvider.tsx";
import { indexerGet, type ListingDetail } from "@/lib/indexer.ts";

export const isListingId = (id: string | null): id is string => /^\d{1,20}$/.test(id ?? "");

export function useListing(id: string | null) {
  const { config } = useConfigState();
  return useQuery({
    queryKey: ["listing", id],
    enabled: config !== undefined && isListingId(id),
    queryFn: ({ signal }) => indexerGet<ListingDetail>(config?.indexers ?? [], `/v1/listings/${id}`, signal),
  });
}
