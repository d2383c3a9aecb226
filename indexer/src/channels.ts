import { ponder } from "ponder:registry";
import { channel } from "ponder:schema";

// The slot of a channel, rebuilt from its events: `deposit` is everything put in minus refunds, `claimed` never falls.

ponder.on("Channels:ChannelFunded", async ({ event, context }) => {
  const { channelId: id, deposit } = event.args;
  await context.db
    .insert(channel)
    .values({ id, deposit, claimed: 0n, closeAt: 0, epoch: 0, closed: false })
    .onConflictDoUpdate({ deposit, closed: false });
});

ponder.on("Channels:ChannelClaimed", async ({ event, context }) => {
  const { channelId: id, claimed } = event.args;
  await context.db.update(channel, { id }).set({ claimed });
});

ponder.on("Channels:ChannelClosing", async ({ event, context }) => {
  const { channelId: id, closeAt } = event.args;
  await context.db.update(channel, { id }).set({ closeAt });
});

ponder.on("Channels:ChannelCloseCancelled", async ({ event, context }) => {
  const { channelId: id, epoch } = event.args;
  await context.db.update(channel, { id }).set({ closeAt: 0, epoch });
});

ponder.on("Channels:ChannelClosed", async ({ event, context }) => {
  const { channelId: id, claimed, refund, epoch } = event.args;
  await context.db
    .update(channel, { id })
    .set((row) => ({ claimed, deposit: row.deposit - refund, closeAt: 0, epoch, closed: true }));
});

ponder.on("Channels:ChannelWithdrawn", async ({ event, context }) => {
  const { channelId: id, refund, epoch } = event.args;
  await context.db
    .update(channel, { id })
    .set((row) => ({ deposit: row.deposit - refund, closeAt: 0, epoch, closed: true }));
});
