/** What a seller's organisation costs to set up and run. Leaves the hub that the listings of the other files belong to. */
import { word } from "./harness.ts";
import { DEVICE_KEY, type Market, METADATA, PUBLISHER_KEY } from "./market.ts";

const MANAGER = 2;
const DEVICE = "weather-station-1";
const NO_KEY = { x: `0x${"00".repeat(32)}`, y: `0x${"00".repeat(32)}` };

/** The first hub, as every other measurement needs it. */
export const HUB = 1n;

export async function measureHubs({
  bench,
  hubs,
  owner,
  manager,
  operator,
  payee,
  stranger,
}: Market): Promise<void> {
  const create = [METADATA, payee.address, word("hub's encryption key")];
  await bench.call(owner, hubs, "createHub", create, { name: "Hubs.createHub" });
  await bench.call(owner, hubs, "setRoles", [HUB, manager.address, MANAGER], { name: "Hubs.setRoles" });
  await bench.call(owner, hubs, "registerPublisherKey", [HUB, operator.address, PUBLISHER_KEY], {
    name: "Hubs.registerPublisherKey",
  });
  await bench.call(manager, hubs, "registerDevice", [HUB, DEVICE, DEVICE_KEY, METADATA], {
    name: "Hubs.registerDevice, with a key",
  });
  await bench.call(manager, hubs, "registerDevice", [HUB, `${DEVICE}2`, NO_KEY, METADATA], {
    name: "Hubs.registerDevice, by password",
  });
  await bench.call(manager, hubs, "rotateDeviceKey", [HUB, DEVICE, PUBLISHER_KEY], {
    name: "Hubs.rotateDeviceKey",
  });
  await bench.call(manager, hubs, "revokeDevice", [HUB, DEVICE], { name: "Hubs.revokeDevice" });

  // What would disturb the first hub is measured on a second one.
  await bench.call(owner, hubs, "createHub", create);
  await bench.call(owner, hubs, "registerPublisherKey", [2n, operator.address, PUBLISHER_KEY]);
  await bench.call(owner, hubs, "setPayout", [2n, owner.address], { name: "Hubs.setPayout" });
  await bench.call(owner, hubs, "revokePublisherKey", [2n, 0], { name: "Hubs.revokePublisherKey" });
  await bench.call(owner, hubs, "transferHub", [2n, stranger.address], { name: "Hubs.transferHub" });
  await bench.call(stranger, hubs, "acceptHub", [2n], { name: "Hubs.acceptHub" });
}
