import type { Context } from "ponder:registry";
import { channel } from "ponder:schema";
import type { Hex } from "viem";
import { settle } from "./earnings.ts";
import { type Facts, follow } from "./follow.ts";

// The slot of a channel, rebuilt from its events: `deposit` is everything put in minus refunds, `claimed` never falls. Beside it
// `refunded`: the slot does not say what a top-up added to a deposit that has come back since.

follow("Channels:ChannelFunded", async (event, context) => {
  const { channelId: id, payer, payee, token, listingId, deposit } = event.args;
  await context.db
    .insert(channel)
    .values({
      id,
      payer,
      payee,
      token,
      listingId,
      deposit,
      claimed: 0n,
      refunded: 0n,
      closeAt: 0,
      epoch: 0,
      closed: false,
    })
    .onConflictDoUpdate({ deposit, closed: false });
});

follow("Channels:ChannelClaimed", async (event, context) => {
  const { channelId: id, claimed } = event.args;
  const { claimed: before } = (await context.db.find(channel, { id }))!;
  await settle(event, context, id, before, claimed);
  return change(context, id, { claimed }, claimed - before);
});

// A row of a batch may name a channel that nobody ever made.
follow("Channels:ClaimSkipped", async (event, context) => {
  const known = await context.db.find(channel, { id: event.args.channelId });
  return known ? factsOf(known) : {};
});

follow("Channels:ChannelClosing", async (event, context) => {
  const { channelId: id, closeAt } = event.args;
  return change(context, id, { closeAt });
});

follow("Channels:ChannelCloseCancelled", async (event, context) => {
  const { channelId: id, epoch } = event.args;
  return change(context, id, { closeAt: 0, epoch });
});

follow("Channels:ChannelClosed", async (event, context) => {
  const { channelId: id, claimed, refund, epoch } = event.args;
  const row = (await context.db.find(channel, { id }))!;
  await settle(event, context, id, row.claimed, claimed);
  return change(context, id, { claimed, ...givenBack(row, refund), epoch }, refund);
});

follow("Channels:ChannelWithdrawn", async (event, context) => {
  const { channelId: id, refund, epoch } = event.args;
  const row = (await context.db.find(channel, { id }))!;
  return change(context, id, { ...givenBack(row, refund), epoch });
});

type Row = typeof channel.$inferSelect;

const givenBack = ({ deposit, refunded }: Row, refund: bigint) => ({
  deposit: deposit - refund,
  refunded: refunded + refund,
  closeAt: 0,
  closed: true,
});

async function change(context: Context, id: Hex, to: Partial<Row>, amount?: bigint): Promise<Facts> {
  return { ...factsOf(await context.db.update(channel, { id }).set(to)), amount };
}

const factsOf = ({ payer, payee, token, listingId }: Row): Facts => ({
  accounts: [payer, payee],
  token,
  listingId,
});
