"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { buttonClass } from "@/components/Button.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { IndexerRefused } from "@/lib/indexer.ts";

/** No such listing, or nobody who could say so. */
export function ListingMissing({
  id,
  error,
  onRetry,
}: {
  id: string | null;
  error: Error | null;
  onRetry: () => void;
}) {
  const t = useTranslations("listing");
  const unknown = !error || (error instanceof IndexerRefused && error.status === 404);
  return (
    <div className="page grid justify-items-start gap-4 py-12">
      <h1 className="text-2xl">{unknown ? t("unknown", { id: id ?? "" }) : t("unreadable")}</h1>
      {unknown ? (
        <p className="text-soft">{t("unknownAdvice")}</p>
      ) : (
        <ErrorNotice error={error} onRetry={onRetry} />
      )}
      <Link href="/" className={buttonClass("plain")}>
        {t("toMarket")}
      </Link>
    </div>
  );
}
