"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useConfig } from "wagmi";
import type { PurchaseItem } from "@/lib/indexer.ts";
import { walletOf } from "@/lib/wallet.ts";
import { actions, channelTermsOf, subscriptionTermsOf } from "@/lib/weir.ts";
import { useBought } from "./useBought.ts";

/** The contract's limit. */
export const MAX_COMMENT_BYTES = 1_024;
export type Scores = readonly [number, number, number, number];

export function useRate(purchase: PurchaseItem) {
  const wagmi = useConfig();
  const queries = useQueryClient();
  const load = useBought(purchase);
  return useMutation({
    mutationFn: async ({ scores, comment }: { scores: Scores; comment: string }) => {
      const bought = await load();
      const terms = purchase.channel ? await channelTermsOf(bought) : await subscriptionTermsOf(bought);
      const { rate } = await actions();
      const { contracts } = bought.config;
      const { grantId } = purchase;
      return rate(await walletOf(wagmi, bought.config), { contracts, grantId, terms, scores, comment });
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["ratings"] }),
  });
}
