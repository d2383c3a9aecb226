// For each listing whether anybody pays for it now, so that its devices can rest while nobody does.
//   metered             a session is open, or was a moment ago
//   period, flat        the time that was paid for runs, whether its buyer reads or not: what is kept for him must exist
//   free, given         keys that open the present are out: somebody reads, or may
// What the chain does not tell is kept on disk: a gateway that was killed goes on asking its devices for what it asked before.
import { type Contracts, getSubscription } from "@weir/sdk/chain";
import { type Hex, isTimed, type SubscriptionSlot } from "@weir/sdk/core";
import type { Logger } from "pino";
import type { PublicClient } from "viem";
import type { Database } from "../database.ts";
import type { Acquired, Directory } from "../directory.ts";
import { feedsDevice } from "../feed.ts";
import { CLAIM_READS, DEMAND_CHECK_MS, DEMAND_LINGER_SECONDS, DEMAND_TRIES } from "../limits.ts";
import { sleep } from "../link.ts";

export type Demand = {
  /** Whether anybody pays for what this device says. */
  of(hubId: bigint, device: string): boolean;
  /** Keys of a grant that is not metered are out up to then (unix seconds). Only inside a commit. */
  covered(listingId: bigint, until: number): void;
  /** Looks again and again until the signal aborts; tells devices through `tell`. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
  /** The gateway stops: nobody takes anything now. */
  rest(): Promise<void>;
};

type Row = { listingId: string; until: number; wanted: number };
type Paid = { listingId: bigint; from: number; to: number };

const nowSeconds = (): number => Math.floor(Date.now() / 1000);

export function createDemand(init: {
  db: Database;
  client: PublicClient;
  contracts: Contracts;
  directory: Directory;
  /** Metered sessions of a listing that are open now. */
  sessions: (listingId: bigint) => number;
  /** Tells devices what `of` says now. */
  tell: () => Promise<void>;
  log: Logger;
}): Demand {
  const { db, client, contracts, directory, sessions, tell, log } = init;
  /** Unix seconds up to which keys are out, or a session was open lately. */
  const until = new Map<bigint, number>();
  /** What devices are told. */
  const wanted = new Set<bigint>();
  /** Paid time by subscription; what changed is read again. */
  const slots = new Map<Hex, Paid>();
  const changed = new Map<Hex, number>();
  let looked = false;
  let resting = false;
  let wake = new AbortController();

  for (const row of db.all<Row>("SELECT listingId, until, wanted FROM demand")) {
    until.set(BigInt(row.listingId), row.until);
    if (row.wanted === 1 || row.until > nowSeconds()) wanted.add(BigInt(row.listingId));
  }

  directory.on("subscription", (id) => {
    changed.set(id, DEMAND_TRIES);
    wake.abort();
  });
  // Blocks may have been replaced: what was read from them is read again.
  directory.on("reorg", () => {
    slots.clear();
    looked = false;
  });
  directory.on("listing", () => wake.abort());

  /** Listings whose time somebody has paid for at `now`. */
  function paid(now: number): ReadonlySet<bigint> {
    const found = new Set<bigint>();
    for (const { listingId, from, to } of slots.values()) if (from <= now && now < to) found.add(listingId);
    return found;
  }

  const linger = (listingId: bigint): void =>
    void until.set(listingId, Math.max(until.get(listingId) ?? 0, nowSeconds() + DEMAND_LINGER_SECONDS));

  /** What has turned since the last look is on disk before a device hears of it. */
  async function settle(): Promise<void> {
    const now = nowSeconds();
    const timed = paid(now);
    const turned: bigint[] = [];
    for (const { listingId } of directory.listings()) {
      if (sessions(listingId) > 0) linger(listingId);
      const wants = timed.has(listingId) || (until.get(listingId) ?? 0) > now;
      if (wants === wanted.has(listingId)) continue;
      if (wants) wanted.add(listingId);
      else wanted.delete(listingId);
      turned.push(listingId);
    }
    if (turned.length > 0) await db.commit(() => turned.forEach(keep));
  }

  function keep(listingId: bigint): void {
    db.run(
      "INSERT OR REPLACE INTO demand (listingId, until, wanted) VALUES (?, ?, ?)",
      String(listingId),
      until.get(listingId) ?? 0,
      wanted.has(listingId) ? 1 : 0,
    );
  }

  async function lookAtSlots(signal: AbortSignal): Promise<void> {
    if (looked && changed.size === 0) return;
    const stale = [...directory.everyAcquired()].filter(
      (one) => (!looked || changed.has(one.paymentId)) && timed(one),
    );
    while (stale.length > 0 && !signal.aborted)
      await Promise.all(
        stale.splice(0, CLAIM_READS).map(async ({ paymentId, listingId, notBefore, notAfter }) => {
          changed.delete(paymentId);
          const slot: SubscriptionSlot = await getSubscription(client, {
            contracts,
            subscriptionId: paymentId,
          }).catch((error: Error) => {
            changed.set(paymentId, DEMAND_TRIES);
            throw error;
          });
          const from = Math.max(slot.start, notBefore);
          slots.set(paymentId, { listingId, from, to: Math.min(slot.stop, notAfter) });
        }),
      );
    looked = true;
    // Another gateway's, or a purchase whose event is still to come.
    for (const [id, tries] of changed)
      if (tries <= 1) changed.delete(id);
      else changed.set(id, tries - 1);
  }

  const report = ({ name, message }: Error): void =>
    log.warn({ event: "demand", reason: name }, `demand is looked at again: ${message}`);

  function timed({ listingId, version, plan }: Acquired): boolean {
    const terms = directory.listing(listingId)?.versions.get(version)?.terms;
    const offered = plan === null ? undefined : terms?.plans[plan];
    return offered !== undefined && isTimed(offered);
  }

  return {
    of(hubId, device) {
      if (resting) return false;
      return directory
        .listings()
        .some(
          (listing) =>
            listing.hubId === hubId &&
            wanted.has(listing.listingId) &&
            feedsDevice(listing.newest.feed, device),
        );
    },
    covered(listingId, end) {
      if (end <= (until.get(listingId) ?? 0)) return;
      until.set(listingId, end);
      keep(listingId);
      wake.abort();
    },
    async run(signal) {
      // Killed while somebody paid: who read comes back within moments, and what is paid by time is looked up.
      for (const listingId of wanted) linger(listingId);
      while (!signal.aborted) {
        wake = new AbortController();
        try {
          // The chain that cannot be read now is asked again at the next look.
          await lookAtSlots(signal).catch(report);
          await settle();
          await tell();
        } catch (error) {
          report(error as Error);
        }
        await sleep(DEMAND_CHECK_MS, AbortSignal.any([signal, wake.signal]));
      }
    },
    async rest() {
      resting = true;
      await Promise.all([tell(), db.commit(() => db.run("UPDATE demand SET wanted = 0"))]);
    },
  };
}
