import { FOREVER, type Plan } from "@weir/sdk/core";
import { AmountNotReadable, depositFor, type MeteredPrice, parseAmount, unitsFor } from "@/lib/money.ts";

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
