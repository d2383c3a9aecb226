"use client";

import { paidUntil } from "@weir/sdk/core";
import { useTranslations } from "next-intl";
import { isMetered, meteredPrice } from "@/features/listing/plans.ts";
import { usePriceWords } from "@/features/listing/usePriceWords.ts";
import type { TokenEntry } from "@/lib/config.ts";
import type { ListingDetail, PlanItem } from "@/lib/indexer.ts";
import { byteUnit, formatAmount, formatCount, unitsFor } from "@/lib/money.ts";
import { formatDuration, formatMoment, statedRate } from "@/lib/time.ts";

interface TermsProps {
  plan: PlanItem;
  listing: ListingDetail;
  amount: bigint | undefined;
  token: TokenEntry;
}

/** uint40's maximum: access without end. */
const FOREVER = 2 ** 40 - 1;

function Lines({ lines }: { lines: [name: string, text: string][] }) {
  return (
    <dl className="divide-y divide-line border-y border-line">
      {lines.map(([name, text]) => (
        <div key={name} className="grid gap-x-4 py-2.5 sm:grid-cols-[11rem_1fr]">
          <dt className="text-sm text-soft">{name}</dt>
          <dd className="figure min-w-0 break-words font-semibold">{text}</dd>
        </div>
      ))}
    </dl>
  );
}

/** What the money does: price, how long it lasts, what can be lost, what comes back. */
export function Terms(props: TermsProps) {
  const { plan } = props;
  if (isMetered(plan)) return <MeteredTerms {...props} />;
  if (plan.kind === "period") return <PeriodTerms {...props} />;
  if (plan.kind === "flat") return <FlatTerms {...props} />;
  return <FreeTerms {...props} />;
}

function FreeTerms({ plan, listing }: TermsProps) {
  const t = useTranslations("buy");
  const priceWords = usePriceWords();
  return (
    <Lines
      lines={[
        [t("costs"), priceWords(plan, listing.token)],
        [t("lasts"), useWindowWords(plan)],
        [t("onlyFee"), t("onlyFeeNote")],
      ]}
    />
  );
}

function useWindowWords(plan: PlanItem): string {
  const t = useTranslations("buy");
  const most = Number(plan.maxWindow);
  return most >= FOREVER ? t("forEver") : formatDuration(most);
}

function FlatTerms({ plan, listing }: TermsProps) {
  const t = useTranslations("buy");
  const priceWords = usePriceWords();
  return (
    <Lines
      lines={[
        [t("costs"), priceWords(plan, listing.token)],
        [t("lasts"), useWindowWords(plan)],
        [t("atRisk"), t("atRiskFlat")],
        [t("comesBack"), t("comesBackFlat")],
      ]}
    />
  );
}

function PeriodTerms({ plan, listing, amount, token }: TermsProps) {
  const t = useTranslations("buy");
  const priceWords = usePriceWords();
  const money = (value: bigint) => `${formatAmount(value, token.decimals)} ${token.symbol}`;
  const now = Math.floor(Date.now() / 1_000);
  const price = BigInt(plan.price);
  const upfront = BigInt(plan.upfront);
  const until = paidUntil({ price, period: plan.period, upfront }, amount ?? 0n, now);
  const notice = (price * BigInt(plan.notice)) / BigInt(plan.period || 1);
  return (
    <Lines
      lines={[
        [t("costs"), priceWords(plan, listing.token)],
        [
          t("lasts"),
          amount === undefined
            ? "–"
            : t("lastsUntil", { time: formatDuration(until - now), at: formatMoment(until * 1_000) }),
        ],
        [
          t("atRisk"),
          t("atRiskPeriod", { amount: money(upfront + notice), notice: formatDuration(plan.notice) }),
        ],
        [t("comesBack"), t("comesBackPeriod", { notice: formatDuration(plan.notice) })],
      ]}
    />
  );
}

function MeteredTerms({ plan, listing, amount, token }: TermsProps) {
  const t = useTranslations("buy");
  const priceWords = usePriceWords();
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
  const challenge = formatDuration(Number(listing.terms.challenge ?? 0));
  return (
    <Lines
      lines={[
        [t("costs"), priceWords(plan, listing.token)],
        [t("lasts"), amount === undefined ? "–" : lasts],
        [t("atRisk"), t("atRiskNote", { entry })],
        [t("comesBack"), t("comesBackNote", { challenge })],
      ]}
    />
  );
}
