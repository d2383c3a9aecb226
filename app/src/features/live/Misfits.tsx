"use client";

import { useTranslations } from "next-intl";
import { Scroll } from "@/components/Scroll.tsx";
import { formatCount } from "@/lib/money.ts";
import type { StreamBuffer } from "@/lib/series.ts";
import { formatClock } from "@/lib/time.ts";
import { useMisfitWords } from "./useMisfitWords.ts";

/** Says that messages are not what the seller describes, and shows them as they came. */
export function Misfits({ buffer }: { buffer: StreamBuffer }) {
  const t = useTranslations("live");
  const words = useMisfitWords();
  const { misfits, misfitCount, count } = buffer;
  if (misfitCount === 0) return null;
  return (
    <section
      aria-label={t("misfits")}
      className="sheet grid grid-cols-[minmax(0,1fr)] gap-2 border-amber p-4"
      data-misfits={misfitCount}
    >
      <h2 className="text-base font-semibold text-amber">{t("misfits")}</h2>
      <p className="text-sm" role="status">
        {t("misfitsNote", { count: formatCount(misfitCount), total: formatCount(count) })}
      </p>
      <details>
        <summary className="min-h-8 text-sm font-semibold underline underline-offset-4">
          {t("misfitsShow", { count: misfits.length })}
        </summary>
        <Scroll label={t("misfits")} className="mt-2 max-h-80">
          <ul className="divide-y divide-line">
            {misfits.map((row) => (
              <li key={row.key} className="grid grid-cols-[minmax(0,1fr)] gap-1 px-3 py-2">
                <p className="figure text-xs text-soft">
                  {[formatClock(row.timeMs), `${row.device}/${row.topic}`, words(row)].join(" · ")}
                </p>
                <p className="whitespace-pre-wrap font-mono text-xs [overflow-wrap:anywhere]">{row.text}</p>
              </li>
            ))}
          </ul>
        </Scroll>
      </details>
    </section>
  );
}
