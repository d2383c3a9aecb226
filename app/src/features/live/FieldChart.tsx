"use client";

import { useTranslations } from "next-intl";
import { useRef } from "react";
import type { SchemaField } from "@/lib/schema.ts";
import type { Points } from "@/lib/series.ts";
import { formatReading } from "./reading.ts";
import { usePlot } from "./usePlot.ts";

function extremes(values: number[]): { least: number; most: number } | undefined {
  if (values.length === 0) return undefined;
  let least = Number.POSITIVE_INFINITY;
  let most = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (value < least) least = value;
    if (value > most) most = value;
  }
  return { least, most };
}

/** A line over time, with its figures in words beside it: the canvas is a picture, the text is the content. */
export function FieldChart({ field, points, tick }: { field: SchemaField; points: Points; tick: number }) {
  const t = useTranslations("live");
  const frame = useRef<HTMLDivElement>(null);
  usePlot(frame, points, tick);
  const range = extremes(points.values);
  const unit = field.unit ? ` ${field.unit}` : "";
  const last = points.values.at(-1);
  return (
    <li className="sheet min-w-0 p-4">
      <div className="flex items-baseline justify-between gap-3">
        <h3 className="text-sm font-semibold">{field.title}</h3>
        <p className="figure text-xl font-semibold">
          {last === undefined ? "–" : formatReading(last)}
          <span className="text-sm font-normal text-soft">{unit}</span>
        </p>
      </div>
      <div ref={frame} aria-hidden="true" className="mt-2 h-36 w-full" />
      <p className="figure mt-1 text-xs text-soft">
        {range
          ? t("range", {
              least: `${formatReading(range.least)}${unit}`,
              most: `${formatReading(range.most)}${unit}`,
              count: points.values.length,
            })
          : t("noReadings")}
      </p>
    </li>
  );
}
