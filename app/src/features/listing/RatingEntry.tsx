"use client";

import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { Copy } from "@/components/Copy.tsx";
import type { RatingItem } from "@/lib/indexer.ts";
import { formatMoment } from "@/lib/time.ts";

/** One buyer's verdict, and the seller's response to it. */
export function RatingEntry({ item, children }: { item: RatingItem; children?: ReactNode }) {
  const t = useTranslations("rate");
  const [asDescribed = 0, inTime = 0, communication = 0, noIssues = 0] = item.scores;
  return (
    <li className="grid grid-cols-[minmax(0,1fr)] gap-1.5 p-4" data-rating={item.buyer}>
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
      {children}
    </li>
  );
}
