"use client";

import { useTranslations } from "next-intl";
import { Copy } from "@/components/Copy.tsx";
import { Stat } from "@/components/Stat.tsx";
import { paidIn } from "@/features/purchases/state.ts";
import { WithdrawPanel } from "@/features/purchases/WithdrawPanel.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { tokenOf } from "@/lib/config.ts";
import type { PurchaseItem } from "@/lib/indexer.ts";
import { formatAmount } from "@/lib/money.ts";
import type { Ending } from "./session.ts";

/** What was paid and what came back, exactly; or how long the challenge takes. */
export function EndingView({ purchase, ending }: { purchase: PurchaseItem; ending: Ending }) {
  const t = useTranslations("live");
  const token = tokenOf(useWeirConfig(), paidIn(purchase));
  const money = (amount: bigint) => `${formatAmount(amount, token.decimals)} ${token.symbol}`;
  if (ending.by === "challenge")
    return (
      <section aria-label={t("stopped")} className="grid gap-3" role="status">
        <p className="font-semibold">{t("gatewaySilent")}</p>
        <p className="text-sm text-soft">{t("gatewaySilentNote")}</p>
        <WithdrawPanel purchase={purchase} closeAt={ending.closeAt} />
      </section>
    );
  return (
    <section aria-label={t("stopped")} className="sheet border-l-4 border-l-moss p-5" role="status">
      <h2 className="text-lg">{t("stoppedHeading")}</h2>
      <dl className="mt-3 grid gap-3">
        <Stat label={t("paid")}>
          <span data-stop="claimed" data-value={String(ending.claimed)}>
            {money(ending.claimed)}
          </span>
        </Stat>
        <Stat label={t("refund")}>
          <span data-stop="refund" data-value={String(ending.refund)}>
            {money(ending.refund)}
          </span>
        </Stat>
        <Stat label={t("transaction")}>
          <Copy value={ending.transactionHash} label={t("transaction")} />
        </Stat>
      </dl>
    </section>
  );
}
