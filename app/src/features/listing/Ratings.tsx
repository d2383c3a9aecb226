"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { Copy } from "@/components/Copy.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { indexerGet, type ListingDetail, type Page, type RatingItem } from "@/lib/indexer.ts";
import { formatMoment } from "@/lib/time.ts";

const SHOWN = 20;

function average(items: RatingItem[]): string {
  const marks = items.flatMap(({ scores }) => scores.map(Number));
  return (marks.reduce((sum, mark) => sum + mark, 0) / Math.max(1, marks.length)).toFixed(1);
}

/** What paying buyers say, newest first. A seller can buy from himself, so the page says what a rating is worth. */
export function Ratings({ listing }: { listing: ListingDetail }) {
  const t = useTranslations("rate");
  const config = useWeirConfig();
  const { data, error, refetch } = useQuery({
    queryKey: ["ratings", listing.id],
    refetchInterval: 15_000,
    queryFn: ({ signal }) =>
      indexerGet<Page<RatingItem>>(
        config.indexers,
        `/v1/listings/${listing.id}/ratings?limit=${SHOWN}`,
        signal,
      ),
  });
  if (error && !data) return <ErrorNotice error={error} onRetry={() => void refetch()} />;
  const items = (data?.items ?? []).filter(({ newest }) => newest);
  if (items.length === 0) return <p className="sheet p-4 text-soft">{t("none")}</p>;
  const marks = listing.ratings?.average ?? listing.rating?.average;
  return (
    <div className="sheet divide-y divide-line">
      <p className="flex flex-wrap items-baseline gap-x-3 p-4">
        <span className="figure text-2xl font-semibold">
          {typeof marks === "number" ? marks.toFixed(1) : average(items)}
        </span>
        <span className="text-sm text-soft">
          {t("ofFive", { count: listing.ratings?.count ?? items.length })}
        </span>
      </p>
      <ul className="divide-y divide-line">
        {items.map((item) => (
          <Item key={`${item.grantId}-${item.createdAt}`} item={item} />
        ))}
      </ul>
    </div>
  );
}

function Item({ item }: { item: RatingItem }) {
  const t = useTranslations("rate");
  const [asDescribed = 0, inTime = 0, communication = 0, noIssues = 0] = item.scores;
  return (
    <li className="grid gap-1.5 p-4">
      <p className="flex flex-wrap items-center gap-x-3 text-sm text-soft">
        <Copy value={item.buyer} label={t("buyer")} /> {formatMoment(item.createdAt * 1_000)}
      </p>
      <p className="figure text-sm font-semibold">
        {t("scores", { asDescribed, inTime, communication, noIssues })}
      </p>
      {item.comment ? <p className="[overflow-wrap:anywhere]">{item.comment}</p> : null}
      {item.response ? (
        <p className="border-l-2 border-water pl-3 text-sm [overflow-wrap:anywhere]">
          <span className="font-semibold">{t("response")}</span> {item.response.text}
        </p>
      ) : null}
    </li>
  );
}
