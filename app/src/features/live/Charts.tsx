"use client";

import { useTranslations } from "next-intl";
import type { SchemaField } from "@/lib/schema.ts";
import type { StreamBuffer } from "@/lib/series.ts";
import { FieldChart } from "./FieldChart.tsx";

/** One small chart per numeric field, all over the same time. */
export function Charts({
  fields,
  buffer,
  device,
  tick,
}: {
  fields: SchemaField[];
  buffer: StreamBuffer;
  device: string;
  tick: number;
}) {
  const t = useTranslations("live");
  if (buffer.rows.length === 0)
    return (
      <div className="sheet grid min-h-48 place-items-center p-6 text-center text-soft">{t("noneYet")}</div>
    );
  if (fields.length === 0) return <p className="sheet p-6 text-soft">{t("noNumbers")}</p>;
  return (
    <ul className="grid gap-4 xl:grid-cols-2">
      {fields.map((field) => (
        <FieldChart
          key={`${device}/${field.name}`}
          field={field}
          points={buffer.points(device, field.name)}
          tick={tick}
        />
      ))}
    </ul>
  );
}
