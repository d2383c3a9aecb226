// How much one epoch may hold: half of what every metered buyer has prepaid beyond what he owes.
import { accrue, isMetered, type Plan } from "@weir/sdk/core";

type Sealed = { messageCount: number; bodyBytes: number; sealedAtMs: number };

/**
 * Half a plan's entry as accrued value (price × units). Two epochs are open to a buyer and can still grow, the running one and the
 * next; together they can never outgrow the entry that led when the key was given.
 */
export const halfEntry = (plan: Plan): bigint => (plan.entry * plan.unit) / 2n;

/** The value under `plan` of what an epoch holds, before the division by its unit. */
export const accruedBy = (plan: Plan, segments: readonly Sealed[]): bigint =>
  segments.reduce((sum, segment) => sum + accrue(plan, segment), 0n);

/**
 * What an epoch that holds `segments` still takes. The result names the first plan whose budget does not allow `next`, or undefined if it fits;
 * `hopeless` says that it would not fit into an empty epoch either.
 */
export function budgetOf(
  plans: readonly Plan[],
  segments: readonly Sealed[],
): (next: Sealed) => { plan: Plan; hopeless: boolean } | undefined {
  const rows = plans
    .filter(isMetered)
    .map((plan) => ({ plan, used: accruedBy(plan, segments), half: halfEntry(plan) }));
  return (next) => {
    for (const { plan, used, half } of rows) {
      const value = accrue(plan, next);
      if (used + value > half) return { plan, hopeless: value > half };
    }
    return undefined;
  };
}
