/** Prices in words: the one place that makes them, for the market, the listing's page and the buy dialog. */
import type { useTranslations } from "next-intl";
import type { TokenEntry } from "@/lib/config.ts";
import type { PlanItem } from "@/lib/indexer.ts";
import { byteUnit, formatAmount, formatCount } from "../../lib/money.ts";
import { formatMoment } from "../../lib/time.ts";
import { isMetered, priceAt } from "./plans.ts";

/** Seconds in words. */
type Duration = (seconds: number) => string;
export type PriceTranslate = ReturnType<typeof useTranslations<"price">>;

/** "a day" reads better than "1 d"; everything else is a duration. */
function periodWords(t: PriceTranslate, seconds: number, duration: Duration): string {
  const name = ({ 3600: "hour", 86400: "day", 604800: "week" } as const)[seconds];
  return name ? t(`periods.${name}`) : duration(seconds);
}

function wordsOf(w: Words, plan: PlanItem, amount: bigint, token: TokenEntry): string {
  const { t, duration } = w;
  const price = `${formatAmount(amount, token.decimals)} ${token.symbol}`;
  switch (plan.kind) {
    case "free":
      return t("free");
    case "message": {
      const unit = BigInt(plan.unit);
      return unit === 1n ? t("aMessage", { price }) : t("perMessages", { price, unit: formatCount(unit) });
    }
    case "byte": {
      const { count, name } = byteUnit(BigInt(plan.unit));
      return t("perBytes", { price, unit: count === 1n ? name : `${formatCount(count)} ${name}` });
    }
    case "period":
      return t("perPeriod", { price, period: periodWords(t, plan.period, duration) });
    case "flat":
      return t("flat", { price });
  }
}

export interface Words {
  t: PriceTranslate;
  duration: Duration;
}

export interface PriceWords {
  /** "0.0000001 ETH a message", "Free": what it costs at that time. */
  now: string;
  /** The same without a promotion. */
  usual: string;
  /** Until when that holds and what it costs otherwise, while there is a promotion. */
  promotion: string | undefined;
}

/** `time` in unix seconds. */
export function priceWords(words: Words, plan: PlanItem, token: TokenEntry, time: number): PriceWords {
  const { price, promotion } = priceAt(plan, time);
  const now = wordsOf(words, plan, price, token);
  if (!promotion) return { now, usual: now, promotion: undefined };
  const usual = wordsOf(words, plan, promotion.usual, token);
  const at = formatMoment(promotion.until * 1_000);
  return {
    now,
    usual,
    promotion: words.t(isMetered(plan) ? "promotionMetered" : "promotionTimed", { at, usual }),
  };
}
