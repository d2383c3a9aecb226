// When a claim is worth its transaction: by value, by age, and never at a loss. Whatever waits is not lost while its escrow is open: totals are
// cumulative, so the next claim or the close pays it.

import { type Terms, ZERO_ADDRESS } from "@weir/sdk/core";
import type { ClaimRules } from "../config.ts";
import {
  CLAIM_COSTS_IN_VALUE,
  CLAIM_GAS,
  CLAIM_ROW_GAS,
  MAX_CLAIM_ROWS,
  TICK_GAS,
  UNVALUED_AGE_SECONDS,
} from "../limits.ts";

export type Reason = "value" | "age" | "end";

/** What claiming a channel or subscription brings, and why; so many rows of a transaction, and ticks, which take one of their own. */
export type Yield = { due: bigint; reason: Reason; rows: number; ticks: number };

/** What so much gas costs now, in a token's smallest unit. */
export type GasCost = (gas: bigint) => bigint;

type Cut = Pick<Terms, "token" | "relayBps" | "marketBps">;

/** Basis points of the whole. */
const BASIS = 10_000n;

/** Why `due` of a token that waits since `since` (unix seconds) is claimed at `time`; undefined: it waits. */
export function reasonFor(
  rules: ClaimRules,
  { token, due, since, time }: { token: string; due: bigint; since: number; time: number },
): "value" | "age" | undefined {
  const value = rules.values.get(token.toLowerCase());
  if (value !== undefined && due >= value) return "value";
  // Nobody knows what the token is worth: what cannot be weighed is claimed seldom.
  const age = value === undefined ? Math.max(rules.ageSeconds, UNVALUED_AGE_SECONDS) : rules.ageSeconds;
  return time - since >= age ? "age" : undefined;
}

/**
 * The chain says it for its coin; a token's value says it for the token; one without a value is free to claim. Who pays the gas has what the
 * cuts leave: by so much more must be due.
 */
export function gasCostIn(terms: Cut, rules: ClaimRules, gasPrice: bigint): GasCost {
  const { token, relayBps, marketBps } = terms;
  const left = BASIS - BigInt(relayBps + marketBps);
  if (token === ZERO_ADDRESS) return (gas) => (gas * gasPrice * BASIS) / left;
  const value = rules.values.get(token.toLowerCase()) ?? 0n;
  return (gas) => (gas * value * BASIS) / (CLAIM_GAS * CLAIM_COSTS_IN_VALUE * left);
}

/**
 * Those that are claimed together without a loss, perhaps none. One that brings less than its own row takes nothing from the others: anybody
 * can buy for next to nothing. What is lost if it is not claimed now goes at any price, and the others go with it.
 */
export function worthClaiming<T extends Yield>(found: readonly T[], costOf: GasCost): T[] {
  const kept = found.filter((one) => one.reason === "end" || one.due >= costOf(rowGas(one)));
  if (kept.some(({ reason }) => reason === "end")) return kept;
  const sum = (part: (one: T) => bigint) => kept.reduce((total, one) => total + part(one), 0n);
  const rows = Math.ceil(Number(sum(({ rows }) => BigInt(rows))) / MAX_CLAIM_ROWS);
  const transactions = BigInt(rows + kept.filter(({ ticks }) => ticks > 0).length);
  const gas = sum(rowGas) + transactions * (CLAIM_GAS - CLAIM_ROW_GAS);
  return sum(({ due }) => due) >= costOf(gas) ? kept : [];
}

const rowGas = ({ rows, ticks }: Yield): bigint =>
  CLAIM_ROW_GAS * BigInt(ticks > 0 ? rows + 1 : rows) + TICK_GAS * BigInt(ticks);
