// What a buyer pays, and by what: vouchers, and ticks where he would have to sign more than ten times a second.
//
// property: whatever arrives when, on plans of every kind: totals rise, are on disk first, never above due + entry or the deposit, each proven
//   by its signature or preimage · a tip is used once · a voucher covers all that was received by the time it can be exported · at most ten
//   signed totals a second, chains aside, and twenty ticks
// when: from the eleventh voucher in a row that had to wait; not below ten messages a second, not above two hundred, not by byte, not where the entry
//   or the price makes no whole ticks · a pause, the end and another price put a voucher in their place
// killed: sdk/test/support/payer-process.ts between store and send: nothing less than what was stored is paid next, and no tip comes back
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { fileStore } from "../src/client/node.ts";
import { dueOf, PlanKind, ZERO_HASH } from "../src/core/index.ts";
import { type Left, messagePlan, TestPayer } from "./support/payer.ts";

const kinds = ({ left }: TestPayer): string[] => left.map(({ type }) => type);
const ticksOf = ({ left }: TestPayer) => left.filter((one) => one.type === "TICK");
const chainsOf = ({ left }: TestPayer) => left.filter((one) => one.type === "TICK_CHAIN");
const vouchersOf = ({ left }: TestPayer) => left.filter((one) => one.type === "PAY");

/** Checks everything that left after `from`, and gives the new length. */
function checkLeft(p: TestPayer, from: number): number {
  for (let n = from; n < p.left.length; n += 1) {
    const one = p.left[n]!;
    expect(p.proves(one)).toBe(true);
    if (one.type === "TICK_CHAIN") continue;
    const before = p.highest(n);
    const replaces = one.type === "PAY" && p.left[n - 1]?.type === "TICK";
    expect(one.total > before || (replaces && one.total === before)).toBe(true);
    expect(one.total).toBeLessThanOrEqual(one.stored);
    expect(one.total).toBeLessThanOrEqual(dueOf(p.plan, p.progress.accrued) + p.plan.entry);
    expect(one.total).toBeLessThanOrEqual(p.deposit);
  }
  return p.left.length;
}

describe("with a clock of the test's own", () => {
  beforeEach(() => void vi.useFakeTimers({ now: 1_700_000_000_000 }));
  afterEach(() => void vi.useRealTimers());

  /** Begins, and receives one message every so many milliseconds. */
  async function stream(p: TestPayer, everyMs: number, messages: number, price?: bigint): Promise<void> {
    if (p.progress.sessionNo === 0n) await p.payer.begin(0n, undefined);
    for (let n = 0; n < messages; n += 1) {
      p.receive(1, price);
      await vi.advanceTimersByTimeAsync(everyMs);
    }
  }

  test("what was signed before a close that gave a part back has to be in the channel again", async () => {
    const plan = messagePlan();
    const p = new TestPayer(plan, { deposit: plan.entry + 5n });
    p.progress.signed = plan.entry + 6n;
    await expect(p.payer.begin(0n, 0n)).rejects.toMatchObject({
      name: "OutOfMoney",
      detail: { needed: String(plan.entry + 6n) },
    });
    expect(p.progress.sessionNo).toBe(0n);
    p.deposit += 1n;
    const { voucher } = await p.payer.begin(0n, 0n);
    expect(voucher.cumulative).toBe(plan.entry + 6n);
    p.payer.stop();
  });

  test("totals rise, are stored first, never lead by more than the entry, and hold", async () => {
    const plans = [
      messagePlan(),
      messagePlan({ entry: 160n }),
      messagePlan({ price: 7n, unit: 3n, entry: 210n }),
      messagePlan({ entry: 10_000n, promoPrice: 4n, promoUntil: 1_700_000_002 }),
      messagePlan({ kind: PlanKind.byte, price: 3n, unit: 100n }),
    ];
    const arrival = fc.record({
      gapMs: fc.constantFrom(1, 5, 20, 40, 60, 90, 120, 1_500),
      times: fc.integer({ min: 1, max: 40 }),
      messages: fc.constantFrom(1, 1, 1, 2, 9, 300),
    });
    let seen = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...plans),
        fc.array(arrival, { minLength: 1, maxLength: 8 }),
        fc.constantFrom(10n ** 12n, 3_321n),
        async (plan, arrivals, beyond) => {
          vi.setSystemTime(1_700_000_000_000);
          const deposit = plan.entry + beyond;
          const p = new TestPayer(plan, { deposit });
          await p.payer.begin(0n, undefined);
          let checked = 0;
          for (const { gapMs, times, messages } of arrivals)
            for (let n = 0; n < times; n += 1) {
              const promoted = plan.promoUntil > 0 && Date.now() < plan.promoUntil * 1000;
              p.receive(messages, promoted ? plan.promoPrice : plan.price);
              checked = checkLeft(p, checked);
              await vi.advanceTimersByTimeAsync(gapMs);
              checked = checkLeft(p, checked);
            }
          await vi.advanceTimersByTimeAsync(5_000);
          checkLeft(p, checked);
          // Whatever was received is paid for in the end, and a voucher says so.
          const want = dueOf(plan, p.progress.accrued) + plan.entry;
          const paid = want < deposit ? want : deposit;
          expect(p.highest()).toBe(p.left.length === 0 ? 0n : paid);
          expect(vouchersOf(p).at(-1)?.total ?? 0n).toBe(p.highest());
          const tips = chainsOf(p).map(({ chain }) => chain.tip);
          expect(new Set(tips).size).toBe(tips.length);
          for (const { chain } of chainsOf(p)) {
            expect(BigInt(chain.maxTicks) * chain.tickValue).toBeLessThanOrEqual(plan.entry);
            expect(chain.base + BigInt(chain.maxTicks) * chain.tickValue).toBeLessThanOrEqual(deposit);
          }
          const times = ticksOf(p).map(({ atMs }) => atMs);
          for (let n = 1; n < times.length; n += 1)
            expect(times[n]! - times[n - 1]!).toBeGreaterThanOrEqual(50);
          seen += times.length;
          p.payer.stop();
        },
      ),
      { numRuns: 60 },
    );
    expect(seen).toBeGreaterThan(0);
  });

  test("take the place of signatures at twenty messages a second, and end as they began: with a voucher", async () => {
    const p = new TestPayer(messagePlan({ entry: 1_000n }));
    await stream(p, 50, 120);
    const first = kinds(p).indexOf("TICK_CHAIN");
    expect(first).toBe(10);
    expect(kinds(p).slice(0, 10)).toEqual(Array(10).fill("PAY"));
    const signed = vouchersOf(p).length;
    // Without them, six seconds would have taken sixty signatures.
    expect(signed + chainsOf(p).length).toBeLessThan(20);
    expect(ticksOf(p).length).toBeGreaterThan(60);
    for (const { total, tick, chain } of ticksOf(p))
      expect(total).toBe(chain.base + BigInt(tick.ticks) * 10n);
    expect(p.highest()).toBe(p.payer.due + 1_000n);
    await vi.advanceTimersByTimeAsync(1_100);
    expect(p.left.at(-1)).toMatchObject({ type: "PAY", total: p.payer.due + 1_000n });
    checkLeft(p, 0);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(vouchersOf(p)).toHaveLength(signed + 1);
  });

  test("what was received is always covered by a voucher that has left", async () => {
    const p = new TestPayer(messagePlan({ entry: 300n }));
    await p.payer.begin(0n, undefined);
    for (let n = 0; n < 200; n += 1) {
      p.receive();
      // A relay serves no further than the total.
      expect(p.highest() === 0n || vouchersOf(p).at(-1)!.total >= p.payer.due).toBe(true);
      await vi.advanceTimersByTimeAsync(40);
    }
    expect(chainsOf(p).length).toBeGreaterThan(2);
  });

  test.each([
    ["nine messages a second", messagePlan(), 111],
    ["two hundred and more", messagePlan({ entry: 100_000n }), 4],
    ["a price in fractions", messagePlan({ price: 7n, unit: 3n }), 50],
    ["an entry that is no multiple of the price", messagePlan({ entry: 1_005n }), 50],
    ["an entry of a few messages", messagePlan({ entry: 150n }), 50],
    ["bytes", messagePlan({ kind: PlanKind.byte }), 50],
  ])("are not worth it: %s", async (_what, plan, everyMs) => {
    const p = new TestPayer(plan);
    await stream(p, everyMs, 1_000 / everyMs < 20 ? 60 : 1_000);
    expect(new Set(kinds(p))).toEqual(new Set(["PAY"]));
    // Not more often than ten times a second.
    const times = vouchersOf(p).map(({ atMs }) => atMs);
    for (let n = 1; n < times.length; n += 1) expect(times[n]! - times[n - 1]!).toBeGreaterThanOrEqual(100);
  });

  test("end with the promotion that set their value", async () => {
    const p = new TestPayer(messagePlan({ price: 10n, promoPrice: 4n, promoUntil: 1_700_000_003 }));
    await stream(p, 50, 60, 4n);
    expect(chainsOf(p).at(-1)!.chain.tickValue).toBe(4n);
    const before = p.left.length;
    await stream(p, 50, 80, 10n);
    expect(p.left[before]).toMatchObject({ type: "PAY" });
    expect(chainsOf(p).at(-1)!.chain.tickValue).toBe(10n);
    checkLeft(p, 0);
  });

  test("a promotion at 0 is none, as on chain", async () => {
    const p = new TestPayer(messagePlan({ price: 10n, promoPrice: 0n, promoUntil: 1_700_000_099 }));
    await stream(p, 50, 60, 10n);
    expect(chainsOf(p).at(-1)!.chain.tickValue).toBe(10n);
    checkLeft(p, 0);
  });

  test("the end puts a voucher in their place at once, and only for what has left", async () => {
    const p = new TestPayer(messagePlan(), {
      save: () => new Promise((resolve) => void setTimeout(resolve, 5)),
    });
    await Promise.all([p.payer.begin(0n, undefined), vi.advanceTimersByTimeAsync(5)]);
    await stream(p, 50, 40);
    const { total } = ticksOf(p).at(-1)!;
    // One more is on its way to the disk.
    p.receive(3);
    await vi.advanceTimersByTimeAsync(52);
    p.payer.settle();
    p.payer.stop();
    expect(p.left.at(-1)).toMatchObject({ type: "PAY" });
    expect(p.highest()).toBe(vouchersOf(p).at(-1)!.total);
    expect(p.highest()).toBeGreaterThanOrEqual(total);
    const count = p.left.length;
    await vi.advanceTimersByTimeAsync(5_000);
    expect(p.left).toHaveLength(count);
    checkLeft(p, 0);
  });
});

describe("a payer that is killed between store and send", () => {
  type Said = { type: Left["type"]; total: string; tip?: string; due: string };

  /** One life: what it sent, until it killed itself in the place of its n-th tick. */
  async function live(folder: string, killAt: number): Promise<{ said: Said[]; signal: string | null }> {
    const program = join(import.meta.dirname, "support/payer-process.ts");
    const child = spawn(
      process.execPath,
      ["--disable-warning=ExperimentalWarning", program, folder, String(killAt)],
      {
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    let out = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
    });
    const signal = await new Promise<string | null>((resolve) => child.once("close", (_, by) => resolve(by)));
    const said = out
      .trimEnd()
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Said);
    return { said, signal };
  }

  test("pays no less next than what was stored, never above due and entry, and no tip comes back", {
    timeout: 60_000,
  }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "weir-payer-"));
    try {
      const tips: string[] = [];
      let highest = 0n;
      for (const killAt of [1, 3]) {
        const { said, signal } = await live(folder, killAt);
        expect(signal).toBe("SIGKILL");
        const [first] = said;
        expect(first).toMatchObject({ type: "PAY" });
        expect(BigInt(first!.total)).toBeGreaterThanOrEqual(highest);
        let last = 0n;
        for (const { type, total, tip, due } of said) {
          if (tip) tips.push(tip);
          if (type === "TICK_CHAIN") continue;
          expect(BigInt(total)).toBeGreaterThanOrEqual(last);
          expect(BigInt(total)).toBeLessThanOrEqual(BigInt(due) + 1_000n);
          last = BigInt(total);
        }
        expect(said.filter(({ type }) => type === "TICK")).toHaveLength(killAt - 1);
        const stored = await fileStore(folder).load(ZERO_HASH);
        // What it died over was stored and not said.
        expect(stored!.signed).toBeGreaterThan(last);
        highest = stored!.signed;
      }
      expect(tips.length).toBeGreaterThanOrEqual(2);
      expect(new Set(tips).size).toBe(tips.length);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
