// A buyer's running chain of ticks: when one is worth signing, what a tick of it is worth, and how long it lasts. Why so: docs/decisions/ticks.md.
import {
  type Bytes,
  type Crypto,
  type Hex,
  hex,
  MAX_TICKS,
  meteredPriceOf,
  type Plan,
  PlanKind,
  type SignedTicks,
  tickChain,
} from "../core/index.ts";

/** `links[i]` pays for i ticks. It is nowhere but here: a chain ends with its session. */
export type RunningChain = SignedTicks & { links: readonly Bytes[]; revealed: number; atMs: number };

/** A shorter chain saves no signature. */
const LEAST_TICKS = 16n;
/** What relays take at once (MAX_TICK_STEPS of theirs); for more, a voucher is the cheaper one. */
const MOST_AT_ONCE = 256;

const least = (...values: readonly bigint[]): bigint => values.reduce((a, b) => (a < b ? a : b));

/** What one message costs now, if the plan sells single messages at a whole price, of which the entry is a multiple; else undefined. */
export function tickValueOf(plan: Plan, nowMs: number): bigint | undefined {
  if (plan.kind !== PlanKind.message) return undefined;
  const price = meteredPriceOf(plan, nowMs);
  if (price === 0n || price % plan.unit !== 0n) return undefined;
  const value = price / plan.unit;
  return plan.entry % value === 0n ? value : undefined;
}

/**
 * An unsigned chain on top of a voucher for `base`. It is no longer than the entry, so that this voucher covers what is received while it runs, and
 * never promises more than the deposit. Undefined where none is worth it.
 */
export function newChain(
  crypto: Crypto,
  p: { channelId: Hex; plan: Plan; base: bigint; deposit: bigint; nowMs: number },
): Omit<RunningChain, "signature"> | undefined {
  const { channelId, plan, base, deposit, nowMs } = p;
  const tickValue = tickValueOf(plan, nowMs);
  if (tickValue === undefined) return undefined;
  const count = least(BigInt(MAX_TICKS), plan.entry / tickValue, (deposit - base) / tickValue);
  if (count < LEAST_TICKS) return undefined;
  // Random, never derived: no copy of anything can make the same tip a second time.
  const seed = globalThis.crypto.getRandomValues(new Uint8Array(32));
  const links = tickChain(crypto, channelId, seed, Number(count));
  return { base, tip: hex(links[0]!), tickValue, maxTicks: Number(count), links, revealed: 0, atMs: nowMs };
}

/** Which tick makes this total; undefined when none of the rest does, or too many at once. */
export function tickFor(
  { base, tickValue, maxTicks, revealed }: RunningChain,
  total: bigint,
): number | undefined {
  const beyond = total - base;
  if (beyond <= 0n || beyond % tickValue !== 0n || beyond / tickValue > BigInt(maxTicks)) return undefined;
  const ticks = Number(beyond / tickValue);
  return ticks > revealed && ticks - revealed <= MOST_AT_ONCE ? ticks : undefined;
}
