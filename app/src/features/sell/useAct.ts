"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Contracts, WriteClient } from "@weir/sdk/chain";
import { useConfig } from "wagmi";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import type { WeirConfig } from "@/lib/config.ts";
import { walletOf } from "@/lib/wallet.ts";

export interface Acting {
  client: WriteClient;
  contracts: Contracts;
  config: WeirConfig;
}

/** One act of the seller: asks the wallet, waits until it is mined, and lets everything on the page look again. */
export function useAct<V = void, T = unknown>(act: (to: Acting, variables: V) => Promise<T>) {
  const config = useWeirConfig();
  const wagmi = useConfig();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (variables: V) =>
      act({ client: await walletOf(wagmi, config), contracts: config.contracts, config }, variables),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["sell"] }),
  });
}
