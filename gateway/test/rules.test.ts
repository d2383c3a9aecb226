// What is claimed together, and when: nothing costs more than it brings, whatever strangers buy.
//
// coin: by value and by age only above its gas · a row below its own gas is left out and harms nobody · what ends goes at any price
// cuts: what relays and market take pays no gas
// token with a value: a tenth of it is a claim's cost · without one: once a day at most, at any price
import { type Hex, ZERO_ADDRESS } from "@weir/sdk/core";
import { expect, test } from "vitest";
import { gasCostIn, type Reason, reasonFor, worthClaiming } from "../src/claims/rules.ts";

const TOKEN = `0x${"aB".repeat(20)}`;
const OTHER = `0x${"cd".repeat(20)}`;
const VALUE = 10n ** 16n;
const rules = {
  values: new Map([
    [ZERO_ADDRESS as string, VALUE],
    [TOKEN.toLowerCase(), 1_000n],
  ]),
  ageSeconds: 3_600,
  replaceSeconds: 60,
};
const GWEI = 10n ** 9n;
const one = (due: bigint, reason: Reason = "age", rows = 1, ticks = 0) => ({ due, reason, rows, ticks });
const costIn = (token: string, gwei: bigint, cuts: { relayBps?: number; marketBps?: number } = {}) =>
  gasCostIn({ token: token as Hex, relayBps: 0, marketBps: 0, ...cuts }, rules, gwei * GWEI);
const coin = (gwei: bigint) => costIn(ZERO_ADDRESS, gwei);

test.each(["value", "age"] as const)("coin by %s is claimed from its gas on", (reason) => {
  expect(worthClaiming([one(VALUE, reason)], coin(133n))).toHaveLength(1);
  expect(worthClaiming([one(VALUE, reason)], coin(134n))).toEqual([]);
  // Two share a transaction; its further row costs 16,000.
  const cost = 91_000n * GWEI;
  expect(worthClaiming([one(cost / 2n, reason), one(cost / 2n, reason)], coin(1n))).toHaveLength(2);
  expect(worthClaiming([one(cost / 2n, reason), one(cost / 2n - 1n, reason)], coin(1n))).toEqual([]);
  // Fifty-one take two transactions, and ticks one of their own.
  const each = (75_000n * GWEI + 49n * 16_000n * GWEI) / 50n;
  expect(worthClaiming(Array(50).fill(one(each, reason)), coin(1n))).toHaveLength(50);
  expect(worthClaiming(Array(51).fill(one(each, reason)), coin(1n))).toEqual([]);
  const ticks = (75_000n + 75_000n + 265n * 1_024n) * GWEI;
  expect(worthClaiming([one(ticks, reason, 1, 1_024)], coin(1n))).toHaveLength(1);
  expect(worthClaiming([one(ticks - 1n, reason, 1, 1_024)], coin(1n))).toEqual([]);
});

test("dust neither goes along nor keeps the others from going", () => {
  const good = one(75_000n * GWEI);
  const dust = Array(200).fill(one(16_000n * GWEI - 1n));
  expect(worthClaiming([...dust, good, ...dust], coin(1n))).toEqual([good]);
});

test("what would be lost goes at any price, and what pays its row with it", () => {
  const [end, row, dust] = [one(1n, "end"), one(16_000n * GWEI), one(1n)];
  expect(worthClaiming([dust, end, row], coin(1n))).toEqual([end, row]);
});

test("what counts is what relays and market leave of it", () => {
  const cuts = { relayBps: 3_000, marketBps: 1_000 };
  const cost = 75_000n * GWEI;
  expect(worthClaiming([one((cost * 5n) / 3n)], costIn(ZERO_ADDRESS, 1n, cuts))).toHaveLength(1);
  expect(worthClaiming([one((cost * 5n) / 3n - 1n)], costIn(ZERO_ADDRESS, 1n, cuts))).toEqual([]);
  expect(worthClaiming([one(166n)], costIn(TOKEN, 1n, cuts))).toHaveLength(1);
  expect(worthClaiming([one(165n)], costIn(TOKEN, 1n, cuts))).toEqual([]);
});

test("a token is weighed by its value, at whatever the chain's gas is", () => {
  const cost = costIn(TOKEN, 500n);
  expect(worthClaiming([one(100n)], cost)).toHaveLength(1);
  expect(worthClaiming([one(99n)], cost)).toEqual([]);
  expect(worthClaiming([one(99n), one(99n)], cost)).toHaveLength(2);
  expect(worthClaiming([one(1n)], costIn(OTHER, 500n))).toHaveLength(1);
});

test("by value at once, by age after an hour, and a token that has no value after a day", () => {
  const why = (token: string, due: bigint, waited: number, ageSeconds = 3_600) =>
    reasonFor({ ...rules, ageSeconds }, { token, due, since: 1_000, time: 1_000 + waited });
  expect(why(TOKEN, 1_000n, 0)).toBe("value");
  expect([why(TOKEN, 999n, 3_599), why(TOKEN, 999n, 3_600)]).toEqual([undefined, "age"]);
  expect([why(OTHER, VALUE, 86_399), why(OTHER, 1n, 86_400)]).toEqual([undefined, "age"]);
  expect([why(OTHER, 1n, 604_799, 604_800), why(OTHER, 1n, 604_800, 604_800)]).toEqual([undefined, "age"]);
});
