"use client";

import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useTranslations } from "next-intl";
import { buttonClass } from "@/components/Button.tsx";
import { Level } from "@/components/Level.tsx";
import { Stat } from "@/components/Stat.tsx";
import { Tag } from "@/components/Tag.tsx";
import { RotateKeys } from "@/features/rotate/RotateKeys.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { tokenOf } from "@/lib/config.ts";
import type { PurchaseItem } from "@/lib/indexer.ts";
import { formatAmount, formatShort, ratio } from "@/lib/money.ts";
import { formatMoment } from "@/lib/time.ts";
import { signedTotal } from "@/lib/weir.ts";
import { ChannelActions } from "./ChannelActions.tsx";
import { Rate } from "./Rate.tsx";
import { SubscriptionBody } from "./SubscriptionBody.tsx";
import { balanceOf, isTimed, type PurchaseState, paidIn, stateOf } from "./state.ts";
import { TopUp } from "./TopUp.tsx";

const TONES = {
  open: "moss",
  closing: "amber",
  closed: "plain",
  free: "water",
  timed: "moss",
  revoked: "mark",
  ended: "plain",
} as const;

/** The stream can be opened. */
const READABLE: readonly PurchaseState[] = ["open", "free", "timed"];

export function PurchaseCard({ purchase }: { purchase: PurchaseItem }) {
  const t = useTranslations("purchases");
  const config = useWeirConfig();
  const token = tokenOf(config, paidIn(purchase));
  const signed = useQuery({
    queryKey: ["signed", purchase.grantId],
    enabled: purchase.channel !== null,
    refetchInterval: 3_000,
    queryFn: async () => (await signedTotal(config, purchase.grantId)) ?? null,
  });
  const state = stateOf(purchase, Date.now() / 1_000);
  const balance = balanceOf(purchase, signed.data ?? undefined);
  const money = (amount: bigint) => `${formatShort(amount, token.decimals)} ${token.symbol}`;
  const exact = (amount: bigint) => `${formatAmount(amount, token.decimals)} ${token.symbol}`;
  return (
    <li data-grant={purchase.grantId} className="sheet flex flex-col gap-4 p-5">
      <div className="flex items-start justify-between gap-3">
        <div className="min-w-0">
          <h2 className="text-lg leading-snug">
            <Link href={`/listing?id=${purchase.listingId}`} className="hover:underline">
              {purchase.listing.title}
            </Link>
          </h2>
          <p className="text-sm text-soft">
            {t(purchase.given ? "givenAt" : "bought", { at: formatMoment(purchase.createdAt * 1_000) })}
          </p>
        </div>
        <Tag tone={TONES[state]}>{purchase.given && state === "free" ? t("gift") : t(`state.${state}`)}</Tag>
      </div>
      {balance ? (
        <>
          <Level share={ratio(balance.refundable, balance.deposited)} />
          <dl className="grid grid-cols-2 gap-4 sm:grid-cols-3">
            <Stat label={t("deposited")}>
              <span title={exact(balance.deposited)}>{money(balance.deposited)}</span>
            </Stat>
            <Stat label={state === "closed" ? t("paid") : t("spent")}>
              <span title={exact(balance.spent)}>{money(balance.spent)}</span>
            </Stat>
            <Stat label={t(`rest.${state}`)}>
              <span title={exact(balance.refundable)}>{money(balance.refundable)}</span>
            </Stat>
          </dl>
          {state === "open" ? (
            <p className="text-sm text-soft">{signed.data ? t("signedNote") : t("unsignedNote")}</p>
          ) : null}
        </>
      ) : isTimed(purchase) ? (
        <SubscriptionBody purchase={purchase} />
      ) : (
        <p className="text-sm text-soft">{t(purchase.given ? "givenNote" : "freeNote")}</p>
      )}
      <div className="mt-auto flex flex-wrap gap-3 empty:hidden">
        {READABLE.includes(state) && !purchase.given ? (
          <Link
            href={`/live?id=${purchase.listingId}&grant=${purchase.grantId}`}
            className={buttonClass("primary")}
          >
            {t("resume")}
          </Link>
        ) : null}
        {purchase.channel ? <ChannelActions purchase={purchase} state={state} /> : null}
        {state === "open" ? <TopUp purchase={purchase} /> : null}
        {purchase.kind === "free" || purchase.given ? null : <Rate purchase={purchase} />}
        {READABLE.includes(state) && !purchase.given ? <RotateKeys purchase={purchase} /> : null}
      </div>
    </li>
  );
}
