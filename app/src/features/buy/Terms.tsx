"use client";

import { useTranslations } from "next-intl";
import { isMetered, meteredPrice } from "@/features/listing/plans.ts";
import { usePriceWords } from "@/features/listing/usePriceWords.ts";
import type { TokenEntry } from "@/lib/config.ts";
import type { ListingDetail, PlanItem } from "@/lib/indexer.ts";
import { byteUnit, formatAmount, formatCount, unitsFor } from "@/lib/money.ts";
import { formatDuration, statedRate } from "@/lib/time.ts";

function Line({ name, children }: { name: string; children: string }) {
  return (
    <div className="grid gap-x-4 py-2.5 sm:grid-cols-[11rem_1fr]">
      <dt className="text-sm text-soft">{name}</dt>
      <dd className="figure min-w-0 break-words font-semibold">{children}</dd>
    </div>
  );
}

/** What the money does: price, how long it lasts, what can be lost, what comes back. */
export function Terms({
  plan,
  listing,
  amount,
  token,
}: {
  plan: PlanItem;
  listing: ListingDetail;
  amount: bigint | undefined;
  token: TokenEntry;
}) {
  const t = useTranslations("buy");
  const priceWords = usePriceWords();
  const challenge = Number(listing.terms.challenge ?? 0);
  if (!isMetered(plan))
    return (
      <dl className="divide-y divide-line border-y border-line">
        <Line name={t("costs")}>{priceWords(plan, listing.token)}</Line>
        <Line name={t("onlyFee")}>{t("onlyFeeNote")}</Line>
      </dl>
    );
  const price = meteredPrice(plan);
  const units = amount === undefined ? 0n : unitsFor(amount, price);
  const rate = plan.kind === "message" ? statedRate(listing.source.rate) : undefined;
  const size = byteUnit(units - (units % 1024n));
  const lasts =
    plan.kind === "byte"
      ? t("bytes", { size: `${formatCount(size.count)} ${size.name}` })
      : rate
        ? t("lastsAbout", { count: formatCount(units), time: formatDuration(Number(units) / rate) })
        : t("messages", { count: formatCount(units) });
  const entry = `${formatAmount(price.entry, token.decimals)} ${token.symbol}`;
  return (
    <dl className="divide-y divide-line border-y border-line">
      <Line name={t("costs")}>{priceWords(plan, listing.token)}</Line>
      <Line name={t("lasts")}>{amount === undefined ? "–" : lasts}</Line>
      <Line name={t("atRisk")}>{t("atRiskNote", { entry })}</Line>
      <Line name={t("comesBack")}>{t("comesBackNote", { challenge: formatDuration(challenge) })}</Line>
    </dl>
  );
}
