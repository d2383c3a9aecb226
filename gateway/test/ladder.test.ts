// Which vouchers are kept beside the best one, and which of them may be presented before a close.
//
// property: over random orders of paying, growing and restarts: (1) nothing presented is above what is owed · (2) while few are ahead, the highest
//   one is the highest of all that ever came and are owed · (3) the best is always kept, and never more than 16 on the way to it
// branches: thousands of tiny steps · two relays: each gets its part · claimed or damaged ones are forgotten, also after a restart · a file from
//   before they were kept
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Account } from "../src/keys/account.ts";
import { MAX_KEPT_VOUCHERS } from "../src/limits.ts";
import { channelOf, listingOf, Parts, plan, purchased } from "./support/parts.ts";

const RELAY = `0x${"44".repeat(20)}` as const;
const OTHER = `0x${"55".repeat(20)}` as const;
const signature = new Uint8Array(64).fill(7);
const HUGE = 10n ** 9n;
/** A message is worth 10. */
const PLAN = plan({ price: 10n, entry: 80n });

let parts: Parts;
beforeEach(async () => {
  parts = await Parts.open(listingOf([PLAN]));
  await admit();
});
afterEach(() => parts.stop());

const admit = () => parts.db.commit(() => parts.ledger.admit(purchased(1, PLAN)));
const account = (): Account => parts.ledger.account(channelOf(1))!;
const pay = (cumulative: bigint, relay: `0x${string}` = RELAY) =>
  parts.db.commit(() => parts.ledger.accept(account(), { cumulative, relay, signature }));
const presented = () => parts.ledger.claimable(account()).map(({ cumulative }) => cumulative);

/** Publishes so many messages in epochs that are open to the channel. */
async function owe(count: number): Promise<void> {
  const { ledger, db, pipeline } = parts;
  const before = ledger.owed(account());
  for (let n = 0; n < count; n += 1) {
    const [lowestOpen, current] = [pipeline.lowestOpenEpoch(), pipeline.currentEpoch()];
    await db.commit(() =>
      ledger.release(account(), {
        generation: pipeline.generation,
        next: current,
        lowestOpen,
        current,
        deposit: HUGE,
      }),
    );
    await parts.publish([10]);
    await parts.pass(1_000);
  }
  expect(ledger.owed(account()) - before).toBe(10n * BigInt(count));
}

test("nothing above what is owed is presented, and of what is owed the highest", async () => {
  const step = fc.oneof(
    fc.record({ act: fc.constant("pay" as const), more: fc.bigInt({ min: 1n, max: 60n }) }),
    fc.record({ act: fc.constant("owe" as const), more: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ act: fc.constant("restart" as const) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: MAX_KEPT_VOUCHERS - 1 }), async (steps) => {
      await parts.stop();
      parts = await Parts.open(listingOf([PLAN]));
      await admit();
      // So much that every epoch opens: what is owed follows from the messages alone.
      const all = [1_000n];
      await pay(1_000n);
      for (const { act, ...rest } of steps) {
        if (act === "restart") await parts.restart();
        else if (act === "owe") await owe((rest as { more: number }).more);
        else {
          all.push(all.at(-1)! + (rest as { more: bigint }).more);
          await pay(all.at(-1)!);
        }
        const owed = parts.ledger.owed(account());
        const highest = all.findLast((cumulative) => cumulative <= owed);
        expect(presented().at(-1)).toBe(highest);
        expect(account().kept.length).toBeLessThanOrEqual(MAX_KEPT_VOUCHERS);
        expect(account().kept.at(-1)).toMatchObject({ cumulative: all.at(-1), relay: RELAY });
      }
    }),
    { numRuns: 25 },
  );
});

test("one who signs every unit fills no disk, and the best and a near one are kept", async () => {
  await pay(500n);
  for (let n = 1n; n <= 300n; n += 1n) await pay(500n + n);
  expect(account().kept.length).toBe(MAX_KEPT_VOUCHERS);
  await parts.restart();
  const kept = account().kept.map(({ cumulative }) => cumulative);
  expect(kept).toHaveLength(MAX_KEPT_VOUCHERS);
  expect(kept[0]).toBe(500n);
  expect(kept.at(-1)).toBe(800n);
});

test("where the relay changes, each has its own voucher presented, and after a claim only what is new", async () => {
  for (const [cumulative, relay] of [
    [1_000n, RELAY],
    [1_005n, RELAY],
    [1_007n, OTHER],
    [1_009n, OTHER],
    [2_000n, OTHER],
  ] as const)
    await pay(cumulative, relay);
  await owe(101);
  expect(presented()).toEqual([1_005n, 1_009n]);
  const paid = account().kept.filter(({ cumulative }) => cumulative <= 1_005n);
  await parts.db.commit(() => {
    for (const voucher of paid) parts.ledger.drop(account(), voucher);
  });
  expect(presented()).toEqual([1_009n]);
  await parts.restart();
  expect(presented()).toEqual([1_009n]);
  expect(account().kept.map(({ cumulative }) => cumulative)).toEqual([1_007n, 1_009n, 2_000n]);
});

test("a file from before vouchers were kept has the best one", async () => {
  await pay(1_000n);
  await parts.db.commit(() => parts.db.run("DELETE FROM vouchers"));
  await parts.restart();
  expect(presented()).toEqual([]);
  await pay(2_000n);
  await owe(100);
  expect(presented()).toEqual([1_000n]);
});
