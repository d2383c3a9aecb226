/** What `GET /v1/listings` and its facets are narrowed by. Every filter is one condition; a listing is shown if it meets all. */
import { listing } from "ponder:schema";
import { CATEGORIES } from "@weir/sdk/core";
import { and, eq, like, sql } from "ponder";
import { FLAGS, KINDS } from "../words.ts";
import { InvalidParameter, readAccount, readId, readOneOf, readSearch } from "./parameters.ts";

const STATES = ["open", "paused", "closed"] as const;
/** More words narrow nothing and cost a scan each. */
const MAX_SEARCH_WORDS = 8;

export const FILTERS = ["q", "category", "kind", "token", "hub", "flag", "rating", "state"] as const;

/** Ponder exports its query builder without this type. */
export type SQL<value = unknown> = ReturnType<typeof sql<value>>;

export type FilterName = (typeof FILTERS)[number];
export type Filters = Partial<Record<FilterName, SQL>>;

/** @throws InvalidParameter */
export function readFilters(query: Partial<Record<FilterName, string>>): Filters {
  const category = readOneOf("category", query.category, CATEGORIES);
  const kind = readOneOf("kind", query.kind, KINDS);
  const flag = readOneOf("flag", query.flag, FLAGS);
  const state = readOneOf("state", query.state, STATES);
  const { token, hub, rating } = query;
  return {
    q: and(...searchFor(readSearch("q", query.q))),
    category: category && eq(listing.category, category),
    kind: kind === undefined ? undefined : sql`(${listing.kinds} & ${1 << KINDS.indexOf(kind)}) <> 0`,
    token: token === undefined ? undefined : eq(listing.token, readAccount("token", token)),
    hub: hub === undefined ? undefined : eq(listing.hubId, readId("hub", hub)),
    flag: flag === undefined ? undefined : sql`(${listing.flags} & ${1 << FLAGS.indexOf(flag)}) <> 0`,
    rating: rating === undefined ? undefined : ratedAtLeast(rating),
    state: state && eq(listing.state, state),
  };
}

/** Listings in lists that meet all of `filters` but the one named. */
export const allOf = (filters: Filters, but?: FilterName): SQL | undefined =>
  and(eq(listing.unlisted, false), ...FILTERS.filter((name) => name !== but).map((name) => filters[name]));

/** An unrated listing has no average, so it is not at least anything. */
function ratedAtLeast(text: string): SQL {
  if (!/^[1-5]$/.test(text)) throw new InvalidParameter("rating", "A whole number from 1 to 5.");
  const least = Number(text) * 4;
  return sql`(${listing.ratingWeight} > 0 AND ${listing.ratingPoints} >= ${least} * ${listing.ratingWeight})`;
}

/** Every word must occur somewhere. */
const searchFor = (text: string | undefined): SQL[] =>
  (text?.split(/\s+/u) ?? [])
    .slice(0, MAX_SEARCH_WORDS)
    .map((word) => like(listing.search, `%${escapeLike(word)}%`));

const escapeLike = (word: string): string => word.replace(/[\\%_]/g, "\\$&");
