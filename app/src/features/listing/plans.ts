import type { PlanItem } from "@/lib/indexer.ts";
import type { MeteredPrice } from "@/lib/money.ts";

export const isMetered = (plan: PlanItem): boolean => plan.kind === "message" || plan.kind === "byte";

/** Paid by time through Subscriptions. */
export const isTimed = (plan: { kind: PlanItem["kind"] }): boolean =>
  plan.kind === "period" || plan.kind === "flat";

/** The arithmetic side of a metered plan. */
export const meteredPrice = (plan: PlanItem): MeteredPrice => ({
  price: BigInt(plan.price),
  unit: BigInt(plan.unit) || 1n,
  entry: BigInt(plan.entry),
});
