"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { buttonClass } from "@/components/Button.tsx";
import type { PurchaseItem } from "@/lib/indexer.ts";

/** Stopping settles what was read to the message, so it happens where the reading does. */
export function StopFromCard({ purchase }: { purchase: PurchaseItem }) {
  const t = useTranslations("purchases");
  return (
    <Link
      href={`/live?id=${purchase.listingId}&grant=${purchase.grantId}&stop=1`}
      className={buttonClass("mark")}
    >
      {t("stop")}
    </Link>
  );
}
