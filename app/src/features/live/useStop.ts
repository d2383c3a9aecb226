"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useConfig } from "wagmi";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { sendTransaction } from "@/lib/send.ts";
import { publicClientOf } from "@/lib/wagmi.ts";
import { closedOf, closingOf, type Terms } from "@/lib/weir.ts";
import type { FeedSession } from "./session.ts";

/** Ends a purchase: the seller closes it at once, or the buyer starts the challenge himself when nobody answers. */
export function useStop(session: FeedSession) {
  const config = useWeirConfig();
  const wagmi = useConfig();
  const queries = useQueryClient();
  /** The seller did not answer: from here on a retry only asks the wallet again. */
  const unanswered = useRef<Terms>(undefined);
  const [phase, setPhase] = useState<"seller" | "challenge">("seller");

  const challenge = async (terms: Terms) => {
    unanswered.current = terms;
    setPhase("challenge");
    const call = { contract: "Channels", functionName: "requestClose", args: [terms] } as const;
    const { hash, receipt } = await sendTransaction(wagmi, config, call);
    session.ended({ by: "challenge", transactionHash: hash, closeAt: await closingOf(config, receipt) });
  };

  const mutation = useMutation({
    mutationFn: async () => {
      if (unanswered.current) return challenge(unanswered.current);
      const result = await session.stop();
      if (result.by === "challenge") return challenge(result.terms);
      const hash = result.transactionHash;
      const receipt = await publicClientOf(wagmi, config).waitForTransactionReceipt({ hash });
      const { claimed, refund } = await closedOf(config, receipt);
      session.ended({ by: "gateway", transactionHash: hash, claimed, refund });
    },
    onSettled: () => queries.invalidateQueries({ queryKey: ["purchases"] }),
  });
  return { ...mutation, phase };
}
