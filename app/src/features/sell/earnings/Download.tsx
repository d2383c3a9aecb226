"use client";

import { useMutation } from "@tanstack/react-query";
import { useTranslations } from "next-intl";
import type { Address } from "viem";
import { Button } from "@/components/Button.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import type { TokenEntry } from "@/lib/config.ts";
import { download } from "@/lib/download.ts";
import { indexerGet, type Page } from "@/lib/indexer.ts";
import type { BuyerItem } from "../listings/Buyers.tsx";
import type { MyListing } from "../listings/useMyListings.ts";
import type { HubDetail } from "../useHub.ts";
import { type EarningRow, earningsCsv } from "./csv.ts";

/** Pages of one listing's buyers in one file; a seller with more reads the API. */
const MAX_PAGES = 100;

/** Every buyer of every listing who paid in `token`, now or before a revision changed it, as a table for the books. */
export function Download({
  hub,
  listings,
  token,
}: {
  hub: HubDetail;
  listings: MyListing[];
  token: TokenEntry;
}) {
  const t = useTranslations("sell.earnings");
  const { indexers } = useWeirConfig();
  const save = useMutation({
    mutationFn: async () => {
      const rows: EarningRow[] = [];
      for (const listing of listings)
        for (const item of await buyersOf(indexers, listing.id))
          if (isSame(paidIn(listing, item), token.address)) rows.push(rowOf(listing, item, token));
      download(new Blob([earningsCsv(rows)], { type: "text/csv" }), `weir-hub-${hub.id}-${token.symbol}.csv`);
    },
  });
  return (
    <div className="grid justify-items-start gap-2">
      <Button disabled={save.isPending} onClick={() => save.mutate()}>
        {t("download")}
      </Button>
      <ErrorNotice error={save.error ?? undefined} />
    </div>
  );
}

async function buyersOf(indexers: string[], listingId: string): Promise<BuyerItem[]> {
  const items: BuyerItem[] = [];
  let cursor = "";
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = new URLSearchParams({ limit: "100", ...(cursor ? { cursor } : {}) });
    const answer = await indexerGet<Page<BuyerItem>>(indexers, `/v1/listings/${listingId}/buyers?${query}`);
    items.push(...answer.items);
    if (!answer.next) break;
    cursor = answer.next;
  }
  return items;
}

/** What nothing was paid for stands with what the listing is sold in now. */
const paidIn = ({ detail }: MyListing, { channel, subscription }: BuyerItem): Address =>
  (channel ?? subscription)?.token ?? detail.token;
const isSame = (a: Address, b: Address): boolean => a.toLowerCase() === b.toLowerCase();

const rowOf = (listing: MyListing, item: BuyerItem, token: TokenEntry): EarningRow => {
  const escrow = item.channel ?? item.subscription;
  return {
    listing: listing.id,
    title: listing.detail.title,
    buyer: item.buyer,
    kind: item.kind,
    since: new Date(item.createdAt * 1_000).toISOString(),
    token: token.symbol,
    decimals: token.decimals,
    deposited: BigInt(escrow?.deposit ?? 0),
    settled: BigInt(escrow?.claimed ?? 0),
  };
};
