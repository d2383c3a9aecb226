"use client";

import { useTranslations } from "next-intl";
import type { TokenEntry } from "@/lib/config.ts";
import { formatShort, ratio } from "@/lib/money.ts";
import type { Bar } from "./days.ts";

const HEIGHT = 120;

/** Settled by day. The table behind it says the same to those who do not see bars. */
export function BarChart({ bars, token }: { bars: Bar[]; token: TokenEntry }) {
  const t = useTranslations("sell.earnings");
  const most = bars.reduce((top, { amount }) => (amount > top ? amount : top), 0n);
  const money = (amount: bigint) => `${formatShort(amount, token.decimals)} ${token.symbol}`;
  return (
    <figure className="sheet overflow-hidden">
      <figcaption className="flex flex-wrap items-baseline justify-between gap-2 px-5 pt-4">
        <span className="font-semibold">{t("byDay")}</span>
        <span className="figure text-sm text-soft">{t("mostADay", { amount: money(most) })}</span>
      </figcaption>
      <div aria-hidden="true" className="px-5 pt-3">
        <div
          className="flex items-end gap-0.5 border-b border-line-strong sm:gap-1"
          style={{ height: HEIGHT }}
        >
          {bars.map(({ day, amount }) => (
            <div
              key={day}
              title={`${day}: ${money(amount)}`}
              className="min-w-0 flex-1 rounded-t-sm bg-water"
              style={{ height: amount === 0n ? 0 : Math.max(3, ratio(amount, most) * HEIGHT) }}
            />
          ))}
        </div>
        <div className="staff h-2" />
        <div className="figure flex justify-between pb-4 pt-1 text-xs text-soft">
          <span>{bars[0]?.day}</span>
          <span>{bars.at(-1)?.day}</span>
        </div>
      </div>
      <table className="sr">
        <caption>{t("byDay")}</caption>
        <tbody>
          {bars.map(({ day, amount }) => (
            <tr key={day}>
              <th scope="row">{day}</th>
              <td>{money(amount)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </figure>
  );
}
