import { db } from "ponder:api";
import { listing, owed, relay } from "ponder:schema";
import { Hono } from "hono";
import { and, desc, eq, gt, inArray, isNull, lt, ne, sql } from "ponder";
import { getAddress, type Hex } from "viem";
import { NotFound } from "./errors.ts";
import { pageOf } from "./page.ts";
import { readAccount, readLimit, readPosition, readQuery } from "./parameters.ts";

/** Listings and balances in one answer, newest first. */
const MAX_ROWS = 1_000;

export const relays = new Hono();

/** Registered relays, those registered last first; with `operator` that one's, also after it left the list. */
relays.get("/", async (c) => {
  const query = readQuery(c.req.url, ["operator", "limit", "cursor"]);
  const limit = readLimit(query.limit);
  const before = readPosition(query.cursor);
  const shown =
    query.operator === undefined
      ? isNull(relay.deregisteredAt)
      : eq(relay.operator, readAccount("operator", query.operator));
  const rows = await db
    .select()
    .from(relay)
    .where(and(shown, before === undefined ? undefined : lt(relay.position, before)))
    .orderBy(desc(relay.position))
    .limit(limit + 1);
  const write = await writerFor(rows.map(({ operator }) => operator));
  return c.json(pageOf(rows, limit, { write, position: ({ position }) => position }));
});

/** An operator's relay, one that left the list included. */
relays.get("/:operator", async (c) => {
  readQuery(c.req.url, []);
  const operator = readAccount("operator", c.req.param("operator"));
  const [row] = await db.select().from(relay).where(eq(relay.operator, operator));
  if (!row) throw new NotFound(`${getAddress(operator)} has never registered a relay.`);
  return c.json((await writerFor([operator]))(row));
});

type Row = typeof relay.$inferSelect;

/** Looks up what else these operators' rows say, and returns what writes one. */
async function writerFor(operators: Hex[]) {
  if (operators.length === 0) return () => ({});
  const [chosen, balances] = await Promise.all([
    db
      .select({ id: listing.id, relays: listing.relays })
      .from(listing)
      .where(
        and(
          eq(listing.unlisted, false),
          ne(listing.state, "closed"),
          sql`${listing.relays} && ${sql.param(operators, listing.relays)}`,
        ),
      )
      .orderBy(desc(listing.id))
      .limit(MAX_ROWS),
    db
      .select()
      .from(owed)
      .where(and(inArray(owed.holder, operators), gt(owed.earned, 0n)))
      .orderBy(owed.token, owed.escrow)
      .limit(MAX_ROWS),
  ]);
  return (row: Row) => {
    const own = balances.filter(({ holder }) => holder === row.operator);
    return {
      operator: getAddress(row.operator),
      peerId: row.peerId,
      endpoints: row.endpoints.split("\n").filter((line) => line.trim() !== ""),
      feeBps: row.feeBps,
      region: row.region,
      stake: String(row.stake),
      unbondingAt: row.withdrawableAt,
      registeredAt: row.registeredAt,
      updatedAt: row.updatedAt,
      deregisteredAt: row.deregisteredAt,
      listings: chosen.filter((item) => item.relays.includes(row.operator)).map(({ id }) => String(id)),
      owed: own
        .filter(({ amount }) => amount > 0n)
        .map(({ escrow, token, amount }) => ({
          contract: escrow,
          token: getAddress(token),
          amount: String(amount),
        })),
      earned: earnedOf(own),
      lastSettlementAt: own.length > 0 ? Math.max(...own.map(({ creditedAt }) => creditedAt)) : null,
    };
  };
}

/** By token, over both escrows. */
function earnedOf(balances: (typeof owed.$inferSelect)[]) {
  const totals = new Map<Hex, bigint>();
  for (const { token, earned } of balances) totals.set(token, (totals.get(token) ?? 0n) + earned);
  return [...totals].map(([token, amount]) => ({ token: getAddress(token), amount: String(amount) }));
}
