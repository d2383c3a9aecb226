"use client";

import { useTranslations } from "next-intl";
import { useId } from "react";
import { useDuration } from "@/lib/useDuration.ts";
import { MAX_PERIODS, PERIOD_STEPS } from "./deposit.ts";

/** For how many periods to pay ahead. */
export function TimeField({
  value,
  onChange,
  period,
  most,
  wrong,
}: {
  value: string;
  onChange: (text: string) => void;
  /** Seconds. */
  period: number;
  /** What the plan's window allows. */
  most: number;
  wrong: boolean;
}) {
  const t = useTranslations("buy");
  const duration = useDuration();
  const id = useId();
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-2">
      <label htmlFor={id} className="font-semibold">
        {t("howLong")}
      </label>
      <div className="flex flex-wrap gap-2">
        {PERIOD_STEPS.filter((step) => step <= most).map((step) => (
          <button
            key={step}
            type="button"
            aria-pressed={String(step) === value}
            onClick={() => onChange(String(step))}
            className="figure min-h-9 rounded-md border border-line-strong px-3 text-sm hover:border-water aria-pressed:border-water aria-pressed:bg-water-wash aria-pressed:font-semibold"
          >
            {duration(step * period)}
          </button>
        ))}
      </div>
      <div className="flex items-stretch">
        <input
          id={id}
          inputMode="numeric"
          autoComplete="off"
          value={value}
          maxLength={String(MAX_PERIODS).length}
          onChange={(event) => onChange(event.target.value)}
          aria-invalid={wrong}
          aria-describedby={`${id}-note`}
          className="figure min-h-[var(--tap)] min-w-0 flex-1 rounded-l-md border border-line-strong bg-paper px-3.5 text-lg aria-invalid:border-mark"
        />
        <span className="grid place-items-center rounded-r-md border border-l-0 border-line-strong bg-sunk px-4 font-semibold">
          {t("timesPeriod", { period: duration(period) })}
        </span>
      </div>
      <p
        id={`${id}-note`}
        className={`text-sm ${wrong ? "font-semibold text-mark" : "text-soft"}`}
        role={wrong ? "alert" : undefined}
      >
        {wrong ? t("periodsWrong", { most: String(most) }) : t("periodsNote")}
      </p>
    </div>
  );
}
