/** A listing's terms as the SDK wants them, from the indexer's JSON. */
import type { ListingTerms } from "@weir/sdk/core";

/** Fields that are bigint in the SDK; the indexer writes them, and 40-bit times, as decimal strings. */
const BIG = new Set(["hubId", "price", "unit", "upfront", "entry", "promoPrice"]);
const DECIMAL = /^\d{1,30}$/;

function read(key: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => read("", item));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, read(name, inner)]));
  if (BIG.has(key)) return BigInt(value as string | number);
  return typeof value === "string" && DECIMAL.test(value) ? Number(value) : value;
}

/** `terms` of GET /v1/listings/{id} → the SDK's ListingTerms. */
export const parseTerms = (terms: Record<string, unknown>): ListingTerms => read("", terms) as ListingTerms;
