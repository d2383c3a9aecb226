"use client";

import { useTranslations } from "next-intl";
import { Copy } from "@/components/Copy.tsx";
import { Stat } from "@/components/Stat.tsx";
import type { ListingDetail } from "@/lib/indexer.ts";
import { formatCount } from "@/lib/money.ts";
import { formatMoment } from "@/lib/time.ts";
import { useDuration } from "@/lib/useDuration.ts";

export function Facts({ listing }: { listing: ListingDetail }) {
  const t = useTranslations("listing");
  const duration = useDuration();
  const { source, segment } = listing;
  return (
    <dl className="sheet grid gap-x-6 gap-y-5 p-5 sm:grid-cols-2 xl:grid-cols-3">
      <Stat label={t("hub")} note={<Copy value={listing.hub.owner} label={t("owner")} />}>
        {listing.hub.name}
      </Stat>
      <Stat label={t("origin")}>{source.origin || t("originLive")}</Stat>
      <Stat label={t("rate")}>{source.rate || t("rateUnknown")}</Stat>
      <Stat
        label={t("segments")}
        note={t("segmentsNote", { ms: segment.flushMs, count: segment.maxMessages })}
      >
        {t("epoch", { length: duration(listing.epochLength) })}
      </Stat>
      <Stat label={t("purchases")}>{formatCount(listing.purchases)}</Stat>
      <Stat label={t("since")}>{formatMoment(listing.createdAt * 1_000)}</Stat>
    </dl>
  );
}
