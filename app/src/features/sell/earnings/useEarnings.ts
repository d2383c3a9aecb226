"use client";

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getOwed } from "@weir/sdk/chain";
import { type Address, getAddress } from "viem";
import { useConfig } from "wagmi";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { indexerGet } from "@/lib/indexer.ts";
import { publicClientOf } from "@/lib/wagmi.ts";
import type { HubDetail } from "../useHub.ts";

const EARNINGS_EVERY_MS = 5_000;

export interface EarningItem {
  listingId: string;
  token: Address;
  settled: string;
  relayCuts: string;
  marketCuts: string;
  purchases: number;
}

/** `day` is `YYYY-MM-DD` or a number of seconds: its start, UTC. */
export interface DayItem {
  day: string | number;
  token: Address;
  settled: string;
}

export interface Earnings {
  items: EarningItem[];
  byDay: DayItem[];
}

export function useEarnings(hub: HubDetail) {
  const { indexers } = useWeirConfig();
  return useQuery({
    queryKey: ["sell", "earnings", hub.id],
    refetchInterval: EARNINGS_EVERY_MS,
    queryFn: ({ signal }) => indexerGet<Earnings>(indexers, `/v1/hubs/${hub.id}/earnings`, signal),
  });
}

export const ESCROWS = ["Channels", "Subscriptions"] as const;
export interface Owed {
  escrow: (typeof ESCROWS)[number];
  token: Address;
  amount: bigint;
}

/**
 * What waits for the hub's payout address in the escrows: payouts that were accrued, and pushes that it did not take. In the tokens that
 * this site knows, and in whatever else the hub ever sold in.
 */
export function useOwed(hub: HubDetail) {
  const config = useWeirConfig();
  const wagmi = useConfig();
  const sold = useEarnings(hub).data?.items ?? [];
  const known = config.tokens.map(({ address }) => address);
  const tokens = [
    ...new Set([...known, ...sold.map(({ token }) => token)].map((token) => getAddress(token))),
  ];
  return useQuery({
    queryKey: ["sell", "owed", hub.payout, tokens],
    placeholderData: keepPreviousData,
    refetchInterval: EARNINGS_EVERY_MS,
    queryFn: async (): Promise<Owed[]> => {
      const reader = publicClientOf(wagmi, config);
      const pots = tokens.flatMap((token) => ESCROWS.map((escrow) => ({ escrow, token })));
      return Promise.all(
        pots.map(async (pot) => ({
          ...pot,
          amount: await getOwed(reader, { contracts: config.contracts, holder: hub.payout, ...pot }),
        })),
      );
    },
  });
}
