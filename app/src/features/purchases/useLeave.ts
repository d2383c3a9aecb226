"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useConfig } from "wagmi";
import type { PurchaseItem } from "@/lib/indexer.ts";
import { sendTransaction } from "@/lib/send.ts";
import { channelTermsOf } from "@/lib/weir.ts";
import { useBought } from "./useBought.ts";

/** The payer's own way out of a channel: `requestClose` starts the challenge, `withdraw` fetches the rest after it. */
export function useLeave(purchase: PurchaseItem, step: "requestClose" | "withdraw") {
  const wagmi = useConfig();
  const queries = useQueryClient();
  const load = useBought(purchase);
  return useMutation({
    mutationFn: async () => {
      const bought = await load();
      const terms = await channelTermsOf(bought);
      return sendTransaction(wagmi, bought.config, {
        contract: "Channels",
        functionName: step,
        args: [terms],
      });
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["purchases"] }),
  });
}
