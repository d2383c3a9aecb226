import { db } from "ponder:api";
import { channel, listing, purchase } from "ponder:schema";
import { Hono } from "hono";
import { and, desc, eq, lt } from "ponder";
import { getAddress, type Hex } from "viem";
import { KINDS, RIGHTS } from "../words.ts";
import { readAddress, readCursor, readLimit, readQuery, writeCursor } from "./parameters.ts";

export const purchases = new Hono();

purchases.get("/:address/purchases", async (c) => {
  const query = readQuery(c.req.url, ["limit", "cursor"]);
  const limit = readLimit(query.limit);
  // Ponder keeps addresses in lower case.
  const buyer = readAddress("address", c.req.param("address")).toLowerCase() as Hex;
  const before = readCursor(query.cursor, /^\d{75}$/);
  const rows = await db
    .select()
    .from(purchase)
    .innerJoin(listing, eq(listing.id, purchase.listingId))
    .leftJoin(channel, eq(channel.id, purchase.paymentId))
    .where(and(eq(purchase.buyer, buyer), before === undefined ? undefined : lt(purchase.position, before)))
    .orderBy(desc(purchase.position))
    .limit(limit + 1);
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return c.json({ items: shown.map(writeItem), next: last ? writeCursor(last.purchase.position) : null });
});

type Row = {
  purchase: typeof purchase.$inferSelect;
  listing: typeof listing.$inferSelect;
  channel: typeof channel.$inferSelect | null;
};

const writeItem = ({ purchase: row, listing: sold, channel: paid }: Row) => ({
  grantId: row.grantId,
  listingId: String(row.listingId),
  version: row.version,
  plan: row.plan,
  kind: KINDS[row.kind] ?? null,
  rights: RIGHTS.filter((_, bit) => (row.rights & (1 << bit)) !== 0),
  paymentId: row.paymentId,
  signer: getAddress(row.signer),
  encryptionKey: row.encryptionKey,
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
  channel: paid && writeChannel(paid),
});

const writeChannel = (row: typeof channel.$inferSelect) => ({
  id: row.id,
  deposit: String(row.deposit),
  claimed: String(row.claimed),
  closeAt: row.closeAt,
  epoch: row.epoch,
  state: row.closed ? "closed" : row.closeAt > 0 ? "closing" : "open",
});
