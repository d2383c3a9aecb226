// How deep a purchase must lie before it is served: by chain, by worth, and as an operator says; the page says the same.
import { readFileSync } from "node:fs";
import { zeroAddress } from "viem";
import { expect, test } from "vitest";
import {
  CONFIRMATIONS,
  confirmationsFor,
  missingConfirmations,
  UNCONFIRMED_BPS,
  UNKNOWN_CHAIN_CONFIRMATIONS,
} from "../src/chain/index.ts";

const BOND = 10n ** 18n;
const LIMIT = (BOND * BigInt(UNCONFIRMED_BPS)) / 10_000n;
const TOKEN = `0x${"11".repeat(20)}` as const;
const of = (more: Partial<Parameters<typeof confirmationsFor>[0]> = {}) =>
  confirmationsFor({ chainId: 1, token: zeroAddress, amount: BOND, bond: BOND, ...more });

test("by chain, and with a default for those that nobody has looked at", () => {
  for (const [chainId, blocks] of Object.entries(CONFIRMATIONS))
    expect(of({ chainId: Number(chainId) })).toBe(blocks);
  expect(of({ chainId: 31337 })).toBe(0);
  expect(of({ chainId: 999_999_999 })).toBe(UNKNOWN_CHAIN_CONFIRMATIONS);
  expect(of()).toBeGreaterThan(0);
});

test("what is worth at most a hundredth of the bond, or nothing, is served at once; a token's worth is unknown", () => {
  expect(of({ amount: LIMIT })).toBe(0);
  expect(of({ amount: LIMIT + 1n })).toBe(CONFIRMATIONS[1]);
  expect(of({ amount: 0n, bond: 0n })).toBe(0);
  expect(of({ amount: 1n, bond: 0n })).toBe(CONFIRMATIONS[1]);
  expect(of({ amount: 1n, token: TOKEN })).toBe(CONFIRMATIONS[1]);
  expect(of({ amount: 0n, token: TOKEN })).toBe(0);
});

test("an operator's word goes before the table", () => {
  expect(of({ confirmations: 3 })).toBe(3);
  expect(of({ confirmations: 0 })).toBe(0);
  expect(of({ chainId: 31337, confirmations: 2 })).toBe(2);
  expect(of({ amount: 1n, unconfirmedBps: 0 })).toBe(CONFIRMATIONS[1]);
  expect(of({ unconfirmedBps: 10_000 })).toBe(0);
});

test("what is missing never exceeds what is needed, wherever the reader's head is", () => {
  const missing = (head: bigint, needed = 3) => missingConfirmations({ needed, block: 10n, head });
  expect([8n, 10n, 11n, 12n, 13n, 99n].map((head) => missing(head))).toEqual([3, 3, 2, 1, 0, 0]);
  expect(missing(8n, 0)).toBe(0);
});

test("the page has every chain with its number", () => {
  const page = readFileSync(new URL("../../docs/limits.md", import.meta.url), "utf8");
  const rows = page.split("\n").filter((line) => line.startsWith("|"));
  for (const [chainId, blocks] of Object.entries(CONFIRMATIONS))
    expect(
      rows.find((row) => row.includes(`(${chainId})`)),
      chainId,
    ).toContain(`| ${blocks} |`);
  expect(rows.find((row) => row.includes("UNKNOWN_CHAIN_CONFIRMATIONS"))).toContain(
    `| ${UNKNOWN_CHAIN_CONFIRMATIONS} |`,
  );
});
