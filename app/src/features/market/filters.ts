// Not "@weir/sdk/core": the market's page would take all of it.
import { CATEGORIES, type CategoryName } from "@weir/sdk/core/categories";

/** What is searched for lives in the address, so that a search can be shared and the back button works. */
export interface Filters {
  q: string;
  category: string;
  kind: string;
}

export const KINDS = ["message", "byte", "period", "flat", "free"] as const;
export type Kind = (typeof KINDS)[number];

/** What the indexer takes, its `MAX_QUERY_CHARS`: it refuses longer searches, and control characters. */
export const MAX_QUERY_CHARS = 100;
const PAGE_SIZE = "48";

export const isCategory = (value: string): value is CategoryName =>
  (CATEGORIES as readonly string[]).includes(value);
const isKind = (value: string): value is Kind => (KINDS as readonly string[]).includes(value);

/** The part of a text that can be searched for: a pasted one may hold control characters. Cut between characters, never within one. */
export const searchable = (text: string): string =>
  [...text.replace(/\p{Cc}+/gu, " ")].slice(0, MAX_QUERY_CHARS).join("");

export function readFilters(params: URLSearchParams): Filters {
  const category = params.get("category") ?? "";
  const kind = params.get("kind") ?? "";
  return {
    q: searchable(params.get("q") ?? ""),
    category: isCategory(category) ? category : "",
    kind: isKind(kind) ? kind : "",
  };
}

/** `""` or `"?q=…"`, empty fields left out. */
export function writeFilters(filters: Filters): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) if (value) params.set(name, value);
  const text = params.toString();
  return text ? `?${text}` : "";
}

export function listingsPath(filters: Filters, cursor: string): string {
  const params = new URLSearchParams({ state: "open", limit: PAGE_SIZE });
  for (const [name, value] of Object.entries(filters)) {
    const wanted = searchable(value).trim();
    if (wanted) params.set(name, wanted);
  }
  if (cursor) params.set("cursor", cursor);
  return `/v1/listings?${params}`;
}
