"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { Pulse } from "@/components/Pulse.tsx";
import { Tag } from "@/components/Tag.tsx";
import { usePriceWords } from "@/features/listing/usePriceWords.ts";
import type { ListingItem } from "@/lib/indexer.ts";
import type { Liveness } from "@/lib/liveness.ts";
import { CARD_LINK_CLASS, CardFrame } from "./CardFrame.tsx";
import { isCategory } from "./filters.ts";

export function ListingCard({
  listing,
  liveness,
  sealedAtMs,
  now,
}: {
  listing: ListingItem;
  liveness: Liveness;
  sealedAtMs: number | undefined;
  now: number;
}) {
  const t = useTranslations("market");
  const priceWords = usePriceWords();
  const [first, ...others] = listing.plans;
  const words = first && priceWords(first, listing.token);
  const category = isCategory(listing.category) ? t(`categories.${listing.category}`) : listing.category;
  return (
    <CardFrame
      pulse={<Pulse liveness={liveness} sealedAtMs={sealedAtMs} now={now} />}
      link={
        <Link href={`/listing?id=${listing.id}`} prefetch={false} className={CARD_LINK_CLASS}>
          {listing.title}
        </Link>
      }
      where={[listing.hub.name, listing.place?.name].filter(Boolean).join(" · ")}
      description={listing.description}
      tags={
        <>
          <Tag>{category}</Tag>
          <Tag tone={listing.source.kind === "live" ? "water" : "amber"}>
            {t(`source.${listing.source.kind}`)}
          </Tag>
          {listing.source.rate ? <Tag>{listing.source.rate}</Tag> : null}
          {listing.restricted ? <Tag tone="mark">{t("restricted")}</Tag> : null}
          {typeof listing.rating?.average === "number" ? (
            <Tag>
              {t("rated", { average: listing.rating.average.toFixed(1), count: listing.rating.count })}
            </Tag>
          ) : null}
        </>
      }
      price={
        <>
          {words ? words.now : t("noPlan")}
          {others.length > 0 ? (
            <span className="ml-2 text-sm font-normal text-soft">
              {t("morePlans", { count: others.length })}
            </span>
          ) : null}
          {words?.promotion ? (
            <span className="block text-xs font-normal text-soft">{words.promotion}</span>
          ) : null}
        </>
      }
    />
  );
}
