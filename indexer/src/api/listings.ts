import { db } from "ponder:api";
import { hub, listing, publisherKey, version } from "ponder:schema";
import { Hono } from "hono";
import { and, desc, eq, like, lt, sql } from "ponder";
import { getAddress } from "viem";
import { CATEGORIES, parseObject } from "../metadata.ts";
import { KINDS } from "../words.ts";
import { NotFound } from "./errors.ts";
import {
  readCursor,
  readId,
  readLimit,
  readOneOf,
  readQuery,
  readSearch,
  writeCursor,
} from "./parameters.ts";

const STATES = ["open", "paused", "closed"] as const;
/** More words narrow nothing and cost a scan each. */
const MAX_SEARCH_WORDS = 8;
/** Keys of one hub in one answer, newest first: a hub that registers more than this cannot make the answer grow. */
const MAX_KEYS = 1_000;
/** Versions of one listing in one answer, newest first. */
const MAX_VERSIONS = 1_000;

export const listings = new Hono();

listings.get("/", async (c) => {
  const known = ["q", "category", "kind", "hub", "state", "limit", "cursor"] as const;
  const query = readQuery(c.req.url, known);
  const limit = readLimit(query.limit);
  const category = readOneOf("category", query.category, CATEGORIES);
  const kind = readOneOf("kind", query.kind, KINDS);
  const state = readOneOf("state", query.state, STATES);
  const before = readCursor(query.cursor, /^\d{1,20}$/);
  const rows = await db
    .select()
    .from(listing)
    .innerJoin(hub, eq(hub.id, listing.hubId))
    .where(
      and(
        eq(listing.unlisted, false),
        ...searchFor(readSearch("q", query.q)),
        category && eq(listing.category, category),
        kind && sql`(${listing.kinds} & ${1 << KINDS.indexOf(kind)}) <> 0`,
        query.hub === undefined ? undefined : eq(listing.hubId, readId("hub", query.hub)),
        state && eq(listing.state, state),
        before === undefined ? undefined : lt(listing.id, BigInt(before)),
      ),
    )
    .orderBy(desc(listing.id))
    .limit(limit + 1);
  const items = rows.slice(0, limit).map(writeItem);
  const last = rows.length > limit ? items.at(-1) : undefined;
  return c.json({ items, next: last ? writeCursor(last.id) : null });
});

listings.get("/:id", async (c) => {
  readQuery(c.req.url, []);
  const id = readId("id", c.req.param("id"));
  const [row] = await db
    .select()
    .from(listing)
    .innerJoin(hub, eq(hub.id, listing.hubId))
    .where(eq(listing.id, id));
  if (!row) throw new NotFound(`There is no listing ${id}.`);
  const [versions, keys] = await Promise.all([
    db
      .select()
      .from(version)
      .where(eq(version.listingId, id))
      .orderBy(desc(version.version))
      .limit(MAX_VERSIONS),
    db
      .select()
      .from(publisherKey)
      .where(eq(publisherKey.hubId, row.listing.hubId))
      .orderBy(desc(publisherKey.keyId))
      .limit(MAX_KEYS),
  ]);
  const newest = versions[0]!;
  return c.json({
    ...writeItem(row),
    terms: newest.terms,
    metadata: parseObject(newest.metadata) ?? {},
    metadataText: newest.metadata,
    termsHash: newest.termsHash,
    versions: versions.map(({ version, termsHash, block, transactionHash, createdAt }) => ({
      version,
      termsHash,
      block: Number(block),
      transactionHash,
      createdAt,
    })),
    operatorKeys: keys
      .map(({ keyId, account, x, y, revokedAt }) => ({
        keyId,
        account: getAddress(account),
        x,
        y,
        revokedAt,
      }))
      .reverse(),
  });
});

/** Every word must occur somewhere. */
const searchFor = (text: string | undefined) =>
  (text?.split(/\s+/u) ?? [])
    .slice(0, MAX_SEARCH_WORDS)
    .map((word) => like(listing.search, `%${escapeLike(word)}%`));

const escapeLike = (word: string): string => word.replace(/[\\%_]/g, "\\$&");

type Row = { listing: typeof listing.$inferSelect; hub: typeof hub.$inferSelect };

const writeItem = ({ listing: row, hub: seller }: Row) => ({
  id: String(row.id),
  hubId: String(row.hubId),
  hub: { id: String(seller.id), name: seller.name, owner: getAddress(seller.owner) },
  version: row.version,
  state: row.state,
  title: row.title,
  description: row.description,
  category: row.category,
  tags: row.tags,
  place: row.place,
  source: row.source,
  token: getAddress(row.token),
  plans: row.plans,
  relays: row.relays.map((relay) => getAddress(relay)),
  epochLength: row.epochLength,
  segment: row.segment,
  purchases: row.purchases,
  createdAt: row.createdAt,
  updatedAt: row.updatedAt,
});
