import { ponder } from "ponder:registry";
import { listing, purchase, version } from "ponder:schema";
import { KINDS } from "./words.ts";

ponder.on("Grants:Purchased", async ({ event, context }) => {
  const { args, block, transaction } = event;
  const bought = await context.db.find(version, { listingId: args.listingId, version: args.version });
  const kind = bought?.terms.plans[args.plan]?.kind;
  await context.db.insert(purchase).values({
    ...args,
    position: event.id,
    kind: kind === undefined ? KINDS.length : Number(kind),
    revokedAt: null,
    transactionHash: transaction.hash,
    block: block.number,
    createdAt: Number(block.timestamp),
  });
  await context.db.update(listing, { id: args.listingId }).set((row) => ({ purchases: row.purchases + 1 }));
});

// Gifts are no purchases and have no row, so their ends find none.
ponder.on("Grants:GrantRevoked", async ({ event, context }) => {
  const { grantId, revokedAt } = event.args;
  if (await context.db.find(purchase, { grantId }))
    await context.db.update(purchase, { grantId }).set({ revokedAt });
});

ponder.on("Grants:GrantReplaced", async ({ event, context }) => {
  const { grantId } = event.args;
  const replaced = await context.db.find(purchase, { grantId });
  if (replaced && replaced.revokedAt === null)
    await context.db.update(purchase, { grantId }).set({ revokedAt: Number(event.block.timestamp) });
});
