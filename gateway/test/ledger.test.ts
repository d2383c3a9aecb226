// What a channel's buyer can be given against what he has signed.
//
// property: over random orders of publishing, paying, sessions, clock, restarts, generations and closes, with the real pipeline:
//   (1) owed <= what is signed and deposited, always · (2) owed = value of all released epochs · (3) a key is released once it is paid for
//   (4) nothing ahead of the clock by more than one epoch · (5) what is given once is given again
// branches: first release · entry not covered · empty epochs · far behind · given again · frozen · carried over restart
import { accrue, dueOf, type Plan } from "@weir/sdk/core";
import fc from "fast-check";
import { afterEach, describe, expect, test } from "vitest";
import type { Account } from "../src/keys/account.ts";
import { channelOf, LISTING, listingOf, Parts, plan, purchased } from "./support/parts.ts";

const RELAY = `0x${"44".repeat(20)}` as const;
const signature = new Uint8Array(64);

/** A session's releases, as keys/sessions.ts drives them. */
class Reader {
  readonly parts: Parts;
  readonly n: number;
  next: number;
  readonly generation: number;
  deposit = 10n ** 9n;

  constructor(parts: Parts, n: number, next = parts.pipeline.lowestOpenEpoch()) {
    this.parts = parts;
    this.n = n;
    this.next = next;
    this.generation = parts.pipeline.generation;
  }

  get account(): Account {
    return this.parts.ledger.account(channelOf(this.n))!;
  }

  pay(cumulative: bigint) {
    return this.parts.db.commit(() =>
      this.parts.ledger.accept(this.account, { cumulative, relay: RELAY, signature }),
    );
  }

  async advance(): Promise<number[]> {
    const { ledger, pipeline, db } = this.parts;
    const released: number[] = [];
    for (;;) {
      const range = await db.commit(() =>
        this.generation !== pipeline.generation
          ? undefined
          : ledger.release(this.account, {
              generation: this.generation,
              next: this.next,
              lowestOpen: pipeline.lowestOpenEpoch(),
              current: pipeline.currentEpoch(),
              deposit: this.deposit,
            }),
      );
      if (!range) return released;
      for (let epoch = range.from; epoch <= range.to; epoch += 1) released.push(epoch);
      this.next = range.to + 1;
    }
  }
}

const admit = (parts: Parts, n: number, of: Plan) =>
  parts.db.commit(() => parts.ledger.admit(purchased(n, of)));

describe("whatever happens, nobody is given more than he has signed for", () => {
  const plans = [
    plan({ price: 10n, entry: 80n }),
    plan({ kind: 1, price: 3n, unit: 100n, entry: 2n * 123n }),
    plan({ price: 7n, unit: 3n, entry: 20n, promoPrice: 2n, promoUntil: 1_700_000_005 }),
  ];
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        act: fc.constant("publish" as const),
        count: fc.integer({ min: 1, max: 12 }),
        size: fc.integer({ min: 0, max: 600 }),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        act: fc.constant("pass" as const),
        ms: fc.constantFrom(7, 50, 300, 1000, 2500, 15_000),
      }),
    },
    {
      weight: 5,
      arbitrary: fc.record({
        act: fc.constant("pay" as const),
        who: fc.nat(2),
        more: fc.bigInt({ min: 0n, max: 150n }),
      }),
    },
    {
      weight: 4,
      arbitrary: fc.record({
        act: fc.constant("session" as const),
        who: fc.nat(2),
        back: fc.integer({ min: 0, max: 14 }),
      }),
    },
    { weight: 6, arbitrary: fc.record({ act: fc.constant("advance" as const), who: fc.nat(2) }) },
    {
      weight: 2,
      arbitrary: fc.record({
        act: fc.constant("inFlight" as const),
        who: fc.nat(2),
        ms: fc.constantFrom(3, 997, 1000),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ act: fc.constant("restart" as const), back: fc.constantFrom(0, 0, 5_000) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        act: fc.constant("deposit" as const),
        who: fc.nat(2),
        to: fc.bigInt({ min: 0n, max: 400n }),
      }),
    },
    { weight: 1, arbitrary: fc.record({ act: fc.constant("generation" as const) }) },
    { weight: 1, arbitrary: fc.record({ act: fc.constant("freeze" as const), who: fc.nat(2) }) },
  );

  test("owed never exceeds the total, and is the value of what was released", {
    timeout: 240_000,
  }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
        const parts = await Parts.open(listingOf(plans.slice(0, 1)));
        const readers: Reader[] = [];
        const given = plans.map(() => new Set<string>());
        const frozen = new Set<number>();
        try {
          for (const [n, of] of plans.entries()) {
            await admit(parts, n, of);
            readers.push(new Reader(parts, n));
          }
          const take = async (who: number) => {
            const reader = readers[who]!;
            for (const epoch of await reader.advance()) {
              expect(epoch).toBeLessThanOrEqual(parts.pipeline.currentEpoch() + 1); // (4)
              if (frozen.has(who)) expect(given[who]).toContain(`${reader.generation}/${epoch}`);
              given[who]!.add(`${reader.generation}/${epoch}`);
            }
          };
          for (const s of steps) {
            if (s.act === "publish") await parts.publish(Array(s.count).fill(s.size));
            else if (s.act === "pass") await parts.pass(s.ms);
            else if (s.act === "pay") await readers[s.who]!.pay(readers[s.who]!.account.total + s.more);
            else if (s.act === "session") {
              const { deposit } = readers[s.who]!;
              readers[s.who] = Object.assign(
                new Reader(parts, s.who, parts.pipeline.lowestOpenEpoch() - s.back),
                { deposit },
              );
            } else if (s.act === "advance") await take(s.who);
            else if (s.act === "inFlight") {
              // A seal is under way while the clock moves on and keys are asked for.
              parts.nowMs += 60;
              parts.elapsedMs += 60;
              parts.pipeline.kick();
              parts.nowMs += s.ms;
              await take(s.who);
              await parts.pipeline.idle();
            } else if (s.act === "restart") {
              parts.nowMs -= s.back;
              await parts.restart();
            } else if (s.act === "deposit")
              // No lower than what the two epochs that may be open already can grow to, half an entry each.
              readers[s.who]!.deposit = max(
                s.to,
                parts.ledger.owed(readers[s.who]!.account) + readers[s.who]!.account.plan.entry,
              );
            else if (s.act === "generation") {
              parts.pipeline.renew();
              await parts.pipeline.idle();
            } else {
              await parts.db.commit(() => parts.ledger.freeze(readers[s.who]!.account, 0));
              frozen.add(s.who);
            }
            for (const [who, { account, deposit }] of readers.entries()) {
              const owed = parts.ledger.owed(account);
              if (!frozen.has(who)) {
                expect(owed).toBeLessThanOrEqual(account.total); // (1)
                expect(owed).toBeLessThanOrEqual(deposit);
              }
              const mine = parts.sealed.filter(({ generation, epoch }) =>
                given[who]!.has(`${generation}/${epoch}`),
              );
              expect(owed).toBe(
                dueOf(
                  account.plan,
                  mine.reduce((sum, header) => sum + accrue(account.plan, header), 0n),
                ),
              ); // (2)
            }
          }
        } finally {
          await parts.stop();
        }
      }),
      {
        numRuns: Number(process.env.WEIR_RUNS ?? 40),
        ...(process.env.WEIR_SEED ? { seed: Number(process.env.WEIR_SEED) } : {}),
      },
    );
  });
});

describe("a release", () => {
  let parts: Parts;
  afterEach(() => parts?.stop());
  const metered = plan(); // price 10, entry 80: four messages an epoch
  const open = async (total: bigint) => {
    parts = await Parts.open(listingOf([metered]));
    await admit(parts, 1, metered);
    const reader = new Reader(parts, 1);
    await reader.pay(total);
    return { reader, epoch: parts.pipeline.currentEpoch() };
  };
  const fill = async () => {
    await parts.publish(Array(4).fill(1));
    await parts.pass(0);
  };

  test("begins with the running epoch and the next once the entry is covered, and with nothing below it", async () => {
    const { reader, epoch } = await open(79n);
    expect(await reader.advance()).toEqual([]);
    await reader.pay(80n);
    expect(await reader.advance()).toEqual([epoch, epoch + 1]);
    expect(await reader.advance()).toEqual([]);
  });

  test("goes on only while the total leads what is owed by the entry", async () => {
    const { reader, epoch } = await open(80n);
    await reader.advance();
    await fill();
    expect(parts.ledger.owed(reader.account)).toBe(40n);
    await parts.pass(1000);
    expect(await reader.advance()).toEqual([]);
    await reader.pay(119n);
    expect(await reader.advance()).toEqual([]);
    await reader.pay(120n);
    expect(await reader.advance()).toEqual([epoch + 2]);
  });

  test("lets nobody wait: the next key leaves while the running epoch fills, for whoever has paid for those that are over", async () => {
    const { reader, epoch } = await open(80n);
    await reader.advance();
    for (let i = 1; i <= 5; i += 1) {
      await fill();
      await parts.pass(1000);
      await fill(); // more of the running epoch is published than is paid for yet
      await reader.pay(BigInt(i) * 40n + 80n);
      expect(await reader.advance()).toEqual([epoch + i + 1]);
      expect(parts.ledger.owed(reader.account)).toBeLessThanOrEqual(reader.account.total);
    }
  });

  test("crosses epochs that stayed empty without money, but not ones that hold something", async () => {
    const { reader, epoch } = await open(80n);
    await reader.advance();
    await fill();
    await parts.pass(4000);
    await fill();
    // +1 was open, +2 and +3 are over and empty, +4 holds 40.
    expect(await reader.advance()).toEqual([epoch + 2, epoch + 3]);
    await reader.pay(119n);
    expect(await reader.advance()).toEqual([]);
    await reader.pay(120n);
    expect(await reader.advance()).toEqual([epoch + 4, epoch + 5]);
  });

  test("skips to the running epoch when more than ten behind, and leaves the skipped ones shut and unpaid", async () => {
    const { reader, epoch } = await open(80n);
    await reader.advance();
    for (let i = 0; i < 14; i += 1) {
      await fill();
      await parts.pass(1000);
    }
    expect(parts.ledger.owed(reader.account)).toBe(80n);
    await reader.pay(10_000n);
    expect(await reader.advance()).toEqual([epoch + 14, epoch + 15]);
    expect(parts.ledger.owed(reader.account)).toBe(80n);
  });

  test("gives what is open again to a later session, however old, and after a restart", async () => {
    const { reader, epoch } = await open(80n);
    await reader.advance();
    await fill();
    await parts.pass(30_000);
    await parts.restart();
    const again = new Reader(parts, 1, epoch);
    expect((await again.advance()).slice(0, 2)).toEqual([epoch, epoch + 1]);
    expect(parts.ledger.owed(again.account)).toBe(40n);
    expect(dueOf(metered, parts.ledger.accruedBefore(again.account, again.generation, 1))).toBe(40n);
    expect(parts.ledger.accruedBefore(again.account, again.generation, 0)).toBe(0n);
  });

  test("stops at a close; what the seller keeps is what was owed then", async () => {
    const { reader } = await open(1000n);
    await reader.advance();
    await fill();
    const capture = await parts.db.commit(() => parts.ledger.freeze(reader.account, 3));
    expect(capture).toBe(40n);
    await parts.pass(1000);
    await fill(); // of an epoch that was open before
    await parts.pass(1000);
    expect(await reader.advance()).toEqual([]);
    const { db, ledger } = parts;
    await db.commit(() => ledger.closed(reader.account, channelOf(9)));
    await parts.restart();
    const { account } = new Reader(parts, 1);
    expect(account).toMatchObject({ frozenEpoch: 3, capture: 40n, closeHash: channelOf(9), total: 1000n });
    const frozen = (epoch: number) => parts.db.commit(() => parts.ledger.freeze(account, epoch));
    expect(await frozen(3)).toBe(40n);
    // Another end of the channel: what it earned in between counts.
    expect(await frozen(4)).toBe(80n);
    await parts.restart();
    expect(new Reader(parts, 1).account).toMatchObject({ frozenEpoch: 4, capture: 80n, closeHash: null });
  });

  test("is remembered as a sum when the segments' sizes are forgotten", async () => {
    const { reader, epoch } = await open(1000n);
    for (let i = 0; i < 5; i += 1) {
      await reader.advance();
      await fill();
      await parts.pass(1000);
    }
    const owed = parts.ledger.owed(reader.account);
    expect(owed).toBe(200n);
    const { length } = parts.sealed;
    await parts.db.commit(() => parts.ledger.carry(parts.sealed[3]!.sealedAtMs, 100));
    expect(parts.store.epochOf(LISTING, reader.generation, 2)).toBeUndefined();
    expect(parts.store.epochOf(LISTING, reader.generation, 3)).toBe(parts.sealed[3]!.epoch);
    expect(parts.ledger.owed(reader.account)).toBe(owed);
    await parts.restart();
    expect(parts.ledger.owed(reader.account)).toBe(owed);
    expect(dueOf(metered, parts.ledger.accruedBefore(reader.account, reader.generation, length - 1))).toBe(
      owed - 40n,
    );
    // The last one stays, whatever its age.
    await parts.db.commit(() => parts.ledger.carry(Number.MAX_SAFE_INTEGER, 100));
    expect(parts.store.head(LISTING, reader.generation)).toMatchObject({ seq: length - 1 });
    expect(epoch).toBeLessThan(parts.sealed.at(-1)!.epoch);
  });

  test("takes rising totals only and rising session numbers only", async () => {
    const { reader } = await open(80n);
    expect(await reader.pay(80n)).toBe(false);
    expect(await reader.pay(81n)).toBe(true);
    const begin = (no: bigint) => parts.db.commit(() => parts.ledger.begin(reader.account, no));
    expect([await begin(1n), await begin(1n), await begin(5n), await begin(4n)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
    await parts.restart();
    expect(parts.ledger.account(channelOf(1))).toMatchObject({ total: 81n, sessionNo: 5n });
  });
});

const max = (a: bigint, b: bigint): bigint => (a > b ? a : b);
