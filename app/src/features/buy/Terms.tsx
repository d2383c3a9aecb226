"use client";

import { useTranslations } from "next-intl";
import { licenceOf } from "@/features/listing/licence.ts";
import { isMetered } from "@/features/listing/plans.ts";
import { usePriceWords } from "@/features/listing/usePriceWords.ts";
import type { TokenEntry } from "@/lib/config.ts";
import type { ListingDetail, PlanItem } from "@/lib/indexer.ts";
import { byteUnit, formatAmount, formatCount } from "@/lib/money.ts";
import { formatMoment, statedRate } from "@/lib/time.ts";
import { useDuration } from "@/lib/useDuration.ts";
import { periodTerms, unitsOf } from "./deposit.ts";

interface TermsProps {
  plan: PlanItem;
  listing: ListingDetail;
  amount: bigint | undefined;
  token: TokenEntry;
}

/** uint40's maximum: access without end. */
const FOREVER = 2 ** 40 - 1;

type Line = [name: string, text: string, note?: string | undefined];

/** What the plan costs, and the promotion behind it. */
function useCosts(plan: PlanItem, listing: ListingDetail): Line {
  const t = useTranslations("buy");
  const { now, promotion } = usePriceWords()(plan, listing.token);
  return [t("costs"), now, promotion];
}

/** What may be done with the data: buying accepts it. */
function useAccepted(listing: ListingDetail): Line {
  const t = useTranslations("licence");
  const flag = useTranslations("licence.flags");
  const { granted, attribute } = licenceOf(listing);
  const words = granted.map((name) => flag(name)).join(", ");
  return [t("granted"), words || t("grantedNone"), t(attribute ? "acceptedNaming" : "acceptedNote")];
}

function Lines({ listing, lines }: { listing: ListingDetail; lines: Line[] }) {
  const accepted = useAccepted(listing);
  return (
    <dl className="divide-y divide-line border-y border-line">
      {[...lines, accepted].map(([name, text, note]) => (
        <div key={name} className="grid gap-x-4 py-2.5 sm:grid-cols-[11rem_1fr]">
          <dt className="text-sm text-soft">{name}</dt>
          <dd className="figure min-w-0 break-words font-semibold">
            {text}
            {note ? <span className="block text-sm font-normal text-soft">{note}</span> : null}
          </dd>
        </div>
      ))}
    </dl>
  );
}

/** What the money does: price, how long it lasts, what can be lost, what comes back; and what may be done with the data. */
export function Terms(props: TermsProps) {
  const { plan } = props;
  if (isMetered(plan)) return <MeteredTerms {...props} />;
  if (plan.kind === "period") return <PeriodTerms {...props} />;
  if (plan.kind === "flat") return <FlatTerms {...props} />;
  return <FreeTerms {...props} />;
}

function FreeTerms({ plan, listing }: TermsProps) {
  const t = useTranslations("buy");
  const costs = useCosts(plan, listing);
  return (
    <Lines
      listing={listing}
      lines={[costs, [t("lasts"), useWindowWords(plan)], [t("onlyFee"), t("onlyFeeNote")]]}
    />
  );
}

function useWindowWords(plan: PlanItem): string {
  const t = useTranslations("buy");
  const duration = useDuration();
  const most = Number(plan.maxWindow);
  return most >= FOREVER ? t("forEver") : duration(most);
}

function FlatTerms({ plan, listing }: TermsProps) {
  const t = useTranslations("buy");
  const costs = useCosts(plan, listing);
  return (
    <Lines
      listing={listing}
      lines={[
        costs,
        [t("lasts"), useWindowWords(plan)],
        [t("atRisk"), t("atRiskFlat")],
        [t("comesBack"), t("comesBackFlat")],
      ]}
    />
  );
}

function PeriodTerms({ plan, listing, amount, token }: TermsProps) {
  const t = useTranslations("buy");
  const duration = useDuration();
  const costs = useCosts(plan, listing);
  const money = (value: bigint) => `${formatAmount(value, token.decimals)} ${token.symbol}`;
  const now = Math.floor(Date.now() / 1_000);
  const { until, risk } = periodTerms(plan, amount ?? 0n, now);
  return (
    <Lines
      listing={listing}
      lines={[
        costs,
        [
          t("lasts"),
          amount === undefined
            ? "–"
            : t("lastsUntil", { time: duration(until - now), at: formatMoment(until * 1_000) }),
        ],
        [t("atRisk"), t("atRiskPeriod", { amount: money(risk), notice: duration(plan.notice) })],
        [t("comesBack"), t("comesBackPeriod", { notice: duration(plan.notice) })],
      ]}
    />
  );
}

function MeteredTerms({ plan, listing, amount, token }: TermsProps) {
  const t = useTranslations("buy");
  const duration = useDuration();
  const costs = useCosts(plan, listing);
  const { least, most } = unitsOf(plan, amount ?? 0n, Math.floor(Date.now() / 1_000));
  const rate = plan.kind === "message" ? statedRate(listing.source.rate) : undefined;
  const words = (units: bigint) => {
    if (plan.kind === "message") return t("messages", { count: formatCount(units) });
    const size = byteUnit(units - (units % 1024n));
    return t("bytes", { size: `${formatCount(size.count)} ${size.name}` });
  };
  const lasts =
    most > least
      ? t("lastsPromoted", { least: words(least), most: words(most) })
      : rate
        ? t("lastsAbout", { count: formatCount(least), time: duration(Number(least) / rate) })
        : words(least);
  const entry = `${formatAmount(BigInt(plan.entry), token.decimals)} ${token.symbol}`;
  const challenge = duration(Number(listing.terms.challenge ?? 0));
  return (
    <Lines
      listing={listing}
      lines={[
        costs,
        [t("lasts"), amount === undefined ? "–" : lasts],
        [t("atRisk"), t("atRiskNote", { entry })],
        [t("comesBack"), t("comesBackNote", { challenge })],
      ]}
    />
  );
}
