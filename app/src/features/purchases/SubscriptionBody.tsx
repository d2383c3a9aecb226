"use client";

import { useTranslations } from "next-intl";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { Level } from "@/components/Level.tsx";
import { Stat } from "@/components/Stat.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { tokenOf } from "@/lib/config.ts";
import type { PurchaseItem } from "@/lib/indexer.ts";
import { formatAmount, formatShort, ratio } from "@/lib/money.ts";
import { formatMoment } from "@/lib/time.ts";
import { CancelSubscription } from "./CancelSubscription.tsx";
import { paidIn } from "./state.ts";
import { TopUp } from "./TopUp.tsx";
import { useSubscription } from "./useSubscription.ts";

/** uint32's maximum: flat access that is paid. */
const ENDLESS = 2 ** 32 - 1;

/** What a period or flat purchase costs by now and what a cancel would give back; and the two things one can do. */
export function SubscriptionBody({ purchase }: { purchase: PurchaseItem }) {
  const t = useTranslations("purchases");
  const token = tokenOf(useWeirConfig(), paidIn(purchase));
  const { view, error, refetch } = useSubscription(purchase);
  if (error && !view) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  if (!view) return <p className="text-sm text-soft">{t("loadingOne")}</p>;
  const figure = (name: string, amount: bigint) => (
    <Stat label={t(name as "deposited")}>
      <span
        data-subscription={name}
        data-value={String(amount)}
        title={`${formatAmount(amount, token.decimals)} ${token.symbol}`}
      >
        {formatShort(amount, token.decimals)} {token.symbol}
      </span>
    </Stat>
  );
  const until = view.until === ENDLESS ? Number(purchase.notAfter) : view.until;
  return (
    <>
      <Level share={ratio(view.deposited - view.spent, view.deposited)} />
      <dl className="grid grid-cols-2 gap-4 sm:grid-cols-3">
        {figure("deposited", view.deposited)}
        {figure("vested", view.spent)}
        {figure("backOnCancel", view.refundable)}
      </dl>
      <p className="text-sm text-soft">
        {until >= ENDLESS
          ? t("endless")
          : t(view.running ? "paidUntil" : "endedAt", { at: formatMoment(until * 1_000) })}
      </p>
      {view.flat || !view.running ? null : (
        <div className="flex flex-wrap gap-3">
          <TopUp purchase={purchase} most={view.most} />
          <CancelSubscription purchase={purchase} view={view} />
        </div>
      )}
    </>
  );
}
