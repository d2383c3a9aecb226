// What a segment costs does not depend on how many grants there are: work is counted, not time.
//
// metered: storing a segment and closing an epoch touch no account but those that have the epoch open, and ask the file equally often
// whatever is open stays exactly what it was, over restarts and frozen accounts
import { accrue, type Plan } from "@weir/sdk/core";
import { afterEach, expect, test } from "vitest";
import { channelOf, LISTING, listingOf, Parts, plan, purchased } from "./support/parts.ts";

const RELAY = `0x${"44".repeat(20)}` as const;
const GRANTS = 150;
const paid: Plan = plan({ entry: 1_000_000n });

let parts: Parts;
afterEach(() => parts?.stop());

/** Counts every look at an account's ranges, plan or state from now on. */
function watched(count: number): { touches: () => number } {
  let touches = 0;
  for (let n = 1; n <= count; n += 1) {
    const account = parts.ledger.account(channelOf(n))! as unknown as Record<string, unknown>;
    for (const field of ["opened", "plan", "frozenEpoch", "accrued", "hopeless"]) {
      let value = account[field];
      Object.defineProperty(account, field, {
        get() {
          touches += 1;
          return value;
        },
        set(next) {
          touches += 1;
          value = next;
        },
      });
    }
  }
  return { touches: () => touches };
}

/** Counts statements that reach the file. */
function statements(): () => number {
  let count = 0;
  const { db } = parts;
  for (const name of ["run", "get", "all"] as const) {
    const method = db[name].bind(db) as (...args: unknown[]) => unknown;
    Object.assign(db, {
      [name]: (...args: unknown[]) => {
        count += 1;
        return method(...args);
      },
    });
  }
  return () => count;
}

const admit = async (count: number) => {
  for (let n = 1; n <= count; n += 1) await parts.db.commit(() => parts.ledger.admit(purchased(n, paid)));
};

/** Ten segments over three epochs. */
async function publish(): Promise<void> {
  for (let i = 0; i < 10; i += 1) {
    await parts.publish([5, 5, 5]);
    await parts.pass(300);
  }
}

/** Opens the running epoch to an account as a session does. */
async function open(n: number): Promise<number> {
  const { ledger, pipeline, db } = parts;
  const account = ledger.account(channelOf(n))!;
  const epoch = pipeline.currentEpoch();
  const lowestOpen = pipeline.lowestOpenEpoch();
  await db.commit(() => {
    ledger.accept(account, {
      cumulative: account.total + 10n * paid.entry,
      relay: RELAY,
      signature: new Uint8Array(64),
    });
    ledger.release(account, {
      generation: pipeline.generation,
      next: epoch,
      lowestOpen,
      current: epoch,
      deposit: 10n ** 18n,
    });
  });
  return epoch;
}

test("publishing touches no account that has not opened the epoch, and asks the file equally often", async () => {
  const perGrants: number[] = [];
  for (const grants of [1, GRANTS]) {
    parts = await Parts.open(listingOf([paid]));
    await admit(grants);
    await parts.pass(1000);
    const before = parts.sealed.length;
    const { touches } = watched(grants);
    const asked = statements();
    await publish();
    expect(parts.sealed.length - before).toBe(10);
    // The plan of one account for each look at the budget; nothing of the others.
    expect(touches()).toBeLessThanOrEqual(2 * 10);
    perGrants.push(asked());
    if (grants === 1) await parts.stop();
  }
  expect(perGrants[1]).toBe(perGrants[0]);
});

test("the few that have it open are counted to the unit, whatever is restarted, frozen or given up", async () => {
  parts = await Parts.open(listingOf([paid]));
  await admit(GRANTS);
  await parts.publish([1]);
  await parts.pass(1000);
  const [reader, frozen, idle] = [7, 8, 9];
  const from = await open(reader);
  await open(frozen);
  await publish();
  await parts.restart();
  await parts.publish([5, 5]);
  await parts.pass(50); // in whatever epoch runs now: open to nobody
  const due = (n: number) => {
    const { opened, plan } = parts.ledger.account(channelOf(n))!;
    return parts.sealed
      .filter(({ generation, epoch }) =>
        opened.get(generation)?.some(({ from, to }) => from <= epoch && epoch <= to),
      )
      .reduce((sum, header) => sum + accrue(plan, header), 0n);
  };
  for (const n of [reader, frozen, idle]) expect(parts.ledger.account(channelOf(n))!.accrued).toBe(due(n));
  expect(due(reader)).toBeGreaterThan(0n);
  expect(due(idle)).toBe(0n);
  // The restart came in the middle of an open epoch: what is published in it afterwards is owed, too.
  await open(reader);
  await parts.restart();
  await parts.publish([5, 5, 5, 5]);
  await parts.pass(50);
  expect(parts.ledger.account(channelOf(reader))!.accrued).toBe(due(reader));
  expect(parts.sealed.at(-1)!.epoch).toBeGreaterThan(from);

  const holders = () => parts.ledger.plans(LISTING).length;
  expect(holders()).toBe(1);
  for (let n = 1; n < GRANTS; n += 1)
    await parts.db.commit(() => parts.ledger.freeze(parts.ledger.account(channelOf(n))!, 0));
  expect(holders()).toBe(1);
  parts.ledger.giveUp(LISTING, paid);
  expect(holders()).toBe(0);
  await parts.db.commit(() => parts.ledger.thaw(parts.ledger.account(channelOf(1))!));
  expect(holders()).toBe(0);
  await parts.restart(); // what was given up is tried again
  expect(holders()).toBe(1);
});
