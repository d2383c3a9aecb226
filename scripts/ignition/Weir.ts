/**
 * What a deployment consists of. Order and addresses follow from the constructor arguments.
 *
 * Parameters, with the values a local chain gets: `minimumBond` in wei, `disputeWindow` in seconds, `disputes` = the contract that
 * may draw bonds (zero until it exists), `depositCaps` = the most one channel of a token may hold (empty = no limit).
 */
import { buildModule } from "@nomicfoundation/hardhat-ignition/modules";
import { parseEther, zeroAddress } from "viem";

const SEVEN_DAYS = 7 * 24 * 60 * 60;

export default buildModule("Weir", (module) => {
  const disputes = module.getParameter("disputes", zeroAddress);
  const minimumBond = module.getParameter("minimumBond", parseEther("0.01"));
  const disputeWindow = module.getParameter("disputeWindow", SEVEN_DAYS);
  const depositCaps = module.getParameter<{ token: string; cap: bigint }[]>("depositCaps", []);

  const channels = module.contract("Channels", [depositCaps]);
  const hubs = module.contract("Hubs");
  const listings = module.contract("Listings", [hubs, disputes, minimumBond, disputeWindow]);
  const grants = module.contract("Grants", [hubs, listings, channels]);
  return { channels, hubs, listings, grants };
});
