"use client";

import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { indexerGet, type ListingDetail, type Page, type RatingItem } from "@/lib/indexer.ts";
import { RatingEntry } from "./RatingEntry.tsx";

const SHOWN = 20;

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
          {typeof marks === "number" ? marks.toFixed(1) : "–"}
        </span>
        <span className="text-sm text-soft">
          {t(typeof marks === "number" ? "ofFive" : "unweighed", {
            count: listing.ratings?.count ?? items.length,
          })}
        </span>
      </p>
      <ul className="divide-y divide-line">
        {items.map((item) => (
          <RatingEntry key={`${item.grantId}-${item.createdAt}`} item={item} />
        ))}
      </ul>
    </div>
  );
}
