"use client";

import { useQuery } from "@tanstack/react-query";
import { type IndexerStatus, indexerGet } from "@/lib/indexer.ts";
import { useConfigState } from "./ConfigProvider.tsx";

/** How far the indexer has read; asked rarely, it is a footnote. */
const STATUS_EVERY_MS = 15_000;

export function useStatus() {
  const { config } = useConfigState();
  return useQuery({
    queryKey: ["status"],
    enabled: config !== undefined,
    refetchInterval: STATUS_EVERY_MS,
    queryFn: ({ signal }) => indexerGet<IndexerStatus>(config?.indexers ?? [], "/v1/status", signal),
  });
}
