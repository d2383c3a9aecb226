import { db } from "ponder:api";
import { type listing, rating } from "ponder:schema";
import { Hono } from "hono";
import { and, desc, eq, lt, sql } from "ponder";
import { getAddress } from "viem";
import { pageOf } from "./page.ts";
import { readId, readLimit, readPosition, readQuery } from "./parameters.ts";

export const ratings = new Hono();

/** Every revision, newest first; those with `newest` false do not count any more. */
ratings.get("/:id/ratings", async (c) => {
  const query = readQuery(c.req.url, ["limit", "cursor"]);
  const limit = readLimit(query.limit);
  const id = readId("id", c.req.param("id"));
  const before = readPosition(query.cursor);
  const rows = await db
    .select()
    .from(rating)
    .where(and(eq(rating.listingId, id), before === undefined ? undefined : lt(rating.position, before)))
    .orderBy(desc(rating.position))
    .limit(limit + 1);
  return c.json(pageOf(rows, limit, { write: writeItem, position: (row) => row.position }));
});

const writeItem = (row: typeof rating.$inferSelect) => ({
  grantId: row.grantId,
  buyer: getAddress(row.buyer),
  revision: row.revision,
  newest: row.newest,
  scores: row.scores,
  comment: row.comment,
  token: getAddress(row.token),
  settled: String(row.settled),
  cuts: String(row.cuts),
  weight: String(row.weight),
  response:
    row.response === null
      ? null
      : { text: row.response, by: getAddress(row.respondedBy!), createdAt: row.respondedAt },
  transactionHash: row.transactionHash,
  createdAt: row.createdAt,
});

type Sums = Pick<typeof listing.$inferSelect, "ratingCount" | "ratingWeight" | "ratingPoints">;

/** The weighted average of all four scores; null while nothing weighs. */
export const writeSummary = (sums: Sums) => ({
  count: sums.ratingCount,
  average: averageOf(sums.ratingPoints, sums.ratingWeight * 4n),
  weightSum: String(sums.ratingWeight),
});

/** The weighted average of each of the four questions: as described, in time, communication, no other issues. */
export async function readScores(listingId: bigint): Promise<(number | null)[]> {
  const questions = [1, 2, 3, 4] as const;
  const sums = questions.map((place) => [
    `q${place}`,
    sql<string>`coalesce(sum(${rating.weight} * ${rating.scores}[${sql.raw(String(place))}]), 0)`,
  ]);
  const [row] = await db
    .select({
      weight: sql<string>`coalesce(sum(${rating.weight}), 0)`,
      ...(Object.fromEntries(sums) as Record<`q${1 | 2 | 3 | 4}`, ReturnType<typeof sql<string>>>),
    })
    .from(rating)
    .where(and(eq(rating.listingId, listingId), eq(rating.newest, true)));
  return questions.map((place) => averageOf(BigInt(row?.[`q${place}`] ?? 0), BigInt(row?.weight ?? 0)));
}

/** To two decimals, rounded down, without leaving whole numbers before the last step. */
const averageOf = (points: bigint, weight: bigint): number | null =>
  weight === 0n ? null : Number((points * 100n) / weight) / 100;
