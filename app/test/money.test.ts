/**
 * Amounts
 *   written exactly: no digit is lost, none is invented, zeros at the end go, thousands are grouped
 *   written short: cut, never rounded up, and said to be cut
 *   read back: what formatAmount writes, parseAmount reads; anything that is no plain decimal is refused
 * Metering
 *   due is the floor of price × units / unit
 *   depositFor(units) is the least deposit for which unitsFor gives those units, with the entry on top
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  AmountNotReadable,
  byteUnit,
  depositFor,
  dueFor,
  formatAmount,
  formatCount,
  formatShort,
  MAX_AMOUNT,
  parseAmount,
  ratio,
  unitsFor,
} from "../src/lib/money.ts";

const amounts = fc.bigInt({ min: 0n, max: MAX_AMOUNT });
const decimals = fc.integer({ min: 0, max: 18 });

describe("formatAmount", () => {
  it.each([
    [0n, 18, "0"],
    [100_000_000_000n, 18, "0.0000001"],
    [1n, 18, "0.000000000000000001"],
    [10n ** 18n, 18, "1"],
    [1_234_567n * 10n ** 18n + 5n * 10n ** 17n, 18, "1,234,567.5"],
    [1_500_000n, 6, "1.5"],
    [1_234n, 0, "1,234"],
    [-25n, 1, "−2.5"],
  ])("%s with %s decimals is %s", (amount, places, text) => expect(formatAmount(amount, places)).toBe(text));

  it("is read back to the same amount", () => {
    fc.assert(
      fc.property(amounts, decimals, (amount, places) => {
        expect(parseAmount(formatAmount(amount, places), places)).toBe(amount);
      }),
    );
  });
});

describe("formatShort", () => {
  it.each([
    [123_456_789n, 9, "≈ 0.123456"],
    [999_999_999n, 9, "≈ 0.999999"],
    [120_000_000n, 9, "0.12"],
    [1_234_567_890n, 0, "1,234,567,890"],
    [1_234_567_891_234n, 6, "≈ 1,234,567"],
  ])("%s with %s decimals is %s", (amount, places, text) => expect(formatShort(amount, places)).toBe(text));

  it("never shows more than there is", () => {
    fc.assert(
      fc.property(amounts, decimals, (amount, places) => {
        const shown = parseAmount(formatShort(amount, places).replace("≈ ", ""), places);
        expect(shown <= amount).toBe(true);
        expect(formatShort(amount, places).startsWith("≈")).toBe(shown !== amount);
      }),
    );
  });
});

describe("parseAmount", () => {
  it.each([
    "",
    " ",
    ".",
    "-1",
    "+1",
    "1e3",
    "0x10",
    "1.2.3",
    "1 2",
    "٣",
    "NaN",
    "Infinity",
    "1.0000000000000000001",
  ])("refuses %j", (text) => expect(() => parseAmount(text, 18)).toThrow(AmountNotReadable));

  it.each([
    ["1", 10n ** 18n],
    ["1.", 10n ** 18n],
    [".5", 5n * 10n ** 17n],
    [" 1,000 ", 1_000n * 10n ** 18n],
  ])("reads %j", (text, amount) => expect(parseAmount(text, 18)).toBe(amount));

  it("refuses what no contract can carry", () => {
    expect(parseAmount(MAX_AMOUNT.toString(), 0)).toBe(MAX_AMOUNT);
    expect(() => parseAmount((MAX_AMOUNT + 1n).toString(), 0)).toThrow(AmountNotReadable);
  });
});

describe("metering", () => {
  const plans = fc.record({
    price: fc.bigInt({ min: 1n, max: 10n ** 20n }),
    unit: fc.bigInt({ min: 1n, max: 2n ** 30n }),
    entry: fc.bigInt({ min: 0n, max: 10n ** 20n }),
  });
  const units = fc.bigInt({ min: 0n, max: 10n ** 9n });

  it("due is the floor of price times units over unit", () => {
    expect(dueFor(3n, { price: 10n, unit: 4n, entry: 0n })).toBe(7n);
    expect(dueFor(4n, { price: 10n, unit: 4n, entry: 0n })).toBe(10n);
  });

  it("the deposit for so many units pays for exactly them, and one less does not", () => {
    fc.assert(
      fc.property(plans, units, (plan, count) => {
        const deposit = depositFor(count, plan);
        expect(unitsFor(deposit, plan) >= count).toBe(true);
        if (count > 0n) expect(unitsFor(deposit - 1n, plan) < count).toBe(true);
      }),
    );
  });

  it("what is bought never costs more than what was put in beyond the entry", () => {
    fc.assert(
      fc.property(plans, amounts, (plan, deposit) => {
        const spendable = deposit > plan.entry ? deposit - plan.entry : 0n;
        expect(dueFor(unitsFor(deposit, plan), plan) <= spendable).toBe(true);
      }),
    );
  });

  it("a deposit below the entry buys nothing", () => {
    expect(unitsFor(5n, { price: 1n, unit: 1n, entry: 5n })).toBe(0n);
    expect(unitsFor(6n, { price: 1n, unit: 1n, entry: 5n })).toBe(1n);
  });
});

describe("words around figures", () => {
  it("counts are grouped", () => expect(formatCount(1_234_567n)).toBe("1,234,567"));
  it("byte units have names", () => {
    expect(byteUnit(2n ** 20n)).toEqual({ count: 1n, name: "MiB" });
    expect(byteUnit(3n * 2n ** 10n)).toEqual({ count: 3n, name: "KiB" });
    expect(byteUnit(1_000n)).toEqual({ count: 1_000n, name: "byte" });
  });
  it("a share stays between nothing and everything", () => {
    expect(ratio(1n, 4n)).toBe(0.25);
    expect(ratio(9n, 4n)).toBe(1);
    expect(ratio(1n, 0n)).toBe(0);
  });
});
