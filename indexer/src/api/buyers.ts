/** Who has access to a listing: bought and given grants, newest first. */
import { db } from "ponder:api";
import { buyerState, channel, purchase, subscription } from "ponder:schema";
import { Hono } from "hono";
import { and, desc, eq, lt } from "ponder";
import { getAddress } from "viem";
import { KINDS, RIGHTS, wordsOf } from "../words.ts";
import { pageOf } from "./page.ts";
import { readId, readLimit, readPosition, readQuery } from "./parameters.ts";
import { writeChannel, writeSubscription } from "./payments.ts";
import { readProgress } from "./progress.ts";

export const buyers = new Hono();

buyers.get("/:id/buyers", async (c) => {
  const query = readQuery(c.req.url, ["limit", "cursor"]);
  const limit = readLimit(query.limit);
  const id = readId("id", c.req.param("id"));
  const before = readPosition(query.cursor);
  const [rows, { timestamp }] = await Promise.all([
    db
      .select()
      .from(purchase)
      .leftJoin(channel, eq(channel.id, purchase.paymentId))
      .leftJoin(subscription, eq(subscription.id, purchase.paymentId))
      .leftJoin(
        buyerState,
        and(eq(buyerState.listingId, purchase.listingId), eq(buyerState.buyer, purchase.buyer)),
      )
      .where(
        and(eq(purchase.listingId, id), before === undefined ? undefined : lt(purchase.position, before)),
      )
      .orderBy(desc(purchase.position))
      .limit(limit + 1),
    readProgress(),
  ]);
  const write = ({ purchase: row, channel: metered, subscription: timed, buyer_state: state }: Row) => ({
    grantId: row.grantId,
    buyer: getAddress(row.buyer),
    version: row.version,
    plan: row.plan,
    kind: row.kind === null ? null : (KINDS[row.kind] ?? null),
    given: row.given,
    rights: wordsOf(RIGHTS, row.rights),
    paymentId: row.paymentId,
    amount: String(row.amount),
    notBefore: row.notBefore,
    notAfter: row.notAfter,
    createdAt: row.createdAt,
    revokedAt: row.revokedAt,
    blocked: state?.blocked ?? false,
    transactionHash: row.transactionHash,
    channel: metered && writeChannel(metered),
    subscription: timed && writeSubscription(timed, row, timestamp),
  });
  return c.json(pageOf(rows as Row[], limit, { write, position: (row) => row.purchase.position }));
});

type Row = {
  purchase: typeof purchase.$inferSelect;
  channel: typeof channel.$inferSelect | null;
  subscription: typeof subscription.$inferSelect | null;
  buyer_state: typeof buyerState.$inferSelect | null;
};
