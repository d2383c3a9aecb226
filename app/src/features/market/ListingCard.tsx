"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { Pulse } from "@/components/Pulse.tsx";
import { Tag } from "@/components/Tag.tsx";
import { usePriceWords } from "@/features/listing/usePriceWords.ts";
import type { ListingItem } from "@/lib/indexer.ts";
import type { Liveness } from "@/lib/liveness.ts";
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
  const category = isCategory(listing.category) ? t(`categories.${listing.category}`) : listing.category;
  return (
    <li className="sheet relative flex min-h-60 flex-col overflow-hidden transition-colors focus-within:border-water hover:border-water">
      <Pulse liveness={liveness} sealedAtMs={sealedAtMs} now={now} />
      <div className="flex flex-1 flex-col px-5 pb-4">
        <h2 className="text-lg leading-snug">
          <Link
            href={`/listing?id=${listing.id}`}
            prefetch={false}
            className="line-clamp-2 after:absolute after:inset-0 after:content-[''] focus-visible:outline-none"
          >
            {listing.title}
          </Link>
        </h2>
        <p className="mt-0.5 text-sm text-soft">
          {[listing.hub.name, listing.place?.name].filter(Boolean).join(" · ")}
        </p>
        <p className="mt-2.5 line-clamp-2 text-sm">{listing.description}</p>
        <p className="mb-3 mt-3 flex flex-wrap gap-1.5">
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
        </p>
        <p className="figure mt-auto border-t border-line pt-3 font-semibold">
          {first ? priceWords(first, listing.token) : t("noPlan")}
          {others.length > 0 ? (
            <span className="ml-2 text-sm font-normal text-soft">
              {t("morePlans", { count: others.length })}
            </span>
          ) : null}
        </p>
      </div>
    </li>
  );
}
