"use client";

import { useTranslations } from "next-intl";
import { Level } from "@/components/Level.tsx";
import { Stat } from "@/components/Stat.tsx";
import { isTimed, paidIn } from "@/features/purchases/state.ts";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { useNow } from "@/features/shell/useNow.ts";
import { tokenOf } from "@/lib/config.ts";
import { formatAmount, formatCount, ratio } from "@/lib/money.ts";
import { formatMoment } from "@/lib/time.ts";
import { useDuration } from "@/lib/useDuration.ts";
import { formatRate } from "./reading.ts";
import { runsOutAt } from "./runsOut.ts";
import { Spoken } from "./Spoken.tsx";
import type { FeedSession, Snapshot } from "./session.ts";

/** What was received, what it cost, what is left: the figures that stop() settles. */
export function MeterPanel({ session, snapshot }: { session: FeedSession; snapshot: Snapshot }) {
  const t = useTranslations("live");
  const duration = useDuration();
  const now = useNow();
  const token = tokenOf(useWeirConfig(), paidIn(session.purchase));
  const { meter, perSecond, ending } = snapshot;
  const flowing = !ending && snapshot.state.status === "live";
  const metered = session.purchase.channel !== null;
  const money = (amount: bigint) => `${formatAmount(amount, token.decimals)} ${token.symbol}`;
  const rate = t("perSecond", { rate: formatRate(perSecond) });
  const messages = formatCount(meter?.messages ?? 0);
  if (!metered)
    return (
      <section aria-label={t("meter")} className="sheet p-5">
        <dl className="grid grid-cols-2 gap-4">
          <Stat label={t("received")}>{messages}</Stat>
          <Stat label={t("rate")}>{flowing ? rate : "–"}</Stat>
        </dl>
        <p className="mt-3 text-sm text-soft">{t(isTimed(session.purchase) ? "timedNote" : "freeNote")}</p>
      </section>
    );
  if (!meter)
    return (
      <section aria-label={t("meter")} className="sheet p-5 text-soft" aria-busy="true">
        {t("meterWaiting")}
      </section>
    );
  const left = meter.deposit - meter.due;
  const perMessage = flowing && session.purchase.kind === "message" && perSecond > 0;
  const runsOut = perMessage && now ? runsOutAt(meter, perSecond, now) : undefined;
  return (
    <section aria-label={t("meter")} className="sheet overflow-hidden">
      <div className="grid gap-4 p-5">
        <dl className="grid gap-4">
          <Stat label={t("spent")} note={t("ofDeposit", { deposit: money(meter.deposit) })}>
            <span data-meter="due" data-value={String(meter.due)} className="text-2xl">
              {money(meter.due)}
            </span>
          </Stat>
        </dl>
        <Level share={ratio(left, meter.deposit)} entryShare={ratio(meter.entry, meter.deposit)} />
        <dl className="grid grid-cols-2 gap-4">
          <Stat label={t("received")}>
            <span data-meter="messages" data-value={String(meter.messages)}>
              {messages}
            </span>
          </Stat>
          <Stat label={t("rate")}>{flowing ? rate : "–"}</Stat>
          <Stat label={t("left")}>{money(left)}</Stat>
          <Stat label={t("runsOut")} note={runsOut ? formatMoment(runsOut) : undefined}>
            {runsOut ? t("in", { time: duration((runsOut - now) / 1_000) }) : "–"}
          </Stat>
        </dl>
        {ending ? null : (
          <p className="border-t border-line pt-3 text-sm">
            <span aria-hidden="true" className="mr-2 inline-block h-3 w-0.5 bg-mark align-middle" />
            {t("atRisk", { entry: money(meter.entry) })}
          </p>
        )}
      </div>
      <Spoken text={t("spoken", { count: messages, spent: money(meter.due), left: money(left) })} />
    </section>
  );
}
