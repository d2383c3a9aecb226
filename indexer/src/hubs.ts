import { device, hub, publisherKey, role } from "ponder:schema";
import { zeroAddress } from "viem";
import { follow } from "./follow.ts";
import { readHubName, storable } from "./metadata.ts";

const timeOf = (event: { block: { timestamp: bigint } }): number => Number(event.block.timestamp);

follow("Hubs:HubCreated", async (event, context) => {
  const { hubId, owner, payout, encryptionKey, metadata } = event.args;
  await context.db.insert(hub).values({
    id: hubId,
    owner,
    pendingOwner: null,
    ownerEpoch: 0,
    payout,
    encryptionKey,
    name: readHubName(metadata),
    metadata: storable(metadata),
    createdAt: timeOf(event),
  });
});

follow("Hubs:RolesSet", async (event, context) => {
  const { hubId, account, ownerEpoch, roles } = event.args;
  await context.db.insert(role).values({ hubId, account, ownerEpoch, roles }).onConflictDoUpdate({ roles });
});

follow("Hubs:HubTransferStarted", async (event, context) => {
  const { hubId, pendingOwner } = event.args;
  await context.db
    .update(hub, { id: hubId })
    .set({ pendingOwner: pendingOwner === zeroAddress ? null : pendingOwner });
});

follow("Hubs:HubTransferred", async (event, context) => {
  const { hubId, owner, ownerEpoch } = event.args;
  await context.db.update(hub, { id: hubId }).set({ owner, ownerEpoch, pendingOwner: null });
});

follow("Hubs:PayoutSet", async (event, context) => {
  await context.db.update(hub, { id: event.args.hubId }).set({ payout: event.args.payout });
});

follow("Hubs:PublisherKeyRegistered", async (event, context) => {
  const { hubId, keyId, account, x, y } = event.args;
  await context.db.insert(publisherKey).values({ hubId, keyId, account, x, y, revokedAt: null });
});

follow("Hubs:PublisherKeyRevoked", async (event, context) => {
  const { hubId, keyId } = event.args;
  await context.db.update(publisherKey, { hubId, keyId }).set({ revokedAt: timeOf(event) });
});

follow("Hubs:DeviceRegistered", async (event, context) => {
  const { hubId, nameHash, name, x, y, metadata } = event.args;
  const described = { x, y, metadata: storable(metadata), registeredAt: timeOf(event) };
  const values = { ...described, previousUntil: null, revokedAt: null };
  await context.db
    .insert(device)
    .values({ hubId, nameHash, name: storable(name), ...values })
    .onConflictDoUpdate(values);
});

follow("Hubs:DeviceKeyRotated", async (event, context) => {
  const { hubId, nameHash, x, y, previousUntil } = event.args;
  await context.db.update(device, { hubId, nameHash }).set({ x, y, previousUntil });
});

follow("Hubs:DeviceRevoked", async (event, context) => {
  const { hubId, nameHash } = event.args;
  await context.db.update(device, { hubId, nameHash }).set({ revokedAt: timeOf(event) });
});
