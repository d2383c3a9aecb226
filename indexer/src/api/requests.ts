/** Requests for restricted listings, newest first: those to a hub, and those of an account. */
import { db } from "ponder:api";
import { listing, request } from "ponder:schema";
import { type Context, Hono } from "hono";
import { and, desc, eq, lt } from "ponder";
import { getAddress } from "viem";
import type { SQL } from "./filters.ts";
import { pageOf } from "./page.ts";
import { readAccount, readId, readLimit, readOneOf, readPosition, readQuery } from "./parameters.ts";

const STATES = ["open", "approved", "declined"] as const;

export const hubRequests = new Hono();
export const accountRequests = new Hono();

hubRequests.get("/:id/requests", (c) => answer(c, eq(request.hubId, readId("id", c.req.param("id")))));

accountRequests.get("/:address/requests", (c) =>
  answer(c, eq(request.buyer, readAccount("address", c.req.param("address")))),
);

async function answer(c: Context, whose: SQL) {
  const query = readQuery(c.req.url, ["state", "listing", "limit", "cursor"]);
  const limit = readLimit(query.limit);
  const state = readOneOf("state", query.state, STATES);
  const before = readPosition(query.cursor);
  const rows = await db
    .select()
    .from(request)
    .innerJoin(listing, eq(listing.id, request.listingId))
    .where(
      and(
        whose,
        state && eq(request.state, state),
        query.listing === undefined ? undefined : eq(request.listingId, readId("listing", query.listing)),
        before === undefined ? undefined : lt(request.position, before),
      ),
    )
    .orderBy(desc(request.position))
    .limit(limit + 1);
  return c.json(pageOf(rows, limit, { write: writeItem, position: (row) => row.request.position }));
}

type Row = { request: typeof request.$inferSelect; listing: typeof listing.$inferSelect };

const writeItem = ({ request: row, listing: wanted }: Row) => ({
  requestId: `${row.listingId}-${row.buyer}-${row.number}`,
  listingId: String(row.listingId),
  hubId: String(row.hubId),
  listing: { title: wanted.title, version: wanted.version, state: wanted.state },
  buyer: getAddress(row.buyer),
  version: row.version,
  note: row.note,
  state: row.state,
  reason: row.reason,
  approval:
    row.state === "approved"
      ? {
          manager: getAddress(row.manager!),
          deadline: row.deadline,
          termsHash: row.termsHash,
          signature: row.signature,
        }
      : null,
  decidedBy: row.manager === null ? null : getAddress(row.manager),
  decidedAt: row.decidedAt,
  transactionHash: row.transactionHash,
  createdAt: row.createdAt,
});
