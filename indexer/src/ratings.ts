import { listing, rating } from "ponder:schema";
import { settings } from "./environment.ts";
import { follow } from "./follow.ts";
import { storable } from "./metadata.ts";
import { weigh } from "./weight.ts";

follow("Ratings:Rated", async (event, context) => {
  const { listingId, buyer, revision, grantId, token, settled, cuts, scores, comment } = event.args;
  const { db } = context;
  const weight = weigh(token, cuts, settings.fullCutsOf);
  const points = weight * BigInt(sum(scores));
  const before = revision > 1 ? await db.find(rating, { listingId, buyer, revision: revision - 1 }) : null;
  if (before) await db.update(rating, { listingId, buyer, revision: before.revision }).set({ newest: false });
  await db.insert(rating).values({
    listingId,
    buyer,
    revision,
    position: event.id,
    grantId,
    token,
    settled,
    cuts,
    weight,
    scores: [...scores],
    comment: storable(comment),
    newest: true,
    response: null,
    respondedBy: null,
    respondedAt: null,
    transactionHash: event.transaction.hash,
    createdAt: Number(event.block.timestamp),
  });
  // A buyer has one voice: his newest rating takes the place of the one before.
  const { hubId } = await db.update(listing, { id: listingId }).set((row) => ({
    ratingCount: row.ratingCount + (before ? 0 : 1),
    ratingWeight: row.ratingWeight + weight - (before?.weight ?? 0n),
    ratingPoints: row.ratingPoints + points - (before ? before.weight * BigInt(sum(before.scores)) : 0n),
  }));
  return { hubId };
});

follow("Ratings:Responded", async (event, context) => {
  const { listingId, buyer, revision, by, text } = event.args;
  await context.db.update(rating, { listingId, buyer, revision }).set({
    response: storable(text),
    respondedBy: by,
    respondedAt: Number(event.block.timestamp),
  });
});

const sum = (scores: readonly number[]): number => scores.reduce((total, score) => total + score, 0);
