"use client";

import { useTranslations } from "next-intl";
import { type FormEvent, type ReactNode, useId, useState } from "react";
import { Button } from "@/components/Button.tsx";
import { isMetered, isSoldHere, meteredPrice } from "@/features/listing/plans.ts";
import { useWeirConfig } from "@/features/shell/ConfigProvider.tsx";
import { tokenOf } from "@/lib/config.ts";
import type { ListingDetail } from "@/lib/indexer.ts";
import { dueFor, formatAmount } from "@/lib/money.ts";
import { AmountField } from "./AmountField.tsx";
import { defaultDeposit, readDeposit } from "./deposit.ts";
import { PlanChoice } from "./PlanChoice.tsx";
import { Terms } from "./Terms.tsx";

export function BuyForm({
  listing,
  onBuy,
  action,
}: {
  listing: ListingDetail;
  onBuy: (planIndex: number, amount: bigint) => void;
  /** Replaces the pay button while something else has to happen first. */
  action?: () => ReactNode;
}) {
  const t = useTranslations("buy");
  const id = useId();
  const token = tokenOf(useWeirConfig(), listing.token);
  const plans = listing.plans.filter(isSoldHere);
  const [index, setIndex] = useState(plans[0]?.index ?? 0);
  const plan = plans.find((item) => item.index === index);
  const metered = plan && isMetered(plan) ? meteredPrice(plan) : undefined;
  const [text, setText] = useState<string>();
  if (!plan) return null;
  const shown =
    text ?? (metered ? formatAmount(defaultDeposit(metered), token.decimals).replaceAll(",", "") : "0");
  const deposit = metered ? readDeposit(shown, token.decimals, metered) : { amount: 0n };

  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (deposit.amount !== undefined) onBuy(index, deposit.amount);
  };
  const choose = (next: number) => {
    setIndex(next);
    setText(undefined);
  };
  return (
    <form onSubmit={submit} className="grid grid-cols-[minmax(0,1fr)] gap-5" aria-labelledby={`${id}-form`}>
      <span id={`${id}-form`} className="sr">
        {t("title")}
      </span>
      <PlanChoice listing={listing} plans={plans} value={index} onChange={choose} />
      {metered ? (
        <AmountField
          value={shown}
          onChange={setText}
          price={metered}
          bytes={plan.kind === "byte"}
          token={token}
          error={deposit.error}
        />
      ) : null}
      <Terms plan={plan} listing={listing} amount={deposit.amount} token={token} />
      {action ? (
        action()
      ) : (
        <Button type="submit" tone="primary" disabled={deposit.amount === undefined} className="text-lg">
          {metered && deposit.amount !== undefined
            ? t("pay", { amount: `${formatAmount(deposit.amount, token.decimals)} ${token.symbol}` })
            : metered
              ? t("payNothing")
              : t("getFree")}
        </Button>
      )}
      {metered && dueFor(1n, metered) === 0n ? <p className="text-xs text-soft">{t("rounding")}</p> : null}
    </form>
  );
}
