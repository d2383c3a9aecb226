"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { respond } from "@weir/sdk/chain";
import { useTranslations } from "next-intl";
import { Button } from "@/components/Button.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { Skeleton } from "@/components/Skeleton.tsx";
import { RatingEntry } from "@/features/listing/RatingEntry.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { indexerGet, type Page, type RatingItem } from "@/lib/indexer.ts";
import { useAct } from "../useAct.ts";
import { Respond } from "./Respond.tsx";
import type { MyListing } from "./useMyListings.ts";

const RATINGS_EVERY_MS = 5_000;

/** What buyers say of a listing, newest first; each may be answered once, where everybody can read it. */
export function ListingRatings({ listing, may }: { listing: MyListing; may: boolean }) {
  const t = useTranslations("sell.ratings");
  const { indexers } = useWeirConfig();
  const ratings = useInfiniteQuery({
    queryKey: ["sell", "ratings", listing.id],
    initialPageParam: "",
    refetchInterval: RATINGS_EVERY_MS,
    getNextPageParam: (page: Page<RatingItem>) => page.next ?? undefined,
    queryFn: ({ signal, pageParam }) => {
      const query = new URLSearchParams({ limit: "50", ...(pageParam ? { cursor: pageParam } : {}) });
      return indexerGet<Page<RatingItem>>(indexers, `/v1/listings/${listing.id}/ratings?${query}`, signal);
    },
  });
  if (ratings.error && !ratings.data)
    return <ErrorNotice error={ratings.error} onRetry={() => void ratings.refetch()} />;
  if (!ratings.data) return <Skeleton className="h-24 w-full" />;
  const items = ratings.data.pages.flatMap((page) => page.items).filter(({ newest }) => newest);
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
      {items.length === 0 ? (
        <p className="rounded-md bg-sunk p-4 text-sm text-soft">{t("none")}</p>
      ) : (
        <ul aria-label={t("title")} className="divide-y divide-line rounded-md border border-line">
          {items.map((item) => (
            <Rated key={`${item.grantId}-${item.revision}`} item={item} listing={listing} may={may} />
          ))}
        </ul>
      )}
      {ratings.hasNextPage ? <Button onClick={() => void ratings.fetchNextPage()}>{t("more")}</Button> : null}
    </div>
  );
}

function Rated({ item, listing, may }: { item: RatingItem; listing: MyListing; may: boolean }) {
  const { buyer, revision } = item;
  const { listingId } = listing;
  const send = useAct<string>(({ client, contracts }, text) =>
    respond(client, { contracts, listingId, buyer, revision, text }),
  );
  // What is mined is shown before the index has it.
  const response = item.response ?? (send.isSuccess ? { text: send.variables } : null);
  return (
    <RatingEntry item={{ ...item, response }}>
      {may && response === null ? (
        <Respond onSend={send.mutate} pending={send.isPending} error={send.error} />
      ) : null}
    </RatingEntry>
  );
}
