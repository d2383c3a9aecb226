/**
 * How many listings each choice of a filter would leave. A facet is counted under all filters but its own, so that the other choices
 * of a facet show what switching to them would give.
 */
import { db } from "ponder:api";
import { hub, listing } from "ponder:schema";
import { Hono } from "hono";
import { count, desc, eq, sql } from "ponder";
import { getAddress } from "viem";
import { FLAGS, KINDS } from "../words.ts";
import { allOf, FILTERS, readFilters, type SQL } from "./filters.ts";
import { readQuery } from "./parameters.ts";

/** Hubs and tokens are made by strangers: the most frequent ones, no more than a page can show. */
const MAX_CHOICES = 100;

export const facets = new Hono();

facets.get("/facets", async (c) => {
  const filters = readFilters(readQuery(c.req.url, FILTERS));
  const [categories, tokens, hubs, kinds, flags] = await Promise.all([
    countBy(listing.category, allOf(filters, "category")),
    countBy(listing.token, allOf(filters, "token")),
    countHubs(allOf(filters, "hub")),
    countBits(listing.kinds, KINDS, allOf(filters, "kind")),
    countBits(listing.flags, FLAGS, allOf(filters, "flag")),
  ]);
  return c.json({
    categories: Object.fromEntries(categories),
    kinds,
    tokens: Object.fromEntries(tokens.map(([token, found]) => [getAddress(token), found])),
    hubs,
    flags,
  });
});

async function countBy(column: typeof listing.category | typeof listing.token, where: SQL | undefined) {
  const rows = await db
    .select({ value: column, found: count() })
    .from(listing)
    .where(where)
    .groupBy(column)
    .orderBy(desc(count()), column)
    .limit(MAX_CHOICES);
  return rows.map(({ value, found }) => [value, found] as const);
}

async function countHubs(where: SQL | undefined) {
  const rows = await db
    .select({ id: hub.id, name: hub.name, count: count() })
    .from(listing)
    .innerJoin(hub, eq(hub.id, listing.hubId))
    .where(where)
    .groupBy(hub.id, hub.name)
    .orderBy(desc(count()), hub.id)
    .limit(MAX_CHOICES);
  return rows.map(({ id, ...found }) => ({ id: String(id), ...found }));
}

/** One count per word whose bit is set somewhere. */
async function countBits(
  bitmap: typeof listing.kinds | typeof listing.flags,
  words: readonly string[],
  where: SQL | undefined,
): Promise<Record<string, number>> {
  const counts = words.map((_, bit) => [
    `bit${bit}`,
    sql<number>`count(*) FILTER (WHERE (${bitmap} & ${1 << bit}) <> 0)`.mapWith(Number),
  ]);
  const [row] = await db
    .select(Object.fromEntries(counts) as Record<string, SQL<number>>)
    .from(listing)
    .where(where);
  return Object.fromEntries(
    words.map((word, bit) => [word, row?.[`bit${bit}`] ?? 0] as const).filter(([, found]) => found > 0),
  );
}
