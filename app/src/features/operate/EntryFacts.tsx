"use client";

import Link from "next/link";
import { useTranslations } from "next-intl";
import { zeroAddress } from "viem";
import { Section } from "@/components/Section.tsx";
import { Stat } from "@/components/Stat.tsx";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { tokenOf } from "@/lib/config.ts";
import { formatShort } from "@/lib/money.ts";
import { formatMoment } from "@/lib/time.ts";
import type { OperatorRelay } from "./useRelay.ts";

/** The entry as sellers see it, and what it has brought in so far. */
export function EntryFacts({ relay: { entry, found } }: { relay: OperatorRelay }) {
  const t = useTranslations("operate");
  const config = useWeirConfig();
  const money = (amount: bigint, token: string) => {
    const { symbol, decimals } = tokenOf(config, token);
    return `${formatShort(amount, decimals)} ${symbol}`;
  };
  const earned = found?.earned ?? [];
  return (
    <Section title={t("entry")} note={t("entryNote")}>
      <dl className="sheet grid grid-cols-2 gap-5 p-5 sm:grid-cols-3 lg:grid-cols-6">
        <Stat label={t("fee")}>{t("percent", { percent: entry.feeBps / 100 })}</Stat>
        <Stat label={t("region")}>{entry.region || t("none")}</Stat>
        <Stat label={t("stake")}>{money(entry.stake, zeroAddress)}</Stat>
        <Stat label={t("since")}>
          <span className="text-base">{formatMoment(entry.registeredAt * 1_000)}</span>
        </Stat>
        <Stat label={t("earned")}>
          {earned.length === 0
            ? t("nothingYet")
            : earned.map(({ token, amount }) => (
                <span key={token} className="block">
                  {money(BigInt(amount), token)}
                </span>
              ))}
        </Stat>
        <Stat label={t("lastSettlement")}>
          <span className="text-base">
            {found?.lastSettlementAt ? formatMoment(found.lastSettlementAt * 1_000) : t("nothingYet")}
          </span>
        </Stat>
      </dl>
      {found && found.listings.length > 0 ? (
        <p className="mt-3 flex flex-wrap gap-x-3 text-sm">
          <span className="text-soft">{t("chosenBy")}</span>
          {found.listings.map((id) => (
            <Link
              key={id}
              href={`/listing?id=${id}`}
              prefetch={false}
              className="underline underline-offset-2"
            >
              {t("listing", { id })}
            </Link>
          ))}
        </p>
      ) : null}
    </Section>
  );
}
