/**
 * A listing as the market's own components take it, made from what is on chain or about to be: the same bytes that are signed are read
 * here as the index will read them, so the preview cannot promise more than the market shows.
 */
import { ListingFlag, type ListingTerms, type Plan } from "@weir/sdk/core";
import type { Address } from "viem";
import type { ListingDetail, PlanItem, PlanKindName } from "@/lib/indexer.ts";

const KINDS: PlanKindName[] = ["message", "byte", "period", "flat", "free"];
const RIGHTS = ["read", "history", "write"];

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const plain = (value: unknown, most: number): string =>
  typeof value === "string" ? [...value.replace(/\p{Cc}+/gu, " ").trim()].slice(0, most).join("") : "";

const planItem = (plan: Plan, index: number): PlanItem => ({
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

export function parseMetadata(text: string): Record<string, unknown> {
  try {
    const json: unknown = JSON.parse(text);
    return isRecord(json) ? json : {};
  } catch {
    return {}; // another program's text
  }
}

export interface DetailParameters {
  hub: { id: string; name: string; owner: Address };
  /** "0" for one that does not exist yet. */
  id: string;
  version: number;
  state: ListingDetail["state"];
  terms: ListingTerms;
  metadataText: string;
  /** Unix seconds. */
  at: number;
}

export function detailOf(p: DetailParameters): ListingDetail {
  const { terms, metadataText } = p;
  const metadata = parseMetadata(metadataText);
  const source = isRecord(metadata.source) ? metadata.source : {};
  const spatial = isRecord(metadata.spatial) ? metadata.spatial : undefined;
  const { latitude, longitude } = spatial ?? {};
  const flag = (bit: number) => (terms.flags & bit) !== 0;
  const shown = {
    id: p.id,
    hubId: p.hub.id,
    hub: p.hub,
    version: p.version,
    state: p.state,
    title: plain(metadata.name, 120),
    description: plain(metadata.description, 2_000),
    category: plain(metadata.category, 40) || "other",
    tags: Array.isArray(metadata.keywords) ? metadata.keywords.map((word) => plain(word, 40)) : [],
    place:
      typeof latitude === "number" && typeof longitude === "number"
        ? { name: plain(spatial?.name, 200), lat: latitude, lon: longitude }
        : null,
    source: {
      kind: source.kind === "live" ? "live" : "replay",
      rate: plain(source.rate, 200) || undefined,
      origin: plain(source.origin, 200) || undefined,
      licence: plain(metadata.license, 200) || undefined,
    },
    token: terms.token,
    plans: terms.plans.map(planItem),
    relays: [...terms.relays],
    epochLength: terms.epochLength,
    segment: terms.segment,
    purchases: 0,
    createdAt: p.at,
    updatedAt: p.at,
    terms: terms as unknown as Record<string, unknown>,
    metadata,
    metadataText,
    termsHash: terms.termsHash,
    versions: [],
    operatorKeys: [],
    flags: terms.flags,
    saleUntil: terms.saleUntil,
    historyDepth: terms.historyDepth,
    restricted: flag(ListingFlag.restricted),
    open: flag(ListingFlag.open),
    unlisted: flag(ListingFlag.unlisted),
    attestation: !/^0x0+$/.test(terms.attestationSchema),
    rating: { count: 0, average: null, weightSum: "0" },
    ratings: { count: 0, average: null, weightSum: "0" },
  };
  // The index adds fields as it grows; a preview has what can be known before there is anything to count.
  return shown as unknown as ListingDetail;
}
