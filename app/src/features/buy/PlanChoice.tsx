"use client";

import { useTranslations } from "next-intl";
import { RadioGroup } from "radix-ui";
import { useId } from "react";
import { usePriceWords } from "@/features/listing/usePriceWords.ts";
import type { ListingDetail, PlanItem } from "@/lib/indexer.ts";

export function PlanChoice({
  listing,
  plans,
  value,
  onChange,
}: {
  listing: ListingDetail;
  plans: PlanItem[];
  value: number;
  onChange: (index: number) => void;
}) {
  const t = useTranslations("listing");
  const buy = useTranslations("buy");
  const priceWords = usePriceWords();
  const id = useId();
  return (
    <div className="grid gap-2">
      <span id={id} className="font-semibold">
        {buy("plan")}
      </span>
      <RadioGroup.Root
        aria-labelledby={id}
        value={String(value)}
        onValueChange={(next) => onChange(Number(next))}
        className="grid gap-2"
      >
        {plans.map((plan) => {
          const words = priceWords(plan, listing.token);
          return (
            <RadioGroup.Item
              key={plan.index}
              value={String(plan.index)}
              aria-label={[`${t(`plan.${plan.kind}`)}: ${words.now}`, words.promotion]
                .filter(Boolean)
                .join(". ")}
              className="group flex items-center gap-3 rounded-md border border-line-strong p-3 text-left hover:border-water data-[state=checked]:border-water data-[state=checked]:bg-water-wash"
            >
              <span
                aria-hidden="true"
                className="grid size-5 shrink-0 place-items-center rounded-full border-2 border-line-strong group-data-[state=checked]:border-water"
              >
                <RadioGroup.Indicator className="size-2.5 rounded-full bg-water" />
              </span>
              <span>
                <span className="block text-xs font-semibold text-soft">{t(`plan.${plan.kind}`)}</span>
                <span className="figure block font-semibold">{words.now}</span>
                {words.promotion ? (
                  <span className="figure block text-xs text-soft">{words.promotion}</span>
                ) : null}
              </span>
            </RadioGroup.Item>
          );
        })}
      </RadioGroup.Root>
    </div>
  );
}
