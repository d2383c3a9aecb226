import type { DayItem } from "./useEarnings.ts";

const DAY_MS = 86_400_000;

/** Start of the day in milliseconds, UTC; undefined when it is no day. */
export function dayMs(day: DayItem["day"]): number | undefined {
  const ms =
    typeof day === "number" || /^\d+$/.test(day)
      ? Number(day) * 1_000
      : Date.parse(`${day.slice(0, 10)}T00:00:00Z`);
  return Number.isFinite(ms) ? Math.floor(ms / DAY_MS) * DAY_MS : undefined;
}

export const dayText = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

export interface Bar {
  /** `YYYY-MM-DD`, UTC. */
  day: string;
  amount: bigint;
}

/** The last `count` days up to `nowMs`, one bar each, days without a sale included. */
export function barsOf(items: readonly DayItem[], nowMs: number, count: number): Bar[] {
  const sums = new Map<number, bigint>();
  for (const item of items) {
    const ms = dayMs(item.day);
    if (ms !== undefined) sums.set(ms, (sums.get(ms) ?? 0n) + BigInt(item.settled));
  }
  const today = Math.floor(nowMs / DAY_MS) * DAY_MS;
  return Array.from({ length: count }, (_, i) => {
    const ms = today - (count - 1 - i) * DAY_MS;
    return { day: dayText(ms), amount: sums.get(ms) ?? 0n };
  });
}
