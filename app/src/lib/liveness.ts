/** A listing's pulse, computed from the newest checked head that any relay shows; never what a seller says. */
export type Liveness = "live" | "quiet" | "stale" | "gone" | "unknown";

export const LIVE_WITHIN_MS = 30_000; // two rounds of heads, which a gateway repeats every 15 s: one may be late
export const QUIET_WITHIN_MS = 60_000; // four rounds without a head: the gateway or its line is down
export const STALE_WITHIN_MS = 3_600_000; // an hour: beyond that nobody should wait for it

export interface Head {
  listingId: string;
  sealedAtMs: number;
  /** When the gateway last said that this is still the newest; heads come also while nothing is sealed. */
  headAtMs?: number | null;
}

const saidAt = (head: Head): number => Math.max(head.sealedAtMs, head.headAtMs ?? 0);

/** `unknown` when no relay could be asked: absence of an answer is not evidence of silence. */
export function livenessOf(head: Head | undefined, nowMs: number, anyRelayAnswered: boolean): Liveness {
  if (head === undefined) return anyRelayAnswered ? "gone" : "unknown";
  const silence = nowMs - saidAt(head);
  if (silence > STALE_WITHIN_MS) return "gone";
  if (silence > QUIET_WITHIN_MS) return "stale";
  return nowMs - head.sealedAtMs <= LIVE_WITHIN_MS ? "live" : "quiet";
}

const isNewer = (head: Head, known: Head): boolean =>
  head.sealedAtMs > known.sealedAtMs ||
  (head.sealedAtMs === known.sealedAtMs && saidAt(head) > saidAt(known));

/** Newest head per listing over all relays. */
export function newestHeads(lists: Head[][]): Map<string, Head> {
  const newest = new Map<string, Head>();
  for (const list of lists)
    for (const head of list) {
      const known = newest.get(String(head.listingId));
      if (!known || isNewer(head, known)) newest.set(String(head.listingId), head);
    }
  return newest;
}

/** 1 when just sealed, 0 at the end of "quiet": how full the pulse bar of a card is. */
export function freshness(sealedAtMs: number | undefined, nowMs: number): number {
  if (sealedAtMs === undefined) return 0;
  return Math.min(1, Math.max(0, 1 - (nowMs - sealedAtMs) / QUIET_WITHIN_MS));
}

export interface Heads {
  byListing: Map<string, Head>;
  /** Listings of which a relay showed a head that is not their publisher's. */
  doubtful: Set<string>;
  /** Relays that answered. */
  answered: number;
}

/** `unknown` also where all that is shown is not the publisher's: that says nothing about the stream. */
export function pulseOf(heads: Heads | undefined, id: string, nowMs: number): Liveness {
  const head = heads?.byListing.get(id);
  const asked = (heads?.answered ?? 0) > 0 && !heads?.doubtful.has(id);
  return livenessOf(head, nowMs, asked);
}
