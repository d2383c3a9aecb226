import { ponder } from "ponder:registry";
import { hub, publisherKey } from "ponder:schema";
import { readHubName } from "./metadata.ts";

ponder.on("Hubs:HubCreated", async ({ event, context }) => {
  const { hubId, owner, payout, metadata } = event.args;
  await context.db.insert(hub).values({
    id: hubId,
    owner,
    payout,
    name: readHubName(metadata),
    createdAt: Number(event.block.timestamp),
  });
});

ponder.on("Hubs:HubTransferred", async ({ event, context }) => {
  await context.db.update(hub, { id: event.args.hubId }).set({ owner: event.args.owner });
});

ponder.on("Hubs:PayoutSet", async ({ event, context }) => {
  await context.db.update(hub, { id: event.args.hubId }).set({ payout: event.args.payout });
});

ponder.on("Hubs:PublisherKeyRegistered", async ({ event, context }) => {
  const { hubId, keyId, account, x, y } = event.args;
  await context.db.insert(publisherKey).values({ hubId, keyId, account, x, y, revokedAt: null });
});

ponder.on("Hubs:PublisherKeyRevoked", async ({ event, context }) => {
  const { hubId, keyId } = event.args;
  await context.db.update(publisherKey, { hubId, keyId }).set({ revokedAt: Number(event.block.timestamp) });
});
