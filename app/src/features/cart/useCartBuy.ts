"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { Address, Hex } from "viem";
import { useConfig, useConnection } from "wagmi";
import { ListingRevised } from "@/features/buy/checkBefore.ts";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { useAccountSecret } from "@/features/wallet/useAccountSecret.ts";
import { type CartItem, removeFromCart, returnToCart } from "@/lib/cart.ts";
import { indexerGet, type ListingDetail } from "@/lib/indexer.ts";
import { isUndone } from "@/lib/outbox.ts";
import { tokenFacts, type Way, waysToPay } from "@/lib/payWays.ts";
import { publicClientOf } from "@/lib/wagmi.ts";
import { walletOf } from "@/lib/wallet.ts";
import { actions, authorize, prepare } from "@/lib/weir.ts";

export interface CartOutcome {
  bought: { listingId: string; grantId: Hex; title: string }[];
  skipped: { title: string; error: Error }[];
}

type Taken = Map<string, { amount: bigint; permit: boolean }>;

/** Ways that bring their money along: an approval of its own would be a second transaction. */
const IN_ONE: readonly Way[] = ["none", "native", "eip3009", "permit2", "allowance", "permit"];

/** Somebody whose token can nothing of that pays for it alone, where two steps are offered. */
export class PaidAlone extends Error {
  override readonly name = "PaidAlone";
  constructor(title: string) {
    super(`${title}: its token cannot be paid together with others`);
  }
}

/** The whole cart in one transaction; tokens ask for one signature each before it. */
export function useCartBuy() {
  const config = useWeirConfig();
  const wagmi = useConfig();
  const queries = useQueryClient();
  const { address } = useConnection();
  const { getSecret, backupRequest } = useAccountSecret();
  const [step, setStep] = useState<"keys" | "signature" | "payment" | "sent">("keys");

  /** `others`: what the items before this one take of each token, and whether a permit is among them. */
  async function prepared(item: CartItem, buyer: Address, accountSecret: Uint8Array, others: Taken) {
    const listing = await indexerGet<ListingDetail>(config.indexers, `/v1/listings/${item.listingId}`);
    const { version, token, planIndex, amount } = item;
    if (listing.version !== version || listing.token !== token)
      throw new ListingRevised(version, listing.version);
    const reader = publicClientOf(wagmi, config);
    const spender = config.contracts.Grants;
    const native = /^0x0{40}$/i.test(listing.token) || amount === 0n;
    const facts = native
      ? undefined
      : await tokenFacts({ wagmi, config, reader, token: listing.token, owner: buyer, spender });
    const before = others.get(token) ?? { amount: 0n, permit: false };
    // One allowance pays for all of them; a token counts its permits, so that a second one signed beside the first is worth nothing.
    const sum = before.amount + amount;
    const way = waysToPay(token, native ? amount : sum, facts).find(
      (each) => IN_ONE.includes(each) && !(each === "permit" && before.permit),
    );
    others.set(token, { amount: sum, permit: before.permit || way === "permit" });
    const needsApproval = way === "permit2" && (facts?.permit2Allowance ?? 0n) < sum;
    if (way === undefined || needsApproval) throw new PaidAlone(item.title);
    const made = await prepare({ config, listing, planIndex, buyer, amount, accountSecret, way });
    if (way !== "eip3009" && way !== "permit" && way !== "permit2") return made.purchase;
    setStep("signature");
    return authorize(await walletOf(wagmi, config), config, made);
  }

  const mutation = useMutation({
    mutationFn: async (items: CartItem[]): Promise<CartOutcome> => {
      if (!address) throw new Error("no account is connected");
      setStep("keys");
      const secret = await getSecret();
      const purchases = [];
      const taken: Taken = new Map();
      // One after the other: a wallet shows one question at a time.
      for (const item of items) purchases.push(await prepared(item, address, secret, taken));
      setStep("payment");
      const { buyMany } = await actions();
      // From the wallet's yes on, what is in the cart could be paid a second time.
      const wallet = await walletOf(wagmi, config, () => {
        setStep("sent");
        removeFromCart(items.map(({ listingId }) => listingId));
      });
      const { bought, skipped } = await buyMany(wallet, { contracts: config.contracts, purchases }).catch(
        (error: unknown) => {
          if (isUndone(error)) returnToCart(items);
          throw error;
        },
      );
      returnToCart(skipped.flatMap(({ index }) => items[index] ?? []));
      const titleOf = (listingId: string) =>
        items.find((item) => item.listingId === listingId)?.title ?? listingId;
      return {
        bought: bought.map(({ listingId, grantId }) => ({
          listingId: String(listingId),
          grantId,
          title: titleOf(String(listingId)),
        })),
        skipped: skipped.map(({ index, error }) => ({ title: items[index]?.title ?? "", error })),
      };
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["purchases"] }),
  });
  return { ...mutation, step, backupRequest };
}
