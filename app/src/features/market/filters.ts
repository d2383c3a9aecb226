/** What is searched for lives in the address, so that a search can be shared and the back button works. */
export interface Filters {
  q: string;
  category: string;
  kind: string;
}

export const CATEGORIES = [
  "transport",
  "weather",
  "energy",
  "environment",
  "finance",
  "geoscience",
  "telemetry",
  "health",
  "agriculture",
  "manufacturing",
  "buildings",
  "logistics",
  "retail",
  "telecom",
  "government",
  "science",
  "other",
] as const;
export type Category = (typeof CATEGORIES)[number];

export const KINDS = ["message", "byte", "period", "flat", "free"] as const;
export type Kind = (typeof KINDS)[number];

/** Longer searches are cut: the indexer refuses them. */
export const MAX_QUERY = 100;
const PAGE_SIZE = "48";

export const isCategory = (value: string): value is Category =>
  (CATEGORIES as readonly string[]).includes(value);
const isKind = (value: string): value is Kind => (KINDS as readonly string[]).includes(value);

export function readFilters(params: URLSearchParams): Filters {
  const category = params.get("category") ?? "";
  const kind = params.get("kind") ?? "";
  return {
    q: (params.get("q") ?? "").slice(0, MAX_QUERY),
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

/** As the indexer takes it, which refuses control characters: a pasted text may hold some, and nobody sees them. */
const searchable = (text: string): string =>
  text
    .replace(/\p{Cc}+/gu, " ")
    .slice(0, MAX_QUERY)
    .trim();

export function listingsPath(filters: Filters, cursor: string): string {
  const params = new URLSearchParams({ state: "open", limit: PAGE_SIZE });
  for (const [name, value] of Object.entries(filters)) {
    const wanted = searchable(value);
    if (wanted) params.set(name, wanted);
  }
  if (cursor) params.set("cursor", cursor);
  return `/v1/listings?${params}`;
}
