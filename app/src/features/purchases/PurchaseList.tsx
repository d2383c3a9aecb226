"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { Button, buttonClass } from "@/components/Button.tsx";
import { PurchaseCard } from "./PurchaseCard.tsx";
import type { usePurchases } from "./usePurchases.ts";

type Purchases = ReturnType<typeof usePurchases>;

/** What was paid for first: nobody can put a gift in front of it. */
export function PurchaseList({ bought, given }: { bought: Purchases; given: Purchases }) {
  const t = useTranslations("purchases");
  const isEmpty = ({ data }: Purchases) => !data?.pages.some((page) => page.items.length > 0);
  if (isEmpty(bought) && isEmpty(given))
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
    <div className="grid gap-8">
      {isEmpty(bought) ? null : <Cards list={bought} />}
      {isEmpty(given) ? null : (
        <section className="grid gap-4">
          <h2 className="text-xl">{t("gifts")}</h2>
          <Cards list={given} />
        </section>
      )}
    </div>
  );
}

function Cards({ list }: { list: Purchases }) {
  const t = useTranslations("purchases");
  const items = list.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <div className="grid gap-4">
      <ul className="grid gap-4 [grid-template-columns:repeat(auto-fill,minmax(min(100%,26rem),1fr))]">
        {items.map((item) => (
          <PurchaseCard key={item.grantId} purchase={item} />
        ))}
      </ul>
      {list.hasNextPage ? (
        <div>
          <Button disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            {t("more")}
          </Button>
        </div>
      ) : null}
    </div>
  );
}
