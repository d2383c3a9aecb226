import type { PlanItem } from "@/lib/indexer.ts";
import type { MeteredPrice } from "@/lib/money.ts";

/** Plans that the contracts sell today; the others are refused by name on chain and said so here. */
export const isSoldHere = (plan: PlanItem): boolean =>
  plan.kind === "message" || plan.kind === "byte" || plan.kind === "free";

export const isMetered = (plan: PlanItem): boolean => plan.kind === "message" || plan.kind === "byte";

/** The arithmetic side of a metered plan. */
export const meteredPrice = (plan: PlanItem): MeteredPrice => ({
  price: BigInt(plan.price),
  unit: BigInt(plan.unit) || 1n,
  entry: BigInt(plan.entry),
});
