// The arithmetic of contracts/Subscriptions.sol, for what has to be known before or without asking the chain.
import { type Plan, unitPriceOf } from "./listing.ts";
import type { SubscriptionTerms } from "./typed-data.ts";

/** uint32's maximum: the `stop` of flat access that is paid. */
export const ENDLESS = 2 ** 32 - 1;

/** The slot of a subscription, as on chain. Amounts in the smallest token unit, times in unix seconds. */
export type SubscriptionSlot = { claimed: bigint; deposit: bigint; start: number; stop: number };

type Schedule = Pick<SubscriptionTerms, "price" | "period" | "upfront">;

/**
 * What is due to the payee's side at `time` (unix seconds), everything claimed included, if nothing else happens. Equal to
 * `Subscriptions.vested`.
 */
export function vested(terms: Schedule, slot: SubscriptionSlot, time: number): bigint {
  if (slot.start === 0) return 0n;
  const until = Math.min(time, slot.stop);
  let due = terms.upfront;
  if (terms.price !== 0n && until > slot.start)
    due += (terms.price * BigInt(until - slot.start)) / BigInt(terms.period);
  return due < slot.deposit ? due : slot.deposit;
}

/** Whether the time is paid for at `time`, the notice after a cancel included. */
export const isRunning = (slot: Pick<SubscriptionSlot, "start" | "stop">, time: number): boolean =>
  slot.start <= time && time < slot.stop;

/** Until when a first funding of `amount` at `time` would pay. `time` itself if it does not reach beyond what is due at once. */
export function paidUntil(terms: Schedule, amount: bigint, time: number): number {
  if (amount < terms.upfront) return time;
  if (terms.price === 0n) return ENDLESS;
  const seconds = ((amount - terms.upfront) * BigInt(terms.period)) / terms.price;
  return seconds > BigInt(ENDLESS - time) ? ENDLESS : time + Number(seconds);
}

/** From when the paid time counts once it is topped up at `time`: after its end it begins anew, and the gap is not paid for. */
const startAt = ({ start, stop }: SubscriptionSlot, time: number): number =>
  start === 0 ? time : start + Math.max(0, time - stop);

/** Until when the time is paid for once `amount` is added at `time`. */
export const toppedUpUntil = (
  terms: Schedule,
  slot: SubscriptionSlot,
  amount: bigint,
  time: number,
): number => paidUntil(terms, slot.deposit + amount, startAt(slot, time));

/**
 * The most that may be added at `time` without paying for time beyond `end` (unix seconds), by the rule that Grants has for a purchase.
 * undefined: as much as one likes.
 */
export function mostTopUp(
  terms: Schedule,
  slot: SubscriptionSlot,
  { time, end }: { time: number; end: number },
): bigint | undefined {
  if (terms.price === 0n || end >= ENDLESS) return undefined;
  if (end <= Math.max(slot.stop, time)) return 0n;
  const seconds = BigInt(end - startAt(slot, time));
  const deposit = terms.upfront + ((seconds + 1n) * terms.price - 1n) / BigInt(terms.period);
  return deposit > slot.deposit ? deposit - slot.deposit : 0n;
}

/** The least amount that pays for `seconds` of a period plan from `time` on; of a flat plan its price. */
export function subscriptionAmount(plan: Plan, seconds: number, time: number): bigint {
  const price = unitPriceOf(plan, time);
  if (plan.period === 0) return price;
  const period = BigInt(plan.period);
  return plan.upfront + (price * BigInt(seconds) + period - 1n) / period;
}
