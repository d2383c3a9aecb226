import { FOREVER, type Plan, PlanKind, paidUntil, subscriptionAmount, unitPriceOf } from "@weir/sdk/core";
import type { PlanItem } from "@/lib/indexer.ts";
import { AmountNotReadable, depositFor, type MeteredPrice, parseAmount, unitsFor } from "../../lib/money.ts";
import { meteredPrice, priceAt } from "../listing/plans.ts";

/** Offered amounts, in units (messages, or the plan's byte unit). */
export const MESSAGE_STEPS = [1_000n, 10_000n, 100_000n] as const;
/** In the plan's own byte unit, so that they are whole numbers of it. */
export const BYTE_STEPS = [1n, 10n, 100n] as const;
/** What the field shows first: enough to look around, little enough not to think twice. */
const DEFAULT_STEP = 10_000n;

export class DepositTooSmall extends Error {
  override readonly name = "DepositTooSmall";
  readonly minimum: bigint;
  constructor(minimum: bigint) {
    super(`the deposit must be at least ${minimum}`);
    this.minimum = minimum;
  }
}

export const defaultDeposit = (price: MeteredPrice): bigint =>
  depositFor(price.unit > 1_000n ? price.unit * 10n : DEFAULT_STEP, price);

/** Reads the amount field: an amount that buys at least one unit beyond the entry, or why not. */
export function readDeposit(
  text: string,
  decimals: number,
  price: MeteredPrice,
): { amount?: bigint; error?: AmountNotReadable | DepositTooSmall } {
  let amount: bigint;
  try {
    amount = parseAmount(text, decimals);
  } catch (cause) {
    if (cause instanceof AmountNotReadable) return { error: cause };
    throw cause;
  }
  if (unitsFor(amount, price) < 1n) return { error: new DepositTooSmall(depositFor(1n, price)) };
  return { amount };
}

/** Offered lengths of a subscription, in the plan's own periods. */
export const PERIOD_STEPS = [1, 7, 30] as const;
/** Longer is no purchase anybody means. */
export const MAX_PERIODS = 10_000;
/** The clocks here and on chain need not agree: a limited window is never paid to its last second. */
const CLOCK_SLACK_SECONDS = 120;

/** The most whole periods that fit into a plan's window. */
export function mostPeriods(plan: Pick<Plan, "period" | "maxWindow">): number {
  if (plan.maxWindow >= FOREVER) return MAX_PERIODS;
  return Math.min(MAX_PERIODS, Math.floor((plan.maxWindow - CLOCK_SLACK_SECONDS) / plan.period));
}

/** `"7"` → 7; undefined for anything that is no whole number from 1 to `most`. */
export function readPeriods(text: string, most: number): number | undefined {
  const count = /^\d{1,5}$/.test(text.trim()) ? Number(text) : 0;
  return count >= 1 && count <= most ? count : undefined;
}

/** What is sent for a plan that is not metered, bought at `now` (unix seconds); undefined while its length is not readable. */
export function timedAmount(
  plan: Plan | undefined,
  periods: number | undefined,
  now: number,
): bigint | undefined {
  if (!plan || plan.kind === PlanKind.free) return 0n;
  if (plan.kind === PlanKind.flat) return unitPriceOf(plan, now);
  return periods === undefined ? undefined : subscriptionAmount(plan, periods * plan.period, now);
}

/** A period plan bought at `now`: until when `amount` pays, and the most that can be lost, what is due at once and the notice. */
export function periodTerms(plan: PlanItem, amount: bigint, now: number): { until: number; risk: bigint } {
  const { price } = priceAt(plan, now);
  const upfront = BigInt(plan.upfront);
  const notice = (price * BigInt(plan.notice)) / BigInt(plan.period || 1);
  return { until: paidUntil({ price, period: plan.period, upfront }, amount, now), risk: upfront + notice };
}

/** How many messages or bytes a deposit is good for: `least` in any case, `most` if all of them come while a promotion lasts. */
export function unitsOf(plan: PlanItem, amount: bigint, now: number): { least: bigint; most: bigint } {
  return { least: unitsFor(amount, meteredPrice(plan)), most: unitsFor(amount, meteredPrice(plan, now)) };
}
