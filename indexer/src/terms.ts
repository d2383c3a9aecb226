/** A listing's terms as JSON: 40-bit times, 64-bit ids and amounts as decimal strings, everything smaller as numbers. */
import type { ListingTerms, Plan } from "@weir/sdk/core";
import { getAddress, isAddress } from "viem";
import { KINDS, type Kind, RIGHTS, type Right } from "./words.ts";

/** What `GET /v1/listings` says about a plan. Durations and times in seconds as numbers. */
export type PlanItem = {
  index: number;
  kind: Kind;
  rights: Right[];
  price: string;
  unit: string;
  period: number;
  upfront: string;
  entry: string;
  maxWindow: number;
  notice: number;
  promoPrice: string;
  promoUntil: number;
};

type EventPlan = ListingTerms["plans"][number];

const TIMES = [
  "period",
  "maxWindow",
  "notice",
  "promoUntil",
  "challenge",
  "epochLength",
  "historyDepth",
  "saleUntil",
];

type Written<value> = value extends bigint
  ? string
  : value extends number
    ? number | string
    : value extends readonly (infer item)[]
      ? Written<item>[]
      : value extends object
        ? { [key in keyof value]: Written<value[key]> }
        : value;

/** `ListingTerms` as on chain, in JSON. */
export type TermsItem = Written<ListingTerms>;

export function writeTerms(terms: ListingTerms): TermsItem {
  const text = JSON.stringify(terms, (key, value) => {
    if (typeof value === "bigint" || TIMES.includes(key)) return String(value);
    return typeof value === "string" && isAddress(value, { strict: false }) ? getAddress(value) : value;
  });
  return JSON.parse(text) as TermsItem;
}

export const writePlan = (plan: EventPlan, index: number): PlanItem => ({
  index,
  kind: KINDS[plan.kind] ?? "message",
  rights: RIGHTS.filter((_, bit) => (plan.rights & (1 << bit)) !== 0),
  price: String(plan.price),
  unit: String(plan.unit),
  period: plan.period,
  upfront: String(plan.upfront),
  entry: String(plan.entry),
  maxWindow: plan.maxWindow,
  notice: plan.notice,
  promoPrice: String(plan.promoPrice),
  promoUntil: plan.promoUntil,
});

/** A plan of `writeTerms`, back as it is on chain. */
export const readTermsPlan = (plan: TermsItem["plans"][number]): Plan => ({
  kind: Number(plan.kind),
  rights: Number(plan.rights),
  price: BigInt(plan.price),
  unit: BigInt(plan.unit),
  period: Number(plan.period),
  upfront: BigInt(plan.upfront),
  entry: BigInt(plan.entry),
  maxWindow: Number(plan.maxWindow),
  notice: Number(plan.notice),
  promoPrice: BigInt(plan.promoPrice),
  promoUntil: Number(plan.promoUntil),
});

/** Bit k set: a plan of kind k. */
export const kindsOf = (plans: readonly EventPlan[]): number =>
  plans.reduce((kinds, plan) => kinds | (1 << plan.kind), 0);
