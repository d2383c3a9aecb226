/** What a hub's listings brought in, cuts included: per listing and token, and per day. From claims, so what is not claimed is not in it. */
import { db } from "ponder:api";
import { earning, earningDay } from "ponder:schema";
import { Hono } from "hono";
import { desc, eq } from "ponder";
import { getAddress } from "viem";
import { readId, readQuery } from "./parameters.ts";

/** Newest listings first. */
const MAX_ROWS = 1_000;
/** A year of one token, newest first. */
const MAX_DAYS = 366;

export const earnings = new Hono();

earnings.get("/:id/earnings", async (c) => {
  readQuery(c.req.url, []);
  const id = readId("id", c.req.param("id"));
  const [rows, days] = await Promise.all([
    db
      .select()
      .from(earning)
      .where(eq(earning.hubId, id))
      .orderBy(desc(earning.listingId), earning.token)
      .limit(MAX_ROWS),
    db
      .select()
      .from(earningDay)
      .where(eq(earningDay.hubId, id))
      .orderBy(desc(earningDay.day), earningDay.token)
      .limit(MAX_DAYS),
  ]);
  return c.json({
    items: rows.map(({ hubId: _, ...row }) => ({
      ...row,
      listingId: String(row.listingId),
      token: getAddress(row.token),
      settled: String(row.settled),
      relayCuts: String(row.relayCuts),
      marketCuts: String(row.marketCuts),
    })),
    byDay: days.map(({ day, token, settled }) => ({
      day,
      token: getAddress(token),
      settled: String(settled),
    })),
  });
});
