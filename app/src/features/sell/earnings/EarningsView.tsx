"use client";

import { useTranslations } from "next-intl";
import type { Address } from "viem";
import { Empty } from "@/components/Empty.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { Section } from "@/components/Section.tsx";
import { Skeleton } from "@/components/Skeleton.tsx";
import { Stat } from "@/components/Stat.tsx";
import { Table } from "@/components/Table.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { useNow } from "@/features/shell/useNow.ts";
import { type TokenEntry, tokenOf } from "@/lib/config.ts";
import { formatAmount, formatCount, formatShort } from "@/lib/money.ts";
import { useMyListings } from "../listings/useMyListings.ts";
import type { HubDetail } from "../useHub.ts";
import { AtGateway } from "./AtGateway.tsx";
import { BarChart } from "./BarChart.tsx";
import { Download } from "./Download.tsx";
import { barsOf } from "./days.ts";
import { Owed } from "./Owed.tsx";
import { type Earnings, useEarnings } from "./useEarnings.ts";

const DAYS = 30;

const sum = (amounts: readonly string[]): bigint =>
  amounts.reduce((total, amount) => total + BigInt(amount), 0n);
const same = (a: Address, b: Address): boolean => a.toLowerCase() === b.toLowerCase();

export function EarningsView({ hub }: { hub: HubDetail }) {
  const t = useTranslations("sell.earnings");
  const config = useWeirConfig();
  const earnings = useEarnings(hub);
  const used = [...new Set((earnings.data?.items ?? []).map((item) => item.token.toLowerCase()))];
  return (
    <Section title={t("title")} note={t("note")}>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-6">
        <Owed hub={hub} />
        {config.gateways.map((gateway) => (
          <AtGateway key={gateway.id} hub={hub} gateway={gateway} />
        ))}
        {earnings.error && !earnings.data ? (
          <ErrorNotice error={earnings.error} onRetry={() => void earnings.refetch()} />
        ) : !earnings.data ? (
          <Skeleton className="h-56 w-full" />
        ) : used.length === 0 ? (
          <Empty title={t("none")} note={t("noneNote")} />
        ) : (
          used.map((token) => (
            <TokenEarnings key={token} hub={hub} earnings={earnings.data} token={tokenOf(config, token)} />
          ))
        )}
      </div>
    </Section>
  );
}

/** Amounts in different tokens are never added up. */
function TokenEarnings({ hub, earnings, token }: { hub: HubDetail; earnings: Earnings; token: TokenEntry }) {
  const t = useTranslations("sell.earnings");
  const now = useNow(60_000);
  const listings = useMyListings(hub);
  const items = earnings.items.filter((item) => same(item.token, token.address));
  const days = earnings.byDay.filter((item) => same(item.token, token.address));
  const titleOf = (id: string) =>
    listings.data?.find((listing) => listing.id === id)?.detail.title || `#${id}`;
  const money = (amount: bigint) => (
    <span title={`${formatAmount(amount, token.decimals)} ${token.symbol}`}>
      {formatShort(amount, token.decimals)} {token.symbol}
    </span>
  );
  return (
    <section aria-label={token.symbol} className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <dl
        className="grid grid-cols-2 gap-5 lg:grid-cols-4"
        data-settled={String(sum(items.map((item) => item.settled)))}
      >
        <Stat label={t("settled")}>{money(sum(items.map((item) => item.settled)))}</Stat>
        <Stat label={t("relayCuts")}>{money(sum(items.map((item) => item.relayCuts)))}</Stat>
        <Stat label={t("marketCuts")}>{money(sum(items.map((item) => item.marketCuts)))}</Stat>
        <Stat label={t("purchases")}>
          {formatCount(items.reduce((count, item) => count + item.purchases, 0))}
        </Stat>
      </dl>
      {now > 0 ? <BarChart bars={barsOf(days, now, DAYS)} token={token} /> : null}
      <Table
        label={t("byListing")}
        head={[t("listing"), t("purchases"), t("settled"), t("relayCuts"), t("marketCuts")]}
      >
        {items.map((item) => (
          <tr key={item.listingId}>
            <th scope="row" className="font-semibold [overflow-wrap:anywhere]">
              {titleOf(item.listingId)}
            </th>
            <td className="figure">{formatCount(item.purchases)}</td>
            <td className="figure whitespace-nowrap">{money(BigInt(item.settled))}</td>
            <td className="figure whitespace-nowrap">{money(BigInt(item.relayCuts))}</td>
            <td className="figure whitespace-nowrap">{money(BigInt(item.marketCuts))}</td>
          </tr>
        ))}
      </Table>
      <Download hub={hub} listings={listings.data ?? []} token={token} />
    </section>
  );
}
