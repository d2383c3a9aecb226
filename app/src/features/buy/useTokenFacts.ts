"use client";

import { useQuery } from "@tanstack/react-query";
import type { Address } from "viem";
import { useConfig, useConnection } from "wagmi";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { tokenFacts } from "@/lib/payWays.ts";
import { publicClientOf } from "@/lib/wagmi.ts";

const isZero = (token: string): boolean => /^0x0{40}$/i.test(token);

/** What the connected account can do with a token; nothing is asked for the chain's own coin. */
export function useTokenFacts(token: Address, spender: Address) {
  const config = useWeirConfig();
  const wagmi = useConfig();
  const { address, chainId, connector } = useConnection();
  return useQuery({
    queryKey: ["tokenFacts", token, spender, address, connector?.uid],
    enabled: address !== undefined && chainId === config.chainId && !isZero(token),
    queryFn: () => {
      if (!address) throw new Error("no account is connected");
      const reader = publicClientOf(wagmi, config);
      return tokenFacts({ wagmi, config, reader, token, owner: address, spender });
    },
  });
}
