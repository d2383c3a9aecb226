"use client";

import { useTranslations } from "next-intl";
import { useId } from "react";
import type { TokenEntry } from "@/lib/config.ts";
import {
  type AmountNotReadable,
  byteUnit,
  depositFor,
  formatAmount,
  formatCount,
  type MeteredPrice,
} from "@/lib/money.ts";
import { BYTE_STEPS, DepositTooSmall, MESSAGE_STEPS } from "./deposit.ts";

export function AmountField({
  value,
  onChange,
  price,
  bytes,
  token,
  error,
}: {
  value: string;
  onChange: (text: string) => void;
  price: MeteredPrice;
  bytes: boolean;
  token: TokenEntry;
  error: AmountNotReadable | DepositTooSmall | undefined;
}) {
  const t = useTranslations("buy");
  const id = useId();
  const plain = (amount: bigint) => formatAmount(amount, token.decimals).replaceAll(",", "");
  const steps = bytes ? BYTE_STEPS.map((step) => step * price.unit) : MESSAGE_STEPS;
  const name = (units: bigint) => {
    if (!bytes) return t("messages", { count: formatCount(units) });
    const size = byteUnit(units);
    return `${formatCount(size.count)} ${size.name}`;
  };
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] gap-2">
      <label htmlFor={id} className="font-semibold">
        {t("deposit")}
      </label>
      <div className="flex flex-wrap gap-2">
        {steps.map((units) => {
          const amount = plain(depositFor(units, price));
          return (
            <button
              key={String(units)}
              type="button"
              aria-pressed={amount === value}
              onClick={() => onChange(amount)}
              className="figure min-h-9 rounded-md border border-line-strong px-3 text-sm hover:border-water aria-pressed:border-water aria-pressed:bg-water-wash aria-pressed:font-semibold"
            >
              {name(units)}
            </button>
          );
        })}
      </div>
      <div className="flex items-stretch">
        <input
          id={id}
          inputMode="decimal"
          autoComplete="off"
          value={value}
          onChange={(event) => onChange(event.target.value)}
          aria-invalid={error !== undefined}
          aria-describedby={`${id}-note`}
          className="figure min-h-[var(--tap)] min-w-0 flex-1 rounded-l-md border border-line-strong bg-paper px-3.5 text-lg aria-invalid:border-mark"
        />
        <span className="grid place-items-center rounded-r-md border border-l-0 border-line-strong bg-sunk px-4 font-semibold">
          {token.symbol}
        </span>
      </div>
      <p
        id={`${id}-note`}
        className={`text-sm ${error ? "font-semibold text-mark" : "text-soft"}`}
        role={error ? "alert" : undefined}
      >
        {error instanceof DepositTooSmall
          ? t("tooSmall", { minimum: `${formatAmount(error.minimum, token.decimals)} ${token.symbol}` })
          : error
            ? t("notReadable")
            : t("depositNote")}
      </p>
    </div>
  );
}
