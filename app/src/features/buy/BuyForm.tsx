"use client";

import { useTranslations } from "next-intl";
import { type FormEvent, type ReactNode, useId } from "react";
import { Button } from "@/components/Button.tsx";
import { ErrorNotice } from "@/components/ErrorNotice.tsx";
import { meteredPrice } from "@/features/listing/plans.ts";
import type { ListingDetail } from "@/lib/indexer.ts";
import { dueFor, formatAmount } from "@/lib/money.ts";
import { AmountField } from "./AmountField.tsx";
import { PlanChoice } from "./PlanChoice.tsx";
import { Terms } from "./Terms.tsx";
import { TimeField } from "./TimeField.tsx";
import { type Choice, useChoice } from "./useChoice.ts";
import { WayChoice } from "./WayChoice.tsx";

export function BuyForm({
  listing,
  onBuy,
  onCart,
  action,
}: {
  listing: ListingDetail;
  onBuy: (choice: Choice) => void;
  /** Puts the choice aside, to be paid together with others; undefined where that cannot be. */
  onCart: ((choice: Pick<Choice, "planIndex" | "amount">) => void) | undefined;
  /** Replaces the pay button while something else has to happen first. */
  action?: () => ReactNode;
}) {
  const t = useTranslations("buy");
  const id = useId();
  const c = useChoice(listing);
  const { plan, token, price, amount } = c;
  if (!plan) return null;
  const short = c.facts.data && amount !== undefined && c.facts.data.balance < amount;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (c.choice && !short) onBuy(c.choice);
  };
  const money = amount === undefined ? "" : `${formatAmount(amount, token.decimals)} ${token.symbol}`;
  const payWords = price ? "pay" : plan.kind === "period" ? "subscribe" : "payOnce";
  return (
    <form onSubmit={submit} className="grid grid-cols-[minmax(0,1fr)] gap-5" aria-labelledby={`${id}-form`}>
      <span id={`${id}-form`} className="sr">
        {t("title")}
      </span>
      <PlanChoice listing={listing} plans={listing.plans} value={plan.index} onChange={c.setPlan} />
      {price ? (
        <AmountField
          value={c.shown}
          onChange={c.setText}
          price={price}
          bytes={plan.kind === "byte"}
          token={token}
          error={c.deposit?.error}
        />
      ) : null}
      {plan.kind === "period" ? (
        <TimeField
          value={c.shown}
          onChange={c.setText}
          period={plan.period}
          most={c.most}
          wrong={c.periods === undefined}
        />
      ) : null}
      <Terms plan={plan} listing={listing} amount={amount} token={token} />
      {c.way && c.ways.length > 1 ? <WayChoice ways={c.ways} value={c.way} onChange={c.setWay} /> : null}
      <ErrorNotice error={c.facts.error ?? undefined} onRetry={() => void c.facts.refetch()} />
      {short ? (
        <p role="alert" className="font-semibold text-mark">
          {t("holdsOnly", {
            amount: `${formatAmount(c.facts.data?.balance ?? 0n, token.decimals)} ${token.symbol}`,
          })}
        </p>
      ) : null}
      {action ? (
        action()
      ) : (
        <Button type="submit" tone="primary" disabled={!c.choice || short} className="text-lg">
          {plan.kind === "free"
            ? t("getFree")
            : amount === undefined
              ? t("payNothing")
              : t(payWords, { amount: money })}
        </Button>
      )}
      {amount === undefined || !onCart ? null : (
        <Button onClick={() => onCart({ planIndex: plan.index, amount })}>{t("toCart")}</Button>
      )}
      {price && dueFor(1n, meteredPrice(plan, Date.now() / 1_000)) === 0n ? (
        <p className="text-xs text-soft">{t("rounding")}</p>
      ) : null}
    </form>
  );
}
