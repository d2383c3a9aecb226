/**
 * A promotion, wherever a price is shown or counted, and always as the SDK charges it.
 * ├── the price of now, every plan kind: what a purchase or a segment of that second costs, before, at and after the end
 * ├── in words: the price of now, the usual one and the end; without a promotion the price alone
 * ├── flat: the price in words is what the pay button sends
 * ├── period: paid until and what can be lost follow from the price that the purchase keeps
 * ├── the live meter: what is left runs out as if each message were paid for in turn, cheaply before the end and dearly from there
 * └── message, byte: a deposit is good for `least` in any case, for `most` while the promotion lasts; its size is counted without one
 */
import { accrue, type Plan, PlanKind, unitPriceOf } from "@weir/sdk/core";
import fc from "fast-check";
import { createTranslator } from "next-intl";
import { describe, expect, it } from "vitest";
import { defaultDeposit, periodTerms, timedAmount, unitsOf } from "../src/features/buy/deposit.ts";
import { meteredPrice, priceAt } from "../src/features/listing/plans.ts";
import { priceWords } from "../src/features/listing/priceWords.ts";
import { runsOutAt } from "../src/features/live/runsOut.ts";
import type { PlanItem, PlanKindName } from "../src/lib/indexer.ts";
import messages from "../src/messages/en.json" with { type: "json" };

const NOW = 1_800_000_000;
const DAY = 86_400;
const TOKEN = { address: `0x${"a".repeat(40)}`, symbol: "TOK", decimals: 2 } as const;
const words = {
  t: createTranslator({ locale: "en", messages, namespace: "price" }),
  duration: (seconds: number) => `${seconds} s`,
};

/** One plan of each kind at 1,000 with a promotion at 400, as the SDK has it. */
const planOf = (kind: PlanKindName, part: Partial<Plan> = {}): Plan => ({
  kind: PlanKind[kind],
  rights: 1,
  price: kind === "flat" || kind === "free" ? 0n : 1_000n,
  unit: kind === "message" ? 10n : kind === "byte" ? 2n ** 20n : 0n,
  period: kind === "period" ? DAY : 0,
  upfront: kind === "flat" ? 1_000n : kind === "period" ? 50n : 0n,
  entry: kind === "message" || kind === "byte" ? 2_000n : 0n,
  maxWindow: 2 ** 40 - 1,
  notice: 3_600,
  promoPrice: kind === "free" ? 0n : 400n,
  promoUntil: kind === "free" ? 0 : NOW + DAY,
  ...part,
});
/** The same as the indexer gives it. */
const itemOf = (kind: PlanKindName, part: Partial<Plan> = {}): PlanItem => {
  const plan = planOf(kind, part);
  return {
    ...plan,
    ...{ index: 0, kind, rights: ["read"] },
    ...{ price: String(plan.price), unit: String(plan.unit), upfront: String(plan.upfront) },
    ...{ entry: String(plan.entry), promoPrice: String(plan.promoPrice) },
  };
};
/** What the SDK charges for a unit, a period or the whole of flat access at that second. */
const charged = (plan: Plan, time: number): bigint => {
  if (plan.kind !== PlanKind.message && plan.kind !== PlanKind.byte) return unitPriceOf(plan, time);
  return accrue(plan, { messageCount: 1, bodyBytes: 1, sealedAtMs: time * 1_000 });
};
const KINDS = Object.keys(PlanKind) as PlanKindName[];
const END = NOW + DAY;

describe.each(KINDS)("%s: the price of now", (kind) => {
  it("is what the SDK charges", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -2, max: 2 }),
        // At 0 it is none, even where an end was written down.
        kind === "free" ? fc.constant(0n) : fc.oneof(fc.constant(0n), fc.bigInt({ min: 1n, max: 1_000n })),
        fc.constantFrom(0, END),
        (offset, promoPrice, promoUntil) => {
          const promotion = { promoPrice, promoUntil };
          const { price } = priceAt(itemOf(kind, promotion), END + offset);
          expect(price).toBe(charged(planOf(kind, promotion), END + offset));
        },
      ),
    );
  });
  it("comes with what it costs otherwise, until the promotion ends", () => {
    const promotion = kind === "free" ? undefined : { usual: 1_000n, until: END };
    expect(priceAt(itemOf(kind), END - 1).promotion).toEqual(promotion);
    expect(priceAt(itemOf(kind), END).promotion).toBeUndefined();
    expect(priceAt(itemOf(kind, { promoPrice: 0n, promoUntil: 0 }), NOW).promotion).toBeUndefined();
  });
});

describe("in words", () => {
  it.each<[PlanKindName, string, string]>([
    ["message", "4 TOK per 10 messages", "10 TOK per 10 messages"],
    ["byte", "4 TOK per MiB", "10 TOK per MiB"],
    ["period", "4 TOK per day", "10 TOK per day"],
    ["flat", "4 TOK once", "10 TOK once"],
  ])("%s: the price of now, the usual one and the end", (kind, now, usual) => {
    const shown = priceWords(words, itemOf(kind), TOKEN, END - 1);
    expect(shown).toMatchObject({ now, usual });
    expect(shown.promotion).toContain(`${usual}.`);
    expect(shown.promotion).toMatch(/Jan 2027, \d\d:\d\d:\d\d/);
    expect(priceWords(words, itemOf(kind), TOKEN, END)).toEqual({ now: usual, usual, promotion: undefined });
  });
  it("free stays free", () =>
    expect(priceWords(words, itemOf("free"), TOKEN, NOW)).toEqual({
      now: "Free",
      usual: "Free",
      promotion: undefined,
    }));
});

describe("what the buy dialog counts", () => {
  it.each([END - 1, END])("flat at %s: the words and the pay button agree", (now) => {
    const amount = timedAmount(planOf("flat"), undefined, now);
    expect(amount).toBe(now < END ? 400n : 1_000n);
    expect(priceWords(words, itemOf("flat"), TOKEN, now).now).toBe(`${Number(amount) / 100} TOK once`);
  });
  it.each([END - 1, END])("period at %s: seven days' money lasts seven days", (now) => {
    const amount = timedAmount(planOf("period"), 7, now)!;
    const hour = (now < END ? 400n : 1_000n) / 24n;
    expect(amount).toBe(50n + 7n * (now < END ? 400n : 1_000n));
    expect(periodTerms(itemOf("period"), amount, now)).toEqual({ until: now + 7 * DAY, risk: 50n + hour });
  });
  it("a length that cannot be read has no amount, and free costs nothing", () => {
    expect(timedAmount(planOf("period"), undefined, NOW)).toBeUndefined();
    expect(timedAmount(planOf("free"), undefined, NOW)).toBe(0n);
  });
  it.each<["message" | "byte", bigint]>([
    ["message", 10n],
    ["byte", 2n ** 20n],
  ])("%s: at least what the usual price buys, at most what the promotion buys", (kind, unit) => {
    const plan = itemOf(kind);
    expect(unitsOf(plan, 2_000n + 4_000n, END - 1)).toEqual({ least: 4n * unit, most: 10n * unit });
    expect(unitsOf(plan, 2_000n + 4_000n, END)).toEqual({ least: 4n * unit, most: 4n * unit });
    const proposed = defaultDeposit(meteredPrice(plan));
    expect(proposed).toBe(defaultDeposit(meteredPrice(itemOf(kind, { promoPrice: 0n, promoUntil: 0 }))));
  });
});

describe("the live meter", () => {
  const meter = { price: 1_000n, unit: 10n, entry: 2_000n, promoPrice: 400n, promoUntil: END, due: 0n };

  it.each([
    ["all of it within the promotion", 3_000n, NOW, 2.5],
    ["two messages a second at 40 each up to the end, at 100 each from there", 3_200n, END - 5, 5 + 4],
    ["after the end at the usual price", 3_000n, END, 5],
  ])("%s", (_, deposit, now, seconds) => {
    const rate = now === NOW ? 10 : 2;
    expect(runsOutAt({ ...meter, deposit }, rate, now * 1_000)).toBe((now + seconds) * 1_000);
  });

  it("as if each message were paid for in turn", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 50_000 }),
        fc.integer({ min: 0, max: 200 }),
        (spendable, before) => {
          const now = END - before;
          let left = spendable;
          let second = now;
          for (;;) {
            left -= second < END ? 40 : 100;
            if (left < 0) break;
            second++;
          }
          const deposit = meter.entry + BigInt(spendable);
          const paid = runsOutAt({ ...meter, deposit }, 1, now * 1_000) / 1_000;
          expect(Math.abs(paid - second)).toBeLessThanOrEqual(1);
        },
      ),
    );
  });
});
