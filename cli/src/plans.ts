// Plans in words, and which one a word means.
import {
  FOREVER,
  isMetered,
  type ListingTerms,
  type Plan,
  PlanKind,
  type PlanKindName,
  Rights,
} from "@weir/sdk/core";
import { formatUnits } from "viem";
import { RefusedByRule, UsageError } from "./output.ts";
import type { Token } from "./place.ts";

const KINDS = Object.keys(PlanKind) as PlanKindName[];

export const kindOf = (plan: Pick<Plan, "kind">): PlanKindName => KINDS[plan.kind]!;

export const inUnits = (value: bigint, { decimals, symbol }: Token): string =>
  `${formatUnits(value, decimals)} ${symbol}`;

/** `message` or a plan's number → its index. @throws UsageError when no or more than one plan is meant */
export function planIndex(plans: readonly Plan[], word: string | undefined): number {
  if (plans.length === 0)
    throw new RefusedByRule("the listing has no plan: its seller gives access by himself");
  const choice = plans.map((plan, i) => `${i} (${kindOf(plan)})`).join(", ");
  if (word === undefined) {
    if (plans.length === 1) return 0;
    throw new UsageError(`--plan: name one of ${choice}`);
  }
  if (/^\d+$/.test(word)) {
    if (plans[Number(word)] === undefined)
      throw new UsageError(`--plan: the listing has ${choice}, not ${word}`);
    return Number(word);
  }
  const found = plans.flatMap((plan, i) => (kindOf(plan) === word ? [i] : []));
  if (found.length === 1) return found[0]!;
  throw new UsageError(`--plan: ${word} is ${found.length === 0 ? "none" : "more than one"} of ${choice}`);
}

const UNITS: readonly [number, string][] = [
  [86_400, "d"],
  [3_600, "h"],
  [60, "m"],
];
/** 86400 → "1d". */
export function duration(seconds: number): string {
  const [size, unit] = UNITS.find(([size]) => seconds >= size && seconds % size === 0) ?? [1, "s"];
  return `${seconds / size}${unit}`;
}

/** One line: what it costs, for how long less if a promotion still runs, what it gives. */
export function planLine(plan: Plan, token: Token): string {
  const rights = Object.entries(Rights).flatMap(([name, bit]) => ((plan.rights & bit) !== 0 ? [name] : []));
  const more = [
    rights.join(" and "),
    ...(isMetered(plan) ? [`at most ${inUnits(plan.entry, token)} can be lost`] : []),
    ...(plan.notice > 0 ? [`notice ${duration(plan.notice)}`] : []),
    ...(plan.maxWindow < FOREVER ? [`for at most ${duration(plan.maxWindow)}`] : []),
    ...(plan.promoPrice > 0n && plan.promoUntil * 1000 > Date.now()
      ? [`${inUnits(plan.promoPrice, token)} until ${new Date(plan.promoUntil * 1000).toISOString()}`]
      : []),
  ];
  return `${kindOf(plan)}: ${priceLine(plan, token)}; ${more.join(", ")}`;
}

function priceLine(plan: Plan, token: Token): string {
  switch (kindOf(plan)) {
    case "message":
      return `${inUnits(plan.price, token)} for ${plan.unit === 1n ? "a message" : `${plan.unit} messages`}`;
    case "byte":
      return `${inUnits(plan.price, token)} for ${plan.unit === 1n << 20n ? "a mebibyte" : `${plan.unit} bytes`}`;
    case "period":
      return `${inUnits(plan.price, token)} for ${duration(plan.period)}${plan.upfront > 0n ? ` after ${inUnits(plan.upfront, token)} at once` : ""}`;
    case "flat":
      return `${inUnits(plan.upfront, token)} once`;
    case "free":
      return "nothing";
  }
}

/** Terms with numbers as they are and plans in words beside them, for programs. */
export const termsRow = (terms: ListingTerms, token: Token): Record<string, unknown> => ({
  ...terms,
  token: token.address,
  symbol: token.symbol,
  decimals: token.decimals,
  plans: terms.plans.map((plan, index) => ({ index, ...plan, kind: kindOf(plan) })),
});
