"use client";

import { useInfiniteQuery } from "@tanstack/react-query";
import { revokeGrant } from "@weir/sdk/chain";
import { useTranslations } from "next-intl";
import type { Address, Hex } from "viem";
import { Button } from "@/components/Button.tsx";
import { Copy } from "@/components/Copy.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { Skeleton } from "@/components/Skeleton.tsx";
import { Table } from "@/components/Table.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { tokenOf } from "@/lib/config.ts";
import { indexerGet, type Page } from "@/lib/indexer.ts";
import { formatShort } from "@/lib/money.ts";
import { formatMoment } from "@/lib/time.ts";
import { ActButton } from "../ActButton.tsx";
import { useAct } from "../useAct.ts";
import { runningSubscription } from "./revoke.ts";
import type { MyListing } from "./useMyListings.ts";

const BUYERS_EVERY_MS = 5_000;

export interface BuyerItem {
  grantId: Hex;
  buyer: Address;
  plan: number;
  kind: string;
  paymentId: Hex;
  amount: string;
  createdAt: number;
  revokedAt: number | null;
  given?: boolean;
  channel: { token: Address; deposit: string; claimed: string } | null;
  subscription: { token: Address; deposit: string; claimed?: string } | null;
}

const isGift = (item: BuyerItem): boolean =>
  item.given === true || item.kind === "given" || item.kind === "gift";

function useBuyers(listingId: string) {
  const config = useWeirConfig();
  return useInfiniteQuery({
    queryKey: ["sell", "buyers", listingId],
    initialPageParam: "",
    refetchInterval: BUYERS_EVERY_MS,
    getNextPageParam: (page: Page<BuyerItem>) => page.next ?? undefined,
    queryFn: ({ signal, pageParam }) => {
      const query = new URLSearchParams({ limit: "50", ...(pageParam ? { cursor: pageParam } : {}) });
      return indexerGet<Page<BuyerItem>>(
        config.indexers,
        `/v1/listings/${listingId}/buyers?${query}`,
        signal,
      );
    },
  });
}

export function Buyers({ listing, may }: { listing: MyListing; may: boolean }) {
  const t = useTranslations("sell.buyers");
  const buyers = useBuyers(listing.id);
  if (buyers.error && !buyers.data)
    return <ErrorNotice error={buyers.error} onRetry={() => void buyers.refetch()} />;
  if (!buyers.data) return <Skeleton className="h-24 w-full" />;
  const items = buyers.data.pages.flatMap((page) => page.items);
  if (items.length === 0) return <p className="rounded-md bg-sunk p-4 text-sm text-soft">{t("none")}</p>;
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-3">
      <Table
        label={t("title")}
        head={[t("buyer"), t("plan"), t("paidIn"), t("settled"), t("since"), t("act")]}
      >
        {items.map((item) => (
          <BuyerRow key={item.grantId} item={item} may={may} />
        ))}
      </Table>
      {buyers.hasNextPage ? <Button onClick={() => void buyers.fetchNextPage()}>{t("more")}</Button> : null}
    </div>
  );
}

function BuyerRow({ item, may }: { item: BuyerItem; may: boolean }) {
  const t = useTranslations("sell.buyers");
  const kinds = useTranslations("market.kinds");
  const config = useWeirConfig();
  const escrow = item.channel ?? item.subscription;
  const money = (amount: string, address: Address) => {
    const token = tokenOf(config, address);
    return `${formatShort(BigInt(amount), token.decimals)} ${token.symbol}`;
  };
  const revoke = useAct(async ({ client, contracts }) => {
    const subscription = await runningSubscription(client, contracts, {
      grantId: item.grantId,
      given: isGift(item),
    });
    return revokeGrant(client, { contracts, grantId: item.grantId, subscription });
  });
  const kind = (["message", "byte", "period", "flat", "free"] as const).find((name) => name === item.kind);
  return (
    <tr data-grant={item.grantId}>
      <td>
        <Copy value={item.buyer} label={t("buyer")} />
      </td>
      <td className="whitespace-nowrap">{isGift(item) || !kind ? t("gift") : kinds(kind)}</td>
      <td className="figure whitespace-nowrap">{escrow ? money(escrow.deposit, escrow.token) : "–"}</td>
      <td className="figure whitespace-nowrap">
        {escrow?.claimed ? money(escrow.claimed, escrow.token) : "–"}
      </td>
      <td className="whitespace-nowrap">{formatMoment(item.createdAt * 1_000)}</td>
      <td>
        {item.revokedAt ? (
          t("revoked")
        ) : may ? (
          <ActButton
            tone="quiet"
            confirm={t("revokeWarning")}
            run={() => revoke.mutate()}
            pending={revoke.isPending}
            error={revoke.error}
          >
            {t("revoke")}
          </ActButton>
        ) : (
          t("reading")
        )}
      </td>
    </tr>
  );
}
