"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { Tag } from "@/components/Tag.tsx";
import { isCategory } from "@/features/market/filters.ts";
import { useHeads } from "@/features/market/useMarket.ts";
import { useNow } from "@/features/shell/useNow.ts";
import type { ListingDetail } from "@/lib/indexer.ts";
import { pulseOf } from "@/lib/liveness.ts";
import { formatClock } from "@/lib/time.ts";
import { useDuration } from "@/lib/useDuration.ts";

const LIVE_TONE = { live: "moss", quiet: "amber", stale: "mark", gone: "mark", unknown: "plain" } as const;

export function ListingHead({ listing }: { listing: ListingDetail }) {
  const t = useTranslations("listing");
  const duration = useDuration();
  const market = useTranslations("market");
  const words = useTranslations("liveness");
  const now = useNow();
  const heads = useHeads([listing]);
  const sealed = heads.data?.byListing.get(listing.id)?.sealedAtMs;
  const liveness = pulseOf(heads.data, listing.id, now);
  return (
    <header className="border-b border-line bg-surface">
      <div className="page grid gap-3 py-8">
        <nav aria-label={t("breadcrumb")} className="text-sm">
          <Link href="/" className="underline underline-offset-4 hover:text-water">
            {t("toMarket")}
          </Link>
        </nav>
        <h1 className="max-w-[36ch] text-2xl sm:text-3xl">{listing.title}</h1>
        <p className="text-soft">
          {t("soldBy", { hub: listing.hub.name })}
          {listing.place ? ` · ${listing.place.name}` : ""}
        </p>
        <p className="max-w-[var(--measure)]">{listing.description}</p>
        <p className="flex flex-wrap items-center gap-2">
          <Tag tone={LIVE_TONE[liveness]}>{words(liveness)}</Tag>
          <Tag tone={listing.source.kind === "live" ? "water" : "amber"}>
            {market(`source.${listing.source.kind}`)}
          </Tag>
          <Tag>
            {isCategory(listing.category) ? market(`categories.${listing.category}`) : listing.category}
          </Tag>
          {listing.state === "open" ? null : <Tag tone="mark">{t(`state.${listing.state}`)}</Tag>}
          {sealed && now ? (
            <span className="figure text-sm text-soft">
              {t("lastSealed", { age: duration((now - sealed) / 1_000), at: formatClock(sealed) })}
            </span>
          ) : null}
        </p>
        {listing.source.kind === "replay" ? <p className="text-sm text-amber">{t("replayNote")}</p> : null}
      </div>
    </header>
  );
}
