"use client";

import { useTranslations } from "next-intl";
import { Button } from "@/components/Button.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { useNow } from "@/features/shell/useNow.ts";
import { pulseOf } from "@/lib/liveness.ts";
import { GRID } from "./CardFrame.tsx";
import { CardsWaiting } from "./CardsWaiting.tsx";
import type { Filters } from "./filters.ts";
import { ListingCard } from "./ListingCard.tsx";
import { useHeads, useListings } from "./useMarket.ts";

export function Results({ filters, onClear }: { filters: Filters; onClear: () => void }) {
  const t = useTranslations("market");
  const listings = useListings(filters);
  const items = listings.data?.pages.flatMap((page) => page.items);
  const heads = useHeads(items ?? []);
  const now = useNow(1_000, Date.now());
  if (listings.error && !items)
    return (
      <div className="page">
        <ErrorNotice error={listings.error} onRetry={() => void listings.refetch()} />
      </div>
    );
  if (!items) return <CardsWaiting />;
  const searching = filters.q !== "" || filters.category !== "" || filters.kind !== "";
  const live = items.filter((item) => pulseOf(heads.data, item.id, now) === "live").length;
  return (
    <section className="page" aria-label={t("results")}>
      <p className="mb-3 text-sm text-soft" role="status">
        {t("count", { count: items.length, live })}
      </p>
      {items.length === 0 ? (
        <div className="sheet grid justify-items-start gap-3 p-8">
          <p className="text-lg font-semibold">{searching ? t("nothing") : t("empty")}</p>
          <p className="text-soft">{searching ? t("nothingAdvice") : t("emptyAdvice")}</p>
          {searching ? <Button onClick={onClear}>{t("clear")}</Button> : null}
        </div>
      ) : (
        <ul className={GRID}>
          {items.map((item) => (
            <ListingCard
              key={item.id}
              listing={item}
              sealedAtMs={heads.data?.byListing.get(item.id)?.sealedAtMs}
              liveness={pulseOf(heads.data, item.id, now)}
              now={now}
            />
          ))}
        </ul>
      )}
      {listings.hasNextPage ? (
        <div className="mt-6 text-center">
          <Button disabled={listings.isFetchingNextPage} onClick={() => void listings.fetchNextPage()}>
            {t("more")}
          </Button>
        </div>
      ) : null}
    </section>
  );
}
