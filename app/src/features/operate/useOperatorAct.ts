"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { Contracts, WriteClient } from "@weir/sdk/chain";
import { useConfig } from "wagmi";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { walletOf } from "@/lib/wallet.ts";

export interface Acting {
  client: WriteClient;
  contracts: Contracts;
}

/** One act of the operator: asks the wallet, waits until it is mined, and lets the page look again. */
export function useOperatorAct<V = void>(act: (to: Acting, variables: V) => Promise<unknown>) {
  const config = useWeirConfig();
  const wagmi = useConfig();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: async (variables: V) => {
      await act({ client: await walletOf(wagmi, config), contracts: config.contracts }, variables);
    },
    onSuccess: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ["operate"] }),
        queries.invalidateQueries({ queryKey: ["registry"] }),
      ]),
  });
}
