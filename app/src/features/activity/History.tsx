"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import type { Address } from "viem";
import { Button } from "@/components/Button.tsx";
import { Copy } from "@/components/Copy.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { Skeleton } from "@/components/Skeleton.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { tokenOf } from "@/lib/config.ts";
import { formatAmount, formatShort } from "@/lib/money.ts";
import { formatMoment } from "@/lib/time.ts";
import { type HistoryItem, useHistory } from "./useHistory.ts";
import { useActivityWords } from "./useWords.ts";

/** What the chain says happened, newest first. */
export function History({ account }: { account: Address }) {
  const t = useTranslations("activity");
  const history = useHistory(account);
  if (history.error && !history.data)
    return <ErrorNotice error={history.error} onRetry={() => void history.refetch()} />;
  if (!history.data) return <Skeleton className="h-64" />;
  const items = history.data.pages.flatMap((page) => page.items);
  if (items.length === 0)
    return <p className="rounded-md bg-sunk p-4 text-sm text-soft">{t("historyEmpty")}</p>;
  return (
    <div className="grid gap-3">
      <ol aria-label={t("history")} className="sheet divide-y divide-line">
        {items.map((item) => (
          <Row key={item.id} item={item} />
        ))}
      </ol>
      {history.hasNextPage ? (
        <div>
          <Button disabled={history.isFetchingNextPage} onClick={() => void history.fetchNextPage()}>
            {t("more")}
          </Button>
        </div>
      ) : null}
    </div>
  );
}

function Row({ item }: { item: HistoryItem }) {
  const t = useTranslations("activity");
  const words = useActivityWords();
  return (
    <li className="grid gap-x-4 gap-y-1 px-4 py-3 sm:grid-cols-[minmax(0,1fr)_auto]">
      <div className="min-w-0">
        <p className="font-semibold">{words.event(item.name)}</p>
        <p className="truncate text-sm text-soft">
          {item.listingId ? (
            <Link className="hover:underline" href={`/listing?id=${item.listingId}`} prefetch={false}>
              {item.listing?.title || t("listing", { id: item.listingId })}
            </Link>
          ) : item.hubId ? (
            t("hub", { id: item.hubId })
          ) : (
            item.contract
          )}
        </p>
      </div>
      <div className="flex flex-wrap items-center gap-x-4 text-sm sm:grid sm:justify-items-end">
        <Amount item={item} />
        <span className="flex flex-wrap items-center gap-3 text-xs text-soft">
          <time className="figure" dateTime={new Date(item.createdAt * 1_000).toISOString()}>
            {formatMoment(item.createdAt * 1_000)}
          </time>
          <Copy value={item.transactionHash} label={t("transaction")} />
        </span>
      </div>
    </li>
  );
}

function Amount({ item: { amount, token } }: { item: HistoryItem }) {
  const config = useWeirConfig();
  if (amount === null || token === null || amount === "0") return null;
  const { symbol, decimals } = tokenOf(config, token);
  return (
    <span className="figure font-semibold" title={`${formatAmount(BigInt(amount), decimals)} ${symbol}`}>
      {formatShort(BigInt(amount), decimals)} {symbol}
    </span>
  );
}
