import { type Plan, PlanKind } from "./listing.ts";

type Metered = Pick<Plan, "kind" | "price" | "unit" | "promoPrice" | "promoUntil">;
type Sealed = { messageCount: number; bodyBytes: number; sealedAtMs: number };

/** What a unit sealed at that moment costs under a metered plan. As on chain, a promotion at 0 is none. */
export const meteredPriceOf = (
  plan: Pick<Plan, "price" | "promoPrice" | "promoUntil">,
  sealedAtMs: number,
): bigint => (plan.promoPrice !== 0n && sealedAtMs < plan.promoUntil * 1000 ? plan.promoPrice : plan.price);

/**
 * What one segment adds to a channel's accrued value: price × units, before the division by `unit`. A promotion binds
 * segments sealed before its end. Zero for plans that are not metered.
 */
export function accrue(plan: Metered, segment: Sealed): bigint {
  const price = meteredPriceOf(plan, segment.sealedAtMs);
  if (plan.kind === PlanKind.message) return price * BigInt(segment.messageCount);
  if (plan.kind === PlanKind.byte) return price * BigInt(segment.bodyBytes);
  return 0n;
}

/** The running due: rounded down once over everything, never per segment. Nothing accrues under a plan without units. */
export const dueOf = (plan: Pick<Plan, "unit">, accrued: bigint): bigint =>
  accrued === 0n ? 0n : accrued / plan.unit;
