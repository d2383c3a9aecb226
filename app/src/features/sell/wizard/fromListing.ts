/** A listing on chain → a draft that writes the same again. Metadata may be another program's: what does not fit is left empty. */
import {
  agreementText,
  FOREVER,
  type ListingTerms,
  type Plan,
  ZERO_ADDRESS,
  ZERO_HASH,
} from "@weir/sdk/core";
import type { PlanKindName } from "@/lib/indexer.ts";
import { formatAmount } from "../../../lib/money.ts";
import { fieldsOf, timeFieldOf } from "../../../lib/schema.ts";
import {
  BYTE_UNITS,
  type ByteUnit,
  type Draft,
  freshId,
  newPlan,
  PERIOD_UNITS,
  type PeriodUnit,
  type PlanDraft,
} from "./draft.ts";
import { isMeteredKind, leastEntry } from "./readPlan.ts";

const KINDS: PlanKindName[] = ["message", "byte", "period", "flat", "free"];

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const text = (value: unknown): string => (typeof value === "string" ? value : "");
const texts = (value: unknown): string[] | undefined =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : undefined;

/** Unix seconds → what a datetime-local input takes, in the reader's zone; 0 = empty. */
export function localMoment(seconds: number): string {
  if (seconds === 0) return "";
  const date = new Date(seconds * 1_000);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The largest step that divides the value, or the smallest there is. */
function split<name extends string>(
  value: bigint,
  steps: Record<name, bigint | number>,
): [count: bigint, step: name] {
  const names = (Object.keys(steps) as name[]).toReversed();
  const step = names.find((name) => value % BigInt(steps[name]) === 0n) ?? (names.at(-1) as name);
  return [value / BigInt(steps[step]), step];
}

function planDraft(plan: Plan, decimals: number, segment: ListingTerms["segment"]): PlanDraft {
  const kind = KINDS[plan.kind] ?? "message";
  const money = (amount: bigint) => (amount === 0n ? "" : formatAmount(amount, decimals).replaceAll(",", ""));
  const [bytes, byteUnit] = split<ByteUnit>(plan.unit || 2n ** 20n, BYTE_UNITS);
  const [periods, periodUnit] = split<PeriodUnit>(BigInt(plan.period || 86_400), PERIOD_UNITS);
  // A promotion that is over is no part of the next version.
  const promoted = plan.promoUntil * 1_000 > Date.now();
  const proposed = isMeteredKind(kind) ? leastEntry(kind, plan.price, plan.unit, segment) : 0n;
  return {
    ...newPlan(kind),
    price: money(kind === "flat" ? plan.upfront : plan.price),
    unit: kind === "byte" ? String(bytes) : String(plan.unit || 1n),
    byteUnit,
    period: String(periods),
    periodUnit,
    upfront: kind === "period" ? money(plan.upfront) : "",
    entry: plan.entry === proposed ? "" : money(plan.entry),
    window: plan.maxWindow === FOREVER ? "" : String(Math.ceil(plan.maxWindow / 86_400)),
    notice: String(Math.ceil((plan.notice || 3_600) / 60)),
    promoPrice: promoted ? money(plan.promoPrice) : "",
    promoUntil: promoted ? localMoment(plan.promoUntil) : "",
    history: (plan.rights & 2) !== 0,
    write: (plan.rights & 4) !== 0,
  };
}

export function draftOf(terms: ListingTerms, metadataText: string, decimals: number): Draft {
  let json: unknown;
  try {
    json = JSON.parse(metadataText);
  } catch {
    json = {}; // another program's text: the terms are still good
  }
  const metadata = isRecord(json) ? json : {};
  const source = isRecord(metadata.source) ? metadata.source : {};
  const place = isRecord(metadata.spatial) ? metadata.spatial : {};
  const feed = isRecord(metadata.feed) ? metadata.feed : {};
  const fields = fieldsOf(metadata).map((field) => ({
    id: freshId(),
    name: field.name,
    title: field.title === field.name ? "" : field.title,
    type: field.type === "other" ? ("string" as const) : field.type,
    unit: field.unit,
  }));
  const time = timeFieldOf(metadata);
  const agreement = text(metadata.usageInfo);
  const standard = agreementText(terms.flags);
  const address = (value: string) => (value === ZERO_ADDRESS ? "" : value);
  return {
    title: text(metadata.name),
    description: text(metadata.description),
    category: text(metadata.category) || "other",
    keywords: (texts(metadata.keywords) ?? []).join(", "),
    sourceKind: source.kind === "live" ? "live" : "replay",
    rate: text(source.rate),
    origin: text(source.origin),
    placeName: text(place.name),
    latitude: typeof place.latitude === "number" ? String(place.latitude) : "",
    longitude: typeof place.longitude === "number" ? String(place.longitude) : "",
    fields,
    timeField: fields.find((field) => field.name === time)?.id ?? "",
    wholeHub: texts(feed.devices) === undefined,
    devices: texts(feed.devices) ?? [],
    topics: (texts(feed.topics) ?? []).join("\n"),
    token: terms.token,
    plans: terms.plans.map((plan) => planDraft(plan, decimals, terms.segment)),
    relays: [...terms.relays],
    relayPercent: String(terms.relayBps / 100),
    markets: terms.markets.join("\n"),
    marketPercent: String(terms.marketBps / 100),
    challenge: String(Math.ceil(terms.challenge / 3_600)),
    epochLength: String(terms.epochLength),
    flushMs: String(terms.segment.flushMs),
    maxMessages: String(terms.segment.maxMessages),
    maxBytes: String(terms.segment.maxBytes),
    historyDepth: String(Math.ceil(terms.historyDepth / 86_400)),
    saleUntil: localMoment(terms.saleUntil),
    licence: text(metadata.license),
    flags: terms.flags,
    agreementMore: agreement.startsWith(standard) ? agreement.slice(standard.length).trim() : agreement,
    attestationSchema: terms.attestationSchema === ZERO_HASH ? "" : terms.attestationSchema,
    attester: address(terms.attester),
    arbiter: address(terms.arbiter),
    operator: terms.operator,
  };
}
