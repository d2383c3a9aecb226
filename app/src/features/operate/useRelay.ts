"use client";

import { useQuery } from "@tanstack/react-query";
import { getOwed, getRelay } from "@weir/sdk/chain";
import { type Address, type Hex, type PublicClient, zeroAddress } from "viem";
import { useConfig } from "wagmi";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import type { WeirConfig } from "@/lib/config.ts";
import { indexerGet, type Page } from "@/lib/indexer.ts";
import { publicClientOf } from "@/lib/wagmi.ts";
import { abis } from "@/lib/weir.ts";

const EVERY_MS = 5_000;

/** A relay as the indexer tells of it. Amounts in the smallest unit, times in unix seconds. */
export interface RelayItem {
  operator: Address;
  peerId: Hex;
  endpoints: string[];
  feeBps: number;
  region: string;
  stake: string;
  registeredAt: number;
  deregisteredAt: number | null;
  listings: string[];
  earned: { token: Address; amount: string }[];
  lastSettlementAt: number | null;
}

export type Escrow = "Channels" | "Subscriptions";
export interface Owed {
  escrow: Escrow;
  token: Address;
  amount: bigint;
}

/** The operator's entry: its terms from the chain, what others made of it from the indexer. */
export function useRelay(operator: Address) {
  const config = useWeirConfig();
  const wagmi = useConfig();
  return useQuery({
    queryKey: ["operate", operator],
    refetchInterval: EVERY_MS,
    queryFn: async ({ signal }) => {
      const reader = publicClientOf(wagmi, config);
      const [entry, rules, found] = await Promise.all([
        getRelay(reader, { contracts: config.contracts, operator }),
        readRules(config, reader),
        known(config, operator, signal),
      ]);
      const owed = await readOwed(config, reader, operator, found?.earned.map(({ token }) => token) ?? []);
      return { entry, rules, found, owed };
    },
  });
}

export type OperatorRelay = NonNullable<ReturnType<typeof useRelay>["data"]>;

/** Undefined for an operator who has never registered, or a moment ago. */
async function known(config: WeirConfig, operator: Address, signal: AbortSignal) {
  const path = `/v1/relays?operator=${operator}`;
  const { items } = await indexerGet<Page<RelayItem>>(config.indexers, path, signal);
  return items[0];
}

async function readRules(config: WeirConfig, reader: PublicClient) {
  const { Relays: abi } = await abis();
  const of = { abi, address: config.contracts.Relays } as const;
  const [minimumStake, unbondingDelay] = await Promise.all([
    reader.readContract({ ...of, functionName: "minimumStake" }),
    reader.readContract({ ...of, functionName: "unbondingDelay" }),
  ]);
  return { minimumStake, unbondingDelay };
}

/** From the chain, so that a balance that was just pulled is gone at once. */
async function readOwed(config: WeirConfig, reader: PublicClient, holder: Address, more: Address[]) {
  const all = [zeroAddress, ...config.tokens.map(({ address }) => address), ...more];
  const tokens = [...new Map(all.map((token) => [token.toLowerCase(), token])).values()];
  const places = tokens.flatMap((token) =>
    (["Channels", "Subscriptions"] as const).map((escrow) => ({ escrow, token })),
  );
  const balances = await Promise.all(
    places.map(async (place): Promise<Owed> => {
      const amount = await getOwed(reader, { contracts: config.contracts, holder, ...place });
      return { ...place, amount };
    }),
  );
  return balances.filter(({ amount }) => amount > 0n);
}
