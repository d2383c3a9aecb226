"use client";

import { ListingFlag, type ListingTerms } from "@weir/sdk/core";
import { useTranslations } from "next-intl";
import { usePriceWords } from "@/features/listing/usePriceWords.ts";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { tokenOf } from "@/lib/config.ts";
import { detailOf, parseMetadata } from "../listings/detail.ts";
import type { MyListing } from "../listings/useMyListings.ts";
import { amountsOf, changesBetween } from "./changes.ts";

const GATES = ["restricted", "unlisted", "open", "personalData", "sharedWithMarkets"] as const;

/** Line by line: what goes, what comes. */
export function Changes({
  listing,
  terms,
  metadata,
}: {
  listing: MyListing;
  terms: ListingTerms;
  metadata: string;
}) {
  const t = useTranslations("sell.changes");
  const flags = useTranslations("licence.flags");
  const priceWords = usePriceWords();
  const config = useWeirConfig();
  const changes = changesBetween(
    { terms: listing.terms, metadata: parseMetadata(listing.metadata) },
    { terms, metadata: parseMetadata(metadata) },
    {
      plans: (of) =>
        detailOf({ ...listing.detail, id: listing.id, terms: of, metadataText: "{}", at: 0 })
          .plans.map((plan) => {
            const { entry, promo, upfront } = amountsOf(plan, tokenOf(config, of.token));
            return [
              priceWords(plan, of.token).usual,
              plan.rights.join("+"),
              entry ? t("entry", { amount: entry }) : "",
              promo ? t("promo", { amount: promo }) : "",
              t("rest", { window: plan.maxWindow, notice: plan.notice, upfront }),
            ]
              .filter(Boolean)
              .join(" · ");
          })
          .join("\n"),
      gates: (of) =>
        [
          ...GATES.filter((gate) => (of.flags & ListingFlag[gate]) !== 0).map((gate) =>
            flags(`${gate}.name`),
          ),
          /^0x0+$/.test(of.attestationSchema) ? "" : of.attestationSchema,
        ]
          .filter(Boolean)
          .join("\n"),
    },
  );
  if (changes.length === 0) return <p className="text-soft">{t("none")}</p>;
  return (
    <dl className="grid grid-cols-[minmax(0,1fr)] gap-4" data-changes>
      {changes.map(({ part, before, after }) => {
        const [gone, come] = differing(before, after);
        return (
          <div key={part} className="grid grid-cols-[minmax(0,1fr)] gap-1" data-change={part}>
            <dt className="text-sm font-semibold">{t(`parts.${part}`)}</dt>
            <dd className="rounded-t-md bg-mark-wash p-3 font-mono text-xs whitespace-pre-wrap [overflow-wrap:anywhere]">
              <span className="sr">{t("before")} </span>
              <del className="no-underline">{gone || "–"}</del>
            </dd>
            <dd className="rounded-b-md bg-moss-wash p-3 font-mono text-xs whitespace-pre-wrap [overflow-wrap:anywhere]">
              <span className="sr">{t("after")} </span>
              <ins className="no-underline">{come || "–"}</ins>
            </dd>
          </div>
        );
      })}
    </dl>
  );
}

/** Only the lines that the other side does not have. */
function differing(before: string, after: string): [gone: string, come: string] {
  const [was, is] = [before.split("\n"), after.split("\n")];
  const without = (lines: string[], other: string[]) =>
    lines.filter((line) => !other.includes(line)).join("\n");
  return [without(was, is), without(is, was)];
}
