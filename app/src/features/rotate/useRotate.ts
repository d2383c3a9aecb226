"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useConfig, useConnection } from "wagmi";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { useAccountSecret } from "@/features/wallet/useAccountSecret.ts";
import type { PurchaseItem } from "@/lib/indexer.ts";
import { sendTransaction } from "@/lib/send.ts";
import { publicClientOf } from "@/lib/wagmi.ts";
import { nextKeysOf } from "@/lib/weir.ts";

/** Names new keys for a purchase of the connected account: a signature that they follow from, then one transaction. */
export function useRotate(purchase: PurchaseItem) {
  const config = useWeirConfig();
  const wagmi = useConfig();
  const queries = useQueryClient();
  const { address } = useConnection();
  const { getSecret, backupRequest } = useAccountSecret();
  const mutation = useMutation({
    mutationFn: async () => {
      if (!address) throw new Error("no account is connected");
      const reader = publicClientOf(wagmi, config);
      const { encryptionKey, signer } = await nextKeysOf({ config, reader, purchase }, getSecret);
      return sendTransaction(wagmi, config, {
        contract: "Grants",
        functionName: "rotateKeys",
        args: [purchase.grantId, encryptionKey, signer],
      });
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["purchases"] }),
  });
  return { ...mutation, backupRequest };
}
