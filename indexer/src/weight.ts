/**
 * How much a rating weighs. A seller can buy from himself; what that costs him for certain are the cuts that relays and market take.
 * So a rating weighs by its cuts, in tokens that this operator knows (anybody can make one that costs nothing), and no rater weighs
 * more than one who paid the token's full cuts.
 */
import type { FullCutsOf } from "./settings.ts";

export const FULL_WEIGHT = 1_000_000n;

/** 0 to FULL_WEIGHT. */
export function weigh(token: string, cuts: bigint, fullCutsOf: FullCutsOf): bigint {
  const full = fullCutsOf(token);
  if (full === undefined) return 0n;
  return cuts >= full ? FULL_WEIGHT : (cuts * FULL_WEIGHT) / full;
}
