"use client";

import { useQuery } from "@tanstack/react-query";
import type { Address } from "viem";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import type { WeirConfig } from "@/lib/config.ts";
import { indexerGet, type Page } from "@/lib/indexer.ts";

export interface RelayChoice {
  operator: Address;
  endpoints: string[];
  /** How many listings it carries; undefined = not known here. */
  listings: number | undefined;
}

interface RelayItem {
  operator: Address;
  endpoints: string[];
  deregisteredAt: number | null;
  listings: string[];
}

const fromConfig = (config: WeirConfig): RelayChoice[] =>
  config.relays.map(({ operator, http }) => ({ operator, endpoints: [http], listings: undefined }));

/** Relays in the registry; where no indexer can say, those of this installation's settings. */
export function useRelays() {
  const config = useWeirConfig();
  return useQuery({
    queryKey: ["sell", "relays"],
    queryFn: async ({ signal }): Promise<RelayChoice[]> => {
      const answer = await indexerGet<Page<RelayItem>>(config.indexers, "/v1/relays?limit=100", signal).catch(
        () => undefined,
      );
      const registered = (answer?.items ?? [])
        .filter((relay) => !relay.deregisteredAt)
        .map(({ operator, endpoints, listings }) => ({
          operator,
          endpoints: endpoints ?? [],
          listings: listings?.length,
        }));
      const named = new Set(registered.map(({ operator }) => operator.toLowerCase()));
      return [
        ...registered,
        ...fromConfig(config).filter(({ operator }) => !named.has(operator.toLowerCase())),
      ];
    },
  });
}
