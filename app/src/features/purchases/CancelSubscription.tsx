"use client";

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { useConfig } from "wagmi";
import { Button } from "@/components/Button.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { tokenOf } from "@/lib/config.ts";
import type { PurchaseItem } from "@/lib/indexer.ts";
import { formatAmount } from "@/lib/money.ts";
import { formatMoment } from "@/lib/time.ts";
import { useDuration } from "@/lib/useDuration.ts";
import { walletOf } from "@/lib/wallet.ts";
import { actions, relaysOf } from "@/lib/weir.ts";
import { paidIn } from "./state.ts";
import { useBought } from "./useBought.ts";
import type { SubscriptionView } from "./useSubscription.ts";

/** Leaving a subscription: first what it costs and gives back, then the wallet. */
export function CancelSubscription({ purchase, view }: { purchase: PurchaseItem; view: SubscriptionView }) {
  const t = useTranslations("purchases");
  const duration = useDuration();
  const config = useWeirConfig();
  const wagmi = useConfig();
  const queries = useQueryClient();
  const load = useBought(purchase);
  const [asked, setAsked] = useState(false);
  const token = tokenOf(config, paidIn(purchase));
  const money = (amount: bigint) => `${formatAmount(amount, token.decimals)} ${token.symbol}`;
  const cancel = useMutation({
    mutationFn: async () => {
      const { cancelSubscription } = await actions();
      const relays = await relaysOf(await load());
      return cancelSubscription(await walletOf(wagmi, config), {
        contracts: config.contracts,
        terms: view.terms,
        relays,
      });
    },
    onSuccess: () => queries.invalidateQueries({ queryKey: ["subscription"] }),
  });
  if (cancel.data)
    return (
      <p
        role="status"
        className="w-full rounded-md bg-sunk p-4"
        data-cancel-refund={String(cancel.data.refund)}
      >
        {t("cancelled", { refund: money(cancel.data.refund), at: formatMoment(cancel.data.stop * 1_000) })}
      </p>
    );
  // Once within the notice there is nothing more to cancel.
  if (!view.cancellable) return null;
  if (!asked)
    return (
      <Button tone="mark" onClick={() => setAsked(true)}>
        {t("cancel")}
      </Button>
    );
  return (
    <div className="grid w-full gap-3 rounded-md bg-amber-wash p-4">
      <p className="text-sm">
        {t("cancelNote", {
          notice: duration(view.terms.notice),
          cost: money(view.deposited - view.refundable - view.spent),
          refund: money(view.refundable),
        })}
      </p>
      <div className="flex flex-wrap gap-3">
        <Button tone="mark" disabled={cancel.isPending} onClick={() => cancel.mutate()}>
          {cancel.isPending ? t("asking") : t("cancelNow")}
        </Button>
        <Button onClick={() => setAsked(false)}>{t("keep")}</Button>
      </div>
      <ErrorNotice error={cancel.error ?? undefined} />
    </div>
  );
}
