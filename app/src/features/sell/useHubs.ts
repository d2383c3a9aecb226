"use client";

import { useQuery } from "@tanstack/react-query";
import { getHub, getHubIds } from "@weir/sdk/chain";
import { type Address, isAddressEqual, type PublicClient } from "viem";
import { useConfig, useConnection } from "wagmi";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import type { WeirConfig } from "@/lib/config.ts";
import { indexerGet, type Page } from "@/lib/indexer.ts";
import { publicClientOf } from "@/lib/wagmi.ts";
import { nameOf } from "./hubName.ts";

const HUBS_EVERY_MS = 4_000;

export interface MyHub {
  id: string;
  name: string;
  /** Named as the next owner; nothing is theirs before they accept. */
  offered: boolean;
}

interface HubItem {
  id: string;
  name: string;
  pendingOwner: Address | null;
}

async function fromIndexer(config: WeirConfig, account: Address, signal: AbortSignal): Promise<MyHub[]> {
  const ask = (role: "member" | "pendingOwner") =>
    indexerGet<Page<HubItem>>(config.indexers, `/v1/hubs?${role}=${account}&limit=100`, signal);
  const [mine, offers] = await Promise.all([ask("member"), ask("pendingOwner")]);
  const found = new Map([...offers.items, ...mine.items].map((hub) => [hub.id, hub]));
  return [...found.values()].map(({ id, name, pendingOwner }) => ({
    id,
    name,
    offered: pendingOwner !== null && isAddressEqual(pendingOwner, account),
  }));
}

async function fromChain(config: WeirConfig, reader: PublicClient, account: Address): Promise<MyHub[]> {
  const { contracts } = config;
  const ids = await getHubIds(reader, { contracts, account });
  return Promise.all(
    ids.map(async (hubId) => {
      const { metadata, pendingOwner } = await getHub(reader, { contracts, hubId });
      return { id: String(hubId), name: nameOf(metadata), offered: isAddressEqual(pendingOwner, account) };
    }),
  );
}

/** The hubs in which the connected account is somebody; from the indexer, and where none answers from the chain itself. */
export function useHubs() {
  const config = useWeirConfig();
  const wagmi = useConfig();
  const { address } = useConnection();
  return useQuery({
    queryKey: ["sell", "hubs", address],
    enabled: address !== undefined,
    refetchInterval: HUBS_EVERY_MS,
    queryFn: async ({ signal }) => {
      const account = address as Address;
      const reader = publicClientOf(wagmi, config);
      const found = await fromIndexer(config, account, signal).catch(() =>
        fromChain(config, reader, account),
      );
      return found.toSorted((a, b) => (BigInt(a.id) < BigInt(b.id) ? -1 : 1));
    },
  });
}
