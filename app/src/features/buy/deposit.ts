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
