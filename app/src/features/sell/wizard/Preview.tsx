"use client";

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import { useState } from "react";
import { ListingView } from "@/features/listing/ListingView.tsx";
import { ListingCard } from "@/features/market/ListingCard.tsx";
import type { ListingDetail } from "@/lib/indexer.ts";

/** The market's own card, made from the bytes that will be signed. It cannot be clicked. */
export function CardPreview({ detail }: { detail: ListingDetail }) {
  const t = useTranslations("sell.wizard");
  return (
    <section aria-label={t("preview")} className="grid grid-cols-[minmax(0,1fr)] gap-2">
      <h3 className="eyebrow">{t("preview")}</h3>
      <ul inert data-preview="card" className="[overflow-wrap:anywhere]">
        <ListingCard listing={detail} liveness="unknown" sealedAtMs={undefined} now={0} />
      </ul>
      <p className="text-xs text-soft">{t("previewNote")}</p>
    </section>
  );
}

/** A preview asks nobody: what only an offered listing has (a sample, ratings) is not there yet. */
function quietClient(id: string): QueryClient {
  const client = new QueryClient({ defaultOptions: { queries: { enabled: false } } });
  client.setQueryData(["sample", id], null);
  client.setQueryData(["ratings", id], { items: [], next: null });
  return client;
}

/** The page that the market shows for the listing. */
export function PagePreview({ detail }: { detail: ListingDetail }) {
  const t = useTranslations("sell.wizard");
  const [client] = useState(() => quietClient(detail.id));
  return (
    <section aria-label={t("pagePreview")} className="grid grid-cols-[minmax(0,1fr)] gap-3">
      <h3 className="text-lg">{t("pagePreview")}</h3>
      <div
        inert
        data-preview="page"
        className="max-h-[46rem] overflow-hidden rounded-lg border border-line-strong bg-paper pb-8 [overflow-wrap:anywhere]"
      >
        <QueryClientProvider client={client}>
          <ListingView listing={detail} />
        </QueryClientProvider>
      </div>
    </section>
  );
}
