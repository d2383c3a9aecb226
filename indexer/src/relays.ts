import { relay } from "ponder:schema";
import { type Hex, hexToBytes } from "viem";
import { follow } from "./follow.ts";
import { plainText, storable } from "./metadata.ts";

const MAX_REGION_CHARS = 8;

/** Short text in eight bytes, padded with zeros. */
const readRegion = (region: Hex): string =>
  plainText(new TextDecoder().decode(hexToBytes(region).filter((byte) => byte !== 0)), MAX_REGION_CHARS);

follow("Relays:RelayRegistered", async (event, context) => {
  const { operator, peerId, endpoints, feeBps, region, stake } = event.args;
  const registeredAt = Number(event.block.timestamp);
  const values = {
    position: event.id,
    peerId,
    endpoints: storable(endpoints),
    feeBps,
    region: readRegion(region),
    stake,
    registeredAt,
    updatedAt: registeredAt,
    deregisteredAt: null,
    withdrawableAt: null,
  };
  await context.db
    .insert(relay)
    .values({ operator, ...values })
    .onConflictDoUpdate(values);
});

follow("Relays:RelayUpdated", async (event, context) => {
  const { operator, peerId, endpoints, feeBps, region } = event.args;
  const described = { peerId, endpoints: storable(endpoints), feeBps, region: readRegion(region) };
  await context.db
    .update(relay, { operator })
    .set({ ...described, updatedAt: Number(event.block.timestamp) });
});

follow("Relays:RelayDeregistered", async (event, context) => {
  const { operator, withdrawableAt } = event.args;
  await context.db
    .update(relay, { operator })
    .set({ deregisteredAt: Number(event.block.timestamp), withdrawableAt });
});

follow("Relays:StakeWithdrawn", async (event, context) => {
  await context.db.update(relay, { operator: event.args.operator }).set({ stake: 0n });
});
