import { db } from "ponder:api";
import { activity, listing } from "ponder:schema";
import { Hono } from "hono";
import { and, desc, eq, lt } from "ponder";
import { getAddress } from "viem";
import { pageOf } from "./page.ts";
import { readAccount, readLimit, readPosition, readQuery } from "./parameters.ts";

export const accountActivity = new Hono();

/** Every event that names the account or that it sent, newest first. */
accountActivity.get("/:address/activity", async (c) => {
  const query = readQuery(c.req.url, ["limit", "cursor"]);
  const limit = readLimit(query.limit);
  const account = readAccount("address", c.req.param("address"));
  const before = readPosition(query.cursor);
  const rows = await db
    .select()
    .from(activity)
    .leftJoin(listing, eq(listing.id, activity.listingId))
    .where(
      and(eq(activity.account, account), before === undefined ? undefined : lt(activity.position, before)),
    )
    .orderBy(desc(activity.position))
    .limit(limit + 1);
  return c.json(pageOf(rows, limit, { write: writeItem, position: (row) => row.activity.position }));
});

type Row = { activity: typeof activity.$inferSelect; listing: typeof listing.$inferSelect | null };

const writeItem = ({ activity: row, listing: about }: Row) => ({
  /** Opaque, and unique within the account's list. */
  id: row.position,
  name: row.name,
  contract: row.contract,
  listingId: row.listingId === null ? null : String(row.listingId),
  listing: about && { title: about.title },
  hubId: row.hubId === null ? null : String(row.hubId),
  grantId: row.grantId,
  amount: row.amount === null ? null : String(row.amount),
  token: row.token && getAddress(row.token),
  transactionHash: row.transactionHash,
  block: Number(row.block),
  createdAt: row.createdAt,
});
