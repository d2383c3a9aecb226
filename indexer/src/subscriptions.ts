import { subscription } from "ponder:schema";
import { settle } from "./earnings.ts";
import { type Facts, follow } from "./follow.ts";

// The slot of a subscription, rebuilt from its events. What has vested at a time follows from it and the plan.

follow("Subscriptions:SubscriptionFunded", async (event, context) => {
  const { subscriptionId: id, payer, payee, token, listingId, deposit, start, stop } = event.args;
  const changed = { deposit, startAt: start, stopAt: stop, endedAt: null, endedBySeller: null };
  await context.db
    .insert(subscription)
    .values({ id, payer, payee, token, listingId, claimed: 0n, ...changed })
    .onConflictDoUpdate(changed);
});

follow("Subscriptions:SubscriptionClaimed", async (event, context) => {
  const { subscriptionId: id, claimed } = event.args;
  const before = (await context.db.find(subscription, { id }))!;
  await settle(event, context, id, before.claimed, claimed);
  await context.db.update(subscription, { id }).set({ claimed });
  return factsOf(before, claimed - before.claimed);
});

follow("Subscriptions:ClaimSkipped", async (event, context) => {
  const known = await context.db.find(subscription, { id: event.args.subscriptionId });
  return known ? factsOf(known) : {};
});

follow("Subscriptions:SubscriptionEnded", async (event, context) => {
  const { subscriptionId: id, bySeller, claimed, refund, start, stop } = event.args;
  const before = (await context.db.find(subscription, { id }))!;
  await settle(event, context, id, before.claimed, claimed);
  await context.db.update(subscription, { id }).set({
    claimed,
    deposit: before.deposit - refund,
    startAt: start,
    stopAt: stop,
    endedAt: Number(event.block.timestamp),
    endedBySeller: bySeller,
  });
  return factsOf(before, refund);
});

type Row = typeof subscription.$inferSelect;

const factsOf = ({ payer, payee, token, listingId }: Row, amount?: bigint): Facts => ({
  accounts: [payer, payee],
  token,
  listingId,
  amount,
});
