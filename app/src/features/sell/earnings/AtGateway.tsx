"use client";

import type { GatewaySession } from "@weir/sdk/client";
import type { ChannelStatus } from "@weir/sdk/core";
import { useTranslations } from "next-intl";
import { useRef, useState } from "react";
import type { Hex } from "viem";
import { Stat } from "@/components/Stat.tsx";
import { Table } from "@/components/Table.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { type GatewayEntry, type TokenEntry, tokenOf } from "@/lib/config.ts";
import { atGateway } from "@/lib/gateway.ts";
import { formatAmount, formatCount, formatShort } from "@/lib/money.ts";
import { ActButton } from "../ActButton.tsx";
import { useMyListings } from "../listings/useMyListings.ts";
import { useAct } from "../useAct.ts";
import type { HubDetail } from "../useHub.ts";

/** Rows shown: a busy hub has thousands of channels, and those with most waiting are the ones one looks for. */
const MAX_ROWS = 20;
/** A sign-in that ends so soon is not worth a request. */
const SLACK_MS = 10_000;

/** What was opened to the buyer beyond what was claimed; a claim takes what of it a voucher covers. */
const waiting = ({ owed, claimed }: ChannelStatus): bigint =>
  BigInt(owed) > BigInt(claimed) ? BigInt(owed) - BigInt(claimed) : 0n;

/** What waits at a gateway for its next claim: shown to who signs in by wallet. The sign-in lives as long as this page. */
export function AtGateway({ hub, gateway }: { hub: HubDetail; gateway: GatewayEntry }) {
  const t = useTranslations("sell.earnings.gateway");
  const listings = useMyListings(hub);
  const session = useRef<GatewaySession>(undefined);
  const [channels, setChannels] = useState<ChannelStatus[]>();
  const look = useAct(({ client }) =>
    atGateway(async ({ getGatewayChannels, signInAtGateway }) => {
      const { http } = gateway;
      const { account } = client;
      const held = session.current;
      const good = held && held.account === account.address && held.expiresAtMs > Date.now() + SLACK_MS;
      session.current = good ? held : await signInAtGateway(client, { http, domain: window.location.host });
      return getGatewayChannels({ http, token: session.current.token });
    }),
  );
  const ours = new Set((listings.data ?? []).map(({ id }) => id));
  const open = (channels ?? []).filter(
    ({ closeHash, listingId }) => closeHash === null && ours.has(listingId),
  );
  const tokens = [...new Set(open.map(({ token }) => token))];
  return (
    <section
      aria-label={t("title")}
      className="sheet grid grid-cols-[minmax(0,1fr)] gap-4 p-5"
      data-gateway={gateway.id}
    >
      <div className="flex flex-wrap items-baseline justify-between gap-2">
        <h3 className="text-base">{t("title")}</h3>
        <span className="text-sm text-soft">{gateway.id}</span>
      </div>
      <p className="text-sm text-soft">{t("note")}</p>
      {channels === undefined ? null : open.length === 0 ? (
        <p className="text-sm">{t("none")}</p>
      ) : (
        tokens.map((token) => (
          <Waiting
            key={token}
            token={token}
            channels={open.filter((channel) => channel.token === token)}
            titleOf={(id) => listings.data?.find((listing) => listing.id === id)?.detail.title || `#${id}`}
          />
        ))
      )}
      <ActButton
        run={() => look.mutate(undefined, { onSuccess: setChannels })}
        pending={look.isPending}
        error={look.error}
        {...(channels === undefined ? {} : { busy: t("looking") })}
      >
        {channels === undefined ? t("show") : t("again")}
      </ActButton>
    </section>
  );
}

function Waiting({
  token,
  channels,
  titleOf,
}: {
  token: Hex;
  channels: ChannelStatus[];
  titleOf: (listingId: string) => string;
}) {
  const t = useTranslations("sell.earnings.gateway");
  const entry = tokenOf(useWeirConfig(), token);
  const total = channels.reduce((sum, channel) => sum + waiting(channel), 0n);
  const rows = channels
    .toSorted((a, b) => Number(waiting(b) > waiting(a)) - Number(waiting(b) < waiting(a)))
    .slice(0, MAX_ROWS);
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
      <dl className="grid grid-cols-2 gap-5" data-waiting={String(total)}>
        <Stat label={t("waits")}>
          <Money amount={total} token={entry} />
        </Stat>
        <Stat label={t("channels")}>{formatCount(channels.length)}</Stat>
      </dl>
      <Table label={t("table")} head={[t("channel"), t("opened"), t("covered"), t("claimed"), t("waits")]}>
        {rows.map((channel) => (
          <tr key={channel.channelId} data-channel={channel.channelId}>
            <th scope="row" className="font-semibold [overflow-wrap:anywhere]">
              {titleOf(channel.listingId)}
              <code className="ml-2 font-mono text-xs font-normal text-soft" title={channel.channelId}>
                {channel.channelId.slice(0, 10)}
              </code>
            </th>
            {[BigInt(channel.owed), BigInt(channel.covered), BigInt(channel.claimed), waiting(channel)].map(
              (amount, column) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: the columns never change places
                <td key={column} className="figure whitespace-nowrap">
                  <Money amount={amount} token={entry} />
                </td>
              ),
            )}
          </tr>
        ))}
      </Table>
      {channels.length > MAX_ROWS ? (
        <p className="text-sm text-soft">{t("more", { count: channels.length - MAX_ROWS })}</p>
      ) : null}
    </div>
  );
}

const Money = ({ amount, token }: { amount: bigint; token: TokenEntry }) => (
  <span title={`${formatAmount(amount, token.decimals)} ${token.symbol}`}>
    {formatShort(amount, token.decimals)} {token.symbol}
  </span>
);
