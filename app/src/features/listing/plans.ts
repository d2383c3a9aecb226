import type { PlanItem } from "@/lib/indexer.ts";
import type { MeteredPrice } from "@/lib/money.ts";

export const isMetered = (plan: PlanItem): boolean => plan.kind === "message" || plan.kind === "byte";

/** Paid by time through Subscriptions. */
export const isTimed = (plan: { kind: PlanItem["kind"] }): boolean =>
  plan.kind === "period" || plan.kind === "flat";

export interface PriceNow {
  /** For a unit, a period, or flat access as a whole, in the smallest token unit. */
  price: bigint;
  /** The promotion behind it: what it costs otherwise, and the end in unix seconds. */
  promotion: { usual: bigint; until: number } | undefined;
}

/**
 * What a plan costs at `time` (unix seconds); everything that shows or counts a price asks here. A promotion replaces the price, of a flat
 * plan what is due upfront; never the upfront of a period plan or the entry. Of period and flat plans it counts for purchases mined
 * before its end, and what was bought keeps it; of metered plans for messages sealed before its end, whoever bought when.
 */
export function priceAt(plan: PlanItem, time: number): PriceNow {
  const usual = BigInt(plan.kind === "flat" ? plan.upfront : plan.price);
  const promoted = BigInt(plan.promoPrice);
  const until = Number(plan.promoUntil);
  if (promoted === 0n || time >= until) return { price: usual, promotion: undefined };
  return { price: promoted, promotion: { usual, until } };
}

/**
 * The arithmetic side of a metered plan. Without a `time` at its usual price: a deposit outlives a promotion, so how much it has to be
 * is counted without one.
 */
export const meteredPrice = (plan: PlanItem, time = Number.POSITIVE_INFINITY): MeteredPrice => ({
  price: priceAt(plan, time).price,
  unit: BigInt(plan.unit) || 1n,
  entry: BigInt(plan.entry),
});
