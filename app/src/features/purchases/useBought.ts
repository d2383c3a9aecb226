"use client";

import { useCallback } from "react";
import { useConfig, useConnection } from "wagmi";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { indexerGet, type ListingDetail, type PurchaseItem } from "@/lib/indexer.ts";
import { publicClientOf } from "@/lib/wagmi.ts";
import type { Bought } from "@/lib/weir.ts";

/** What every act on a purchase begins with: the listing as the indexer has it now, a reader, the account. */
export function useBought(purchase: PurchaseItem): () => Promise<Bought> {
  const config = useWeirConfig();
  const wagmi = useConfig();
  const { address } = useConnection();
  return useCallback(async () => {
    if (!address) throw new Error("no account is connected");
    const listing = await indexerGet<ListingDetail>(config.indexers, `/v1/listings/${purchase.listingId}`);
    return { config, reader: publicClientOf(wagmi, config), listing, purchase, buyer: address };
  }, [address, config, purchase, wagmi]);
}
