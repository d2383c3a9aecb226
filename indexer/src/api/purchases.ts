import { db } from "ponder:api";
import { channel, listing, purchase, subscription } from "ponder:schema";
import { Hono } from "hono";
import { and, desc, eq, lt } from "ponder";
import { getAddress } from "viem";
import { KINDS, RIGHTS, wordsOf } from "../words.ts";
import { pageOf } from "./page.ts";
import {
  readAccount,
  readHash,
  readId,
  readLimit,
  readOneOf,
  readPosition,
  readQuery,
} from "./parameters.ts";
import { writeChannel, writeSubscription } from "./payments.ts";
import { readProgress } from "./progress.ts";

export const purchases = new Hono();

/**
 * What an account bought and was given, newest first. A gift has no plan, no kind and no payment, and nobody asks the account whether it
 * wants it: `given` tells the two apart, `listing` and `grant` find what is looked for however much there is.
 */
purchases.get("/:address/purchases", async (c) => {
  const query = readQuery(c.req.url, ["given", "listing", "grant", "limit", "cursor"]);
  const { listing: wanted, grant } = query;
  const given = readOneOf("given", query.given, ["true", "false"]);
  const limit = readLimit(query.limit);
  const buyer = readAccount("address", c.req.param("address"));
  const before = readPosition(query.cursor);
  const [rows, { timestamp }] = await Promise.all([
    db
      .select()
      .from(purchase)
      .innerJoin(listing, eq(listing.id, purchase.listingId))
      .leftJoin(channel, eq(channel.id, purchase.paymentId))
      .leftJoin(subscription, eq(subscription.id, purchase.paymentId))
      .where(
        and(
          eq(purchase.buyer, buyer),
          given && eq(purchase.given, given === "true"),
          wanted === undefined ? undefined : eq(purchase.listingId, readId("listing", wanted)),
          grant === undefined ? undefined : eq(purchase.grantId, readHash("grant", grant)),
          before === undefined ? undefined : lt(purchase.position, before),
        ),
      )
      .orderBy(desc(purchase.position))
      .limit(limit + 1),
    readProgress(),
  ]);
  const write = (row: Row) => writeItem(row, timestamp);
  return c.json(pageOf(rows, limit, { write, position: (row) => row.purchase.position }));
});

type Row = {
  purchase: typeof purchase.$inferSelect;
  listing: typeof listing.$inferSelect;
  channel: typeof channel.$inferSelect | null;
  subscription: typeof subscription.$inferSelect | null;
};

const writeItem = (
  { purchase: row, listing: sold, channel: metered, subscription: timed }: Row,
  time: number,
) => ({
  grantId: row.grantId,
  listingId: String(row.listingId),
  version: row.version,
  plan: row.plan,
  kind: row.kind === null ? null : (KINDS[row.kind] ?? null),
  given: row.given,
  rights: wordsOf(RIGHTS, row.rights),
  paymentId: row.paymentId,
  signer: getAddress(row.signer),
  encryptionKey: row.encryptionKey,
  rotated:
    row.rotatedKey === null || row.rotatedSigner === null
      ? null
      : { encryptionKey: row.rotatedKey, signer: getAddress(row.rotatedSigner) },
  buyerSalt: row.buyerSalt,
  notBefore: row.notBefore,
  notAfter: row.notAfter,
  market: getAddress(row.market),
  amount: String(row.amount),
  revokedAt: row.revokedAt,
  transactionHash: row.transactionHash,
  block: Number(row.block),
  createdAt: row.createdAt,
  listing: { title: sold.title, hubId: String(sold.hubId), token: getAddress(sold.token) },
  channel: metered && writeChannel(metered),
  subscription: timed && writeSubscription(timed, row, time),
});
