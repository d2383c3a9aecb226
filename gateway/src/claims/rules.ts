// When a claim is worth its transaction: by value, by age, and never by age at a loss.

import { ZERO_ADDRESS } from "@weir/sdk/core";
import type { PublicClient } from "viem";
import type { ClaimRules } from "../config.ts";
import { CLAIM_GAS, CLAIM_ROW_GAS, TICK_GAS } from "../limits.ts";

export type Reason = "value" | "age" | "end";

/** Why `due` of a token that waits since `since` (unix seconds) is claimed at `time`; undefined: it waits. */
export function reasonFor(
  rules: ClaimRules,
  { token, due, since, time }: { token: string; due: bigint; since: number; time: number },
): "value" | "age" | undefined {
  const value = rules.values.get(token.toLowerCase());
  if (value !== undefined && due >= value) return "value";
  return time - since >= rules.ageSeconds ? "age" : undefined;
}

/** What claiming so many channels in one transaction, or so many ticks of one, costs now, in wei. */
export const costOf = async (client: PublicClient, rows: number, ticks = 0): Promise<bigint> =>
  (CLAIM_GAS + CLAIM_ROW_GAS * BigInt(rows - 1) + TICK_GAS * BigInt(ticks)) * (await client.getGasPrice());

/** Costs are in the chain's coin, and only what is paid in it can be weighed against them. */
export const isCoin = (token: string): boolean => token === ZERO_ADDRESS;
