"use client";

import { useTranslations } from "next-intl";
import { Suspense } from "react";
import { Crest } from "@/components/Crest.tsx";
import { Ready } from "@/features/shell/Ready.tsx";
import { Facets } from "./Facets.tsx";
import { FirstCards } from "./FirstCards.tsx";
import { Results } from "./Results.tsx";
import { FollowAddress, useFilters } from "./useFilters.ts";

export function MarketPage() {
  const t = useTranslations("market");
  const { filters, change } = useFilters();
  return (
    <>
      <Suspense fallback={null}>
        <FollowAddress />
      </Suspense>
      <div className="bg-surface">
        <div className="page pb-8 pt-8 sm:pb-10 sm:pt-12">
          <h1 className="max-w-[22ch] text-3xl">{t("heading")}</h1>
          <p className="mt-3 max-w-[var(--measure)] text-lg text-soft">{t("intro")}</p>
        </div>
        <Crest />
      </div>
      <Facets filters={filters} onChange={change} />
      <Ready waiting={<FirstCards />}>
        <Results filters={filters} onClear={() => change({ q: "", category: "", kind: "" })} />
      </Ready>
    </>
  );
}
