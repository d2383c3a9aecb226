"use client";

import dynamic from "next/dynamic";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { Button } from "@/components/Button.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { tokenOf } from "@/lib/config.ts";
import type { ListingDetail, PlanItem } from "@/lib/indexer.ts";
import { formatAmount } from "@/lib/money.ts";
import { isMetered } from "./plans.ts";
import { RequestPanel } from "./RequestPanel.tsx";
import { usePriceWords } from "./usePriceWords.ts";
import { useRequest } from "./useRequest.ts";

const BuyDialog = dynamic(() => import("@/features/buy/BuyDialog.tsx").then((module) => module.BuyDialog), {
  ssr: false,
});

function PlanRow({ plan, listing }: { plan: PlanItem; listing: ListingDetail }) {
  const t = useTranslations("listing");
  const priceWords = usePriceWords();
  const token = tokenOf(useWeirConfig(), listing.token);
  const words = priceWords(plan, listing.token);
  return (
    <li className="grid gap-1 border-t border-line px-5 py-4 first:border-t-0">
      <span className="eyebrow">{t(`plan.${plan.kind}`)}</span>
      <span className="figure text-lg font-semibold leading-snug">{words.now}</span>
      {words.promotion ? <span className="figure text-sm text-soft">{words.promotion}</span> : null}
      {plan.kind === "message" || plan.kind === "byte" ? (
        <span className="figure text-sm text-soft">
          {t("entry", { entry: `${formatAmount(BigInt(plan.entry), token.decimals)} ${token.symbol}` })}
        </span>
      ) : null}
    </li>
  );
}

export function Plans({ listing }: { listing: ListingDetail }) {
  const t = useTranslations("listing");
  const [buying, setBuying] = useState(false);
  const asked = useRequest(listing);
  const free = listing.plans.every((plan) => plan.kind === "free");
  const metered = listing.plans.some(isMetered);
  const open = listing.state === "open" && listing.plans.length > 0;
  const forSale = open && (!asked.restricted || asked.approval !== undefined);
  return (
    <section aria-label={t("plans")} className="sheet overflow-hidden">
      <div aria-hidden="true" className="staff h-3 border-b border-line bg-sunk" />
      <h2 className="px-5 pt-4 text-xl">{t("plans")}</h2>
      <ul className="mt-1">
        {listing.plans.map((plan) => (
          <PlanRow key={plan.index} plan={plan} listing={listing} />
        ))}
      </ul>
      {open && asked.restricted ? (
        <div className="border-t border-line p-5">
          <RequestPanel asked={asked} />
        </div>
      ) : null}
      <div className="grid gap-2 border-t border-line p-5">
        <Button tone="primary" disabled={!forSale} onClick={() => setBuying(true)} className="text-lg">
          {free ? t("getFree") : t("buy")}
        </Button>
        <p className="text-sm text-soft">
          {forSale
            ? t(free ? "freeNote" : metered ? "buyNote" : "timedNote")
            : t(open ? "onlyApproved" : "notForSale")}
        </p>
      </div>
      {buying ? (
        <BuyDialog listing={listing} approval={asked.approval} onClose={() => setBuying(false)} />
      ) : null}
    </section>
  );
}
