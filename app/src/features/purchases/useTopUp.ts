"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useConfig } from "wagmi";
import type { PurchaseItem } from "@/lib/indexer.ts";
import type { Way } from "@/lib/payWays.ts";
import { topUp } from "@/lib/topUp.ts";
import { channelTermsOf, subscriptionTermsOf } from "@/lib/weir.ts";
import { useBought } from "./useBought.ts";

/** Puts more money into a channel or a subscription of the connected account. */
export function useTopUp(purchase: PurchaseItem) {
  const wagmi = useConfig();
  const queries = useQueryClient();
  const load = useBought(purchase);
  const [step, setStep] = useState<"signature" | "approval" | "payment">("payment");
  const mutation = useMutation({
    mutationFn: async ({ amount, way }: { amount: bigint; way: Way }) => {
      const bought = await load();
      const terms = purchase.channel ? await channelTermsOf(bought) : await subscriptionTermsOf(bought);
      await topUp({ wagmi, config: bought.config, terms, amount, way, onStep: setStep });
    },
    onSuccess: () =>
      Promise.all(
        ["purchases", "subscription", "tokenFacts"].map((name) =>
          queries.invalidateQueries({ queryKey: [name] }),
        ),
      ),
  });
  return { ...mutation, step };
}
