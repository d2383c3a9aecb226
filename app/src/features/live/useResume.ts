"use client";

import { useMutation } from "@tanstack/react-query";
import { useConfig, useConnection } from "wagmi";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { useAccountSecret } from "@/features/wallet/useAccountSecret.ts";
import type { ListingDetail, PurchaseItem } from "@/lib/indexer.ts";
import { publicClientOf } from "@/lib/wagmi.ts";
import { keysOf } from "@/lib/weir.ts";
import type { FeedSession } from "./session.ts";
import { startFeed } from "./startFeed.ts";

class KeysOfOtherWallet extends Error {
  override readonly name = "WrongKeys";
  constructor() {
    super("the keys from this wallet's signature are not the keys of this purchase");
  }
}

/** Opens the feed of a purchase that exists, with keys derived from the wallet: those of now, if they were changed. */
export function useResume(listing: ListingDetail, onStarted: (session: FeedSession) => void) {
  const config = useWeirConfig();
  const wagmi = useConfig();
  const { address } = useConnection();
  const { getSecret, backupRequest } = useAccountSecret();
  const mutation = useMutation({
    mutationFn: async (purchase: PurchaseItem) => {
      if (!address) throw new Error("no account is connected");
      const reader = publicClientOf(wagmi, config);
      const reload = () => keysOf({ config, reader, purchase }, getSecret);
      const keys = await reload();
      if (keys.voucherKeys.signer.toLowerCase() !== purchase.signer.toLowerCase())
        throw new KeysOfOtherWallet();
      return startFeed({ config, reader, listing, purchase, buyer: address, ...keys, reload });
    },
    onSuccess: onStarted,
  });
  return { ...mutation, backupRequest };
}
