"use client";

import { useTranslations } from "next-intl";
import { Scroll } from "@/components/Scroll.tsx";
import type { Row } from "@/lib/series.ts";

const SHOWN = 60;

/** The payloads as they came, newest first. */
export function RawView({ rows }: { rows: Row[] }) {
  const t = useTranslations("live");
  if (rows.length === 0) return <p className="sheet p-4 text-soft">{t("noneYet")}</p>;
  return (
    <Scroll label={t("raw")} className="max-h-[32rem] p-4">
      <pre className="font-mono text-xs leading-6">
        {rows
          .slice(0, SHOWN)
          .map((row) => `${new Date(row.timeMs).toISOString()} ${row.device}/${row.topic} ${row.text}`)
          .join("\n")}
      </pre>
    </Scroll>
  );
}
