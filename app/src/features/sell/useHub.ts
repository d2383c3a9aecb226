"use client";

import { useQuery } from "@tanstack/react-query";
import { getDevices, getHub, getMembers, getPublisherKeys, getRoles } from "@weir/sdk/chain";
import type { Address } from "viem";
import { useConfig, useConnection } from "wagmi";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { publicClientOf } from "@/lib/wagmi.ts";
import { hubWords } from "./hubName.ts";

const HUB_EVERY_MS = 6_000;

/** One hub as the chain has it now: what was just signed is there at once, however far the indexer has read. */
export function useHub(id: string | undefined) {
  const config = useWeirConfig();
  const wagmi = useConfig();
  const { address } = useConnection();
  return useQuery({
    queryKey: ["sell", "hub", id, address],
    enabled: id !== undefined && id !== "new" && address !== undefined,
    refetchInterval: HUB_EVERY_MS,
    queryFn: async () => {
      const reader = publicClientOf(wagmi, config);
      const of = { contracts: config.contracts, hubId: BigInt(id as string) };
      const [hub, members, keys, devices, mine] = await Promise.all([
        getHub(reader, of),
        getMembers(reader, of),
        getPublisherKeys(reader, of),
        getDevices(reader, of),
        getRoles(reader, { ...of, account: address as Address }),
      ]);
      return {
        ...hub,
        ...hubWords(hub.metadata),
        id: id as string,
        hubId: of.hubId,
        members,
        keys,
        devices,
        mine,
      };
    },
  });
}

export type HubDetail = NonNullable<ReturnType<typeof useHub>["data"]>;
