/** A listing's pulse, computed from the newest sealed segment that any relay shows; never what a seller says. */
export type Liveness = "live" | "quiet" | "stale" | "gone" | "unknown";

export const LIVE_WITHIN_MS = 15_000; // relays repeat heads every 15 s, so nothing younger can be told apart
export const QUIET_WITHIN_MS = 60_000; // slow sensors report once a minute
export const STALE_WITHIN_MS = 600_000; // ten minutes: beyond that nobody should pay unwarned

export interface Head {
  listingId: string;
  generation: number | string;
  epoch: number | string;
  seq: number | string;
  sealedAtMs: number;
  receivedAtMs?: number;
}

/** `unknown` when no relay could be asked: absence of an answer is not evidence of silence. */
export function livenessOf(
  sealedAtMs: number | undefined,
  nowMs: number,
  anyRelayAnswered: boolean,
): Liveness {
  if (sealedAtMs === undefined) return anyRelayAnswered ? "gone" : "unknown";
  const age = nowMs - sealedAtMs;
  if (age <= LIVE_WITHIN_MS) return "live";
  if (age <= QUIET_WITHIN_MS) return "quiet";
  if (age <= STALE_WITHIN_MS) return "stale";
  return "gone";
}

/** Newest head per listing over all relays. */
export function newestHeads(lists: Head[][]): Map<string, Head> {
  const newest = new Map<string, Head>();
  for (const list of lists)
    for (const head of list) {
      const known = newest.get(String(head.listingId));
      if (!known || head.sealedAtMs > known.sealedAtMs) newest.set(String(head.listingId), head);
    }
  return newest;
}

/** 1 when just sealed, 0 at the end of "quiet": how full the pulse bar of a card is. */
export function freshness(sealedAtMs: number | undefined, nowMs: number): number {
  if (sealedAtMs === undefined) return 0;
  return Math.min(1, Math.max(0, 1 - (nowMs - sealedAtMs) / QUIET_WITHIN_MS));
}
