import { db } from "ponder:api";
import { hub, listing, publisherKey, version } from "ponder:schema";
import { Hono } from "hono";
import { and, desc, eq, lt } from "ponder";
import { getAddress } from "viem";
import { parseObject } from "../metadata.ts";
import { hasFlag } from "../words.ts";
import { NotFound } from "./errors.ts";
import { allOf, FILTERS, readFilters } from "./filters.ts";
import { pageOf } from "./page.ts";
import { readCursor, readId, readLimit, readQuery } from "./parameters.ts";
import { readScores, writeSummary } from "./ratings.ts";

/** Keys of one hub in one answer, newest first: a hub that registers more than this cannot make the answer grow. */
const MAX_KEYS = 1_000;
/** Versions of one listing in one answer, newest first. */
const MAX_VERSIONS = 1_000;

export const listings = new Hono();

listings.get("/", async (c) => {
  const query = readQuery(c.req.url, [...FILTERS, "limit", "cursor"]);
  const limit = readLimit(query.limit);
  const filters = readFilters(query);
  const before = readCursor(query.cursor, /^\d{1,20}$/);
  const rows = await db
    .select()
    .from(listing)
    .innerJoin(hub, eq(hub.id, listing.hubId))
    .where(and(allOf(filters), before === undefined ? undefined : lt(listing.id, BigInt(before))))
    .orderBy(desc(listing.id))
    .limit(limit + 1);
  return c.json(pageOf(rows, limit, { write: writeItem, position: (row) => String(row.listing.id) }));
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
  const [versions, keys, scores] = await Promise.all([
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
    readScores(id),
  ]);
  const newest = versions[0]!;
  return c.json({
    ...writeItem(row),
    bond: row.listing.bond === null ? null : String(row.listing.bond),
    bondFrom: row.listing.bondFrom,
    ratings: { ...writeSummary(row.listing), scores },
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
  rating: writeSummary(row),
  flags: row.flags,
  unlisted: row.unlisted,
  restricted: hasFlag(row.flags, "restricted"),
  open: hasFlag(row.flags, "open"),
  attestation: row.attestation,
  saleUntil: row.saleUntil,
  historyDepth: row.historyDepth,
  createdAt: row.createdAt,
  updatedAt: row.updatedAt,
});
