"use client";

import { useBlock } from "wagmi";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { useNow } from "@/features/shell/useNow.ts";

/** Unix seconds by the chain, which decides when a challenge is over; never behind the clock, because the next block will not be. */
export function useChainTime(): number {
  const { chainId } = useWeirConfig();
  const now = useNow();
  const block = useBlock({ chainId, query: { refetchInterval: 2_000 } });
  return Math.max(Math.floor(now / 1_000), Number(block.data?.timestamp ?? 0n));
}
