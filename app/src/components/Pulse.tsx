"use client";

import { useTranslations } from "next-intl";
import { freshness, type Liveness } from "@/lib/liveness.ts";
import { useDuration } from "@/lib/useDuration.ts";

const TONE: Record<Liveness, { text: string; fill: string }> = {
  live: { text: "text-moss", fill: "bg-moss" },
  quiet: { text: "text-amber", fill: "bg-amber" },
  stale: { text: "text-mark", fill: "bg-mark" },
  gone: { text: "text-mark", fill: "bg-mark" },
  unknown: { text: "text-soft", fill: "bg-line-strong" },
};

/** When the newest segment was sealed, in words and as a level on a gauge that runs dry in a minute. */
export function Pulse({
  liveness,
  sealedAtMs,
  now,
}: {
  liveness: Liveness;
  sealedAtMs: number | undefined;
  now: number;
}) {
  const t = useTranslations("liveness");
  const duration = useDuration();
  const tone = TONE[liveness];
  const age = sealedAtMs === undefined ? undefined : duration((now - sealedAtMs) / 1_000);
  return (
    <div className="mb-3">
      <div aria-hidden="true" className="staff relative h-2 border-b border-line">
        <div
          className={`absolute inset-y-0 left-0 opacity-80 transition-[width] duration-700 ${tone.fill}`}
          style={{ width: `${freshness(sealedAtMs, now) * 100}%` }}
        />
      </div>
      <p className="flex items-center justify-between gap-3 px-5 pt-2 text-xs">
        <span className={`flex items-center gap-1.5 font-bold ${tone.text}`}>
          <span aria-hidden="true" className={`size-2 rounded-full ${tone.fill}`} />
          {t(liveness)}
        </span>
        <span className="figure text-soft">{age ? t("ago", { age }) : t("never")}</span>
      </p>
    </div>
  );
}
