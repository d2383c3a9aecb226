/**
 * How a token is paid
 *   nothing to pay, or the chain's own coin: one way, whatever the token could
 *   a token of which nothing is known yet: none
 *   what the token and the wallet can comes in the order of the fewest questions; two steps always work
 *   Permit2 comes late while it has to be allowed first
 */
import { describe, expect, it } from "vitest";
import { type TokenFacts, transactionsOf, waysToPay } from "../src/lib/payWays.ts";

const COIN = `0x${"00".repeat(20)}`;
const TOKEN = `0x${"11".repeat(20)}`;
const plain: TokenFacts = {
  balance: 1_000n,
  allowance: 0n,
  eip3009: false,
  permit: false,
  permit2Allowance: undefined,
  batches: false,
};

describe("waysToPay", () => {
  it("has one way for nothing and for the coin", () => {
    expect(waysToPay(TOKEN, 0n, plain)).toEqual(["none"]);
    expect(waysToPay(COIN, 5n, undefined)).toEqual(["native"]);
  });

  it("waits until the token was asked", () => {
    expect(waysToPay(TOKEN, 5n, undefined)).toEqual([]);
  });

  it("always has two steps, and they are two transactions", () => {
    expect(waysToPay(TOKEN, 5n, plain)).toEqual(["approve"]);
    expect(transactionsOf("approve", 5n, plain)).toBe(2);
  });

  it("begins with the way that asks the fewest questions", () => {
    const able = { ...plain, allowance: 5n, eip3009: true, permit: true, batches: true };
    expect(waysToPay(TOKEN, 5n, able)).toEqual(["allowance", "eip3009", "permit", "batch", "approve"]);
    // A larger amount than was approved before.
    expect(waysToPay(TOKEN, 6n, able)).toEqual(["eip3009", "permit", "batch", "approve"]);
  });

  it("offers Permit2 last while it has to be allowed first, and before two steps once it is", () => {
    const fresh = { ...plain, permit2Allowance: 0n };
    expect(waysToPay(TOKEN, 5n, fresh)).toEqual(["approve", "permit2"]);
    expect(transactionsOf("permit2", 5n, fresh)).toBe(2);
    const allowed = { ...plain, permit2Allowance: 2n ** 255n };
    expect(waysToPay(TOKEN, 5n, allowed)).toEqual(["permit2", "approve"]);
    expect(transactionsOf("permit2", 5n, allowed)).toBe(1);
  });
});
