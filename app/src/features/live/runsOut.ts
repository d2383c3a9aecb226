import { meteredPriceOf } from "@weir/sdk/core";
import { unitsFor } from "../../lib/money.ts";
import type { Meter } from "../../lib/weir.ts";

/**
 * When the deposit is spent, if messages go on coming at this rate: at a promotion's price up to its end, at the usual one from there.
 * @param now Milliseconds, as what is returned.
 */
export function runsOutAt(
  meter: Pick<Meter, "deposit" | "due" | "entry" | "price" | "unit" | "promoPrice" | "promoUntil">,
  perSecond: number,
  now: number,
): number {
  const left = meter.deposit - meter.due;
  const at = (price: bigint, from: number, amount: bigint) =>
    from + (Number(unitsFor(amount, { ...meter, price })) / perSecond) * 1_000;
  const price = meteredPriceOf(meter, now);
  const end = at(price, now, left);
  const until = meter.promoUntil * 1_000;
  if (price === meter.price || end <= until) return end;
  const before = BigInt(Math.floor(((until - now) / 1_000) * perSecond));
  return at(meter.price, until, left - (price * before) / meter.unit);
}
