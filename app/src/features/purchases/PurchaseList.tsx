"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { buttonClass } from "@/components/Button.tsx";
import type { PurchaseItem } from "@/lib/indexer.ts";
import { PurchaseCard } from "./PurchaseCard.tsx";

export function PurchaseList({ items }: { items: PurchaseItem[] }) {
  const t = useTranslations("purchases");
  if (items.length === 0)
    return (
      <div className="sheet grid justify-items-start gap-3 p-8">
        <p className="text-lg font-semibold">{t("none")}</p>
        <p className="text-soft">{t("noneNote")}</p>
        <Link href="/" className={buttonClass("primary")}>
          {t("toMarket")}
        </Link>
      </div>
    );
  return (
    <ul className="grid gap-4 [grid-template-columns:repeat(auto-fill,minmax(min(100%,26rem),1fr))]">
      {items.map((item) => (
        <PurchaseCard key={item.grantId} purchase={item} />
      ))}
    </ul>
  );
}
