"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useConfig, useConnection } from "wagmi";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { indexerGet, type ListingDetail, type PurchaseItem } from "@/lib/indexer.ts";
import { sendTransaction } from "@/lib/send.ts";
import { publicClientOf } from "@/lib/wagmi.ts";
import { channelTermsOf } from "@/lib/weir.ts";

/** The payer's own way out of a channel: `requestClose` starts the challenge, `withdraw` fetches the rest after it. */
export function useLeave(purchase: PurchaseItem, step: "requestClose" | "withdraw") {
  const config = useWeirConfig();
  const wagmi = useConfig();
  const queries = useQueryClient();
  const { address } = useConnection();
  return useMutation({
    mutationFn: async () => {
      if (!address) throw new Error("no account is connected");
      const listing = await indexerGet<ListingDetail>(config.indexers, `/v1/listings/${purchase.listingId}`);
      const reader = publicClientOf(wagmi, config);
      const terms = await channelTermsOf({ config, reader, listing, purchase, buyer: address });
      return sendTransaction(wagmi, config, { contract: "Channels", functionName: step, args: [terms] });
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["purchases"] }),
  });
}
