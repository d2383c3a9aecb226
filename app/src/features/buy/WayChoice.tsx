"use client";

import { useTranslations } from "next-intl";
import { useId } from "react";
import type { Way } from "@/lib/payWays.ts";

/** How a token is paid. The first way asks the fewest questions; all lead to the same purchase. */
export function WayChoice({
  ways,
  value,
  onChange,
}: {
  ways: Way[];
  value: Way;
  onChange: (way: Way) => void;
}) {
  const t = useTranslations("buy.ways");
  const id = useId();
  return (
    <div className="grid gap-2">
      <label htmlFor={id} className="font-semibold">
        {t("label")}
      </label>
      <select
        id={id}
        value={value}
        onChange={(event) => onChange(event.target.value as Way)}
        aria-describedby={`${id}-note`}
        className="min-h-[var(--tap)] w-full rounded-md border border-line-strong bg-surface px-3 hover:border-water"
      >
        {ways.map((way) => (
          <option key={way} value={way}>
            {t(`names.${way}`)}
          </option>
        ))}
      </select>
      <p id={`${id}-note`} className="text-sm text-soft">
        {t(`notes.${value}`)}
      </p>
    </div>
  );
}
