"use client";

import { useTranslations } from "next-intl";
import { useCallback } from "react";
import { useConfigState } from "@/features/shell/ConfigProvider.tsx";
import { type TokenEntry, tokenOf } from "@/lib/config.ts";
import type { PlanItem } from "@/lib/indexer.ts";
import { byteUnit, formatAmount, formatCount } from "@/lib/money.ts";
import { formatDuration } from "@/lib/time.ts";

type Translate = ReturnType<typeof useTranslations<"price">>;

/** "a day" reads better than "1 d"; everything else is a duration. */
function periodWords(t: Translate, seconds: number): string {
  const name = ({ 3600: "hour", 86400: "day", 604800: "week" } as const)[seconds];
  return name ? t(`periods.${name}`) : formatDuration(seconds);
}

function words(t: Translate, plan: PlanItem, token: TokenEntry): string {
  const money = (amount: string) => `${formatAmount(BigInt(amount), token.decimals)} ${token.symbol}`;
  switch (plan.kind) {
    case "free":
      return t("free");
    case "message": {
      const unit = BigInt(plan.unit);
      return unit === 1n
        ? t("aMessage", { price: money(plan.price) })
        : t("perMessages", { price: money(plan.price), unit: formatCount(unit) });
    }
    case "byte": {
      const { count, name } = byteUnit(BigInt(plan.unit));
      return t("perBytes", {
        price: money(plan.price),
        unit: count === 1n ? name : `${formatCount(count)} ${name}`,
      });
    }
    case "period":
      return t("perPeriod", { price: money(plan.price), period: periodWords(t, plan.period) });
    case "flat":
      return t("flat", { price: money(plan.upfront) });
  }
}

/** "0.0000001 ETH a message", "free": the one place that puts a price into words. */
export function usePriceWords(): (plan: PlanItem, token: string) => string {
  const t = useTranslations("price");
  const { config } = useConfigState();
  return useCallback((plan, token) => (config ? words(t, plan, tokenOf(config, token)) : ""), [t, config]);
}
