"use client";

import type { VerifiedExport } from "@weir/sdk/client";
import Link from "next/link";
import { useTranslations } from "next-intl";
import type { ReactNode } from "react";
import { Copy } from "@/components/Copy.tsx";
import { Stat } from "@/components/Stat.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { tokenOf } from "@/lib/config.ts";
import { formatAmount, formatCount } from "@/lib/money.ts";

/** Everything holds: the six points with what was found, and what the file does not cover. */
export function HoldsView({ name, report }: { name: string; report: VerifiedExport }) {
  const t = useTranslations("verify");
  const config = useWeirConfig();
  const { head, segments, messages, due, voucher, gaps, publisherKeyIds, channel } = report;
  const { symbol, decimals } = tokenOf(config, head.terms.token);
  const money = (amount: bigint) => `${formatAmount(amount, decimals)} ${symbol}`;
  const missing = gaps.reduce((sum, { fromSeq, toSeq }) => sum + (toSeq - fromSeq + 1n), 0n);
  const bill = channel
    ? t("found.bill", { claimed: money(channel.claimed), due: money(due) })
    : t("found.noBill");
  return (
    <section className="overflow-hidden rounded-lg border-2 border-moss">
      <div className="bg-moss-wash p-5">
        <h2 className="text-2xl text-moss">{t("holds")}</h2>
        <p className="mt-1 break-all text-sm">{name}</p>
        <dl className="mt-4 grid grid-cols-2 gap-4 sm:grid-cols-4">
          <Stat label={t("messages")}>
            <span data-verify="messages">{formatCount(messages)}</span>
          </Stat>
          <Stat label={t("segments")}>
            <span data-verify="segments">{formatCount(segments)}</span>
          </Stat>
          <Stat label={t("due")}>
            <span data-verify="due" data-value={String(due)}>
              {money(due)}
            </span>
          </Stat>
          <Stat label={t("listing")}>
            <Link className="underline underline-offset-2" href={`/listing?id=${head.purchase.listingId}`}>
              {t("listingNumber", { id: String(head.purchase.listingId) })}
            </Link>
          </Stat>
        </dl>
      </div>
      <ul className="divide-y divide-line bg-surface">
        <Point name="signatures">{t("found.signatures", { segments, keys: publisherKeyIds.length })}</Point>
        <Point name="hashes">{t("found.hashes", { messages })}</Point>
        <Point name="order">{t("found.order")}</Point>
        <Point name="completeness" open={missing > 0n || !head.complete}>
          {missing > 0n
            ? t("found.gaps", { missing: String(missing), gaps: gaps.length })
            : t("found.noGaps")}{" "}
          {head.complete ? t("found.complete") : t("found.partial")}
        </Point>
        <Point name="price">{t("found.price", { due: money(due) })}</Point>
        <Point name="bill">
          {bill} {voucher ? t("found.voucher", { total: money(voucher.cumulative) }) : null}
        </Point>
      </ul>
      <p className="flex flex-wrap gap-x-6 gap-y-1 bg-surface px-5 pb-5 text-xs text-soft">
        <span>
          {t("grant")} <Copy value={head.grantId} label={t("grant")} />
        </span>
        <span>
          {t("buyer")} <Copy value={head.purchase.buyer} label={t("buyer")} />
        </span>
      </p>
    </section>
  );
}

type PointName = "signatures" | "hashes" | "order" | "completeness" | "price" | "bill";

/** `open`: it holds, and there is more to say than that. */
function Point({ name, open = false, children }: { name: PointName; open?: boolean; children: ReactNode }) {
  const t = useTranslations("verify");
  return (
    <li data-point={name} className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 px-5 py-3">
      <span
        aria-hidden="true"
        className={`row-span-2 grid size-7 place-items-center rounded-full border font-bold ${
          open ? "border-amber bg-amber-wash text-amber" : "border-moss bg-moss-wash text-moss"
        }`}
      >
        {open ? "i" : "✓"}
      </span>
      <p className="font-semibold">{t(`point.${name}`)}</p>
      <p className="text-sm text-soft">{children}</p>
    </li>
  );
}
