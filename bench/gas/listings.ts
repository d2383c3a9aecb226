/** What it costs to offer a stream. */
import { zeroAddress } from "viem";
import type { Market } from "./market.ts";
import { METADATA } from "./market.ts";
import { byByte, flat, list, metered, offer, period } from "./offers.ts";

/** What only Disputes may call: no such contract exists yet, so nobody can be measured doing it. */
export const ONLY_DISPUTES = [
  "Listings.lockBond",
  "Listings.releaseBond",
  "Listings.drawBond",
  "Listings.pull", // of what a draw left behind
];

export async function measureListings(market: Market): Promise<void> {
  const { bench, listings, manager, stranger, minimumBond } = market;
  const one = offer(market, zeroAddress, [metered()]);
  const three = offer(market, zeroAddress, [metered(), byByte(), period()], { market: true });
  await list(market, one);
  const listingId = await list(market, one, "Listings.createListing, one plan");
  await list(market, three, "Listings.createListing, three plans and a market");
  const revised = { ...one, plans: [metered(), flat()] };
  await bench.call(manager, listings, "reviseListing", [listingId, revised, METADATA], {
    name: "Listings.reviseListing, two plans",
  });
  await bench.call(manager, listings, "pauseListing", [listingId], { name: "Listings.pauseListing" });
  await bench.call(manager, listings, "resumeListing", [listingId], { name: "Listings.resumeListing" });
  await bench.call(stranger, listings, "topUpBond", [listingId], {
    name: "Listings.topUpBond",
    value: minimumBond,
  });
  await bench.call(manager, listings, "closeListing", [listingId], { name: "Listings.closeListing" });
  const window = (await bench.read(listings, "disputeWindow")) as number;
  await bench.pass(window + 1);
  await bench.call(stranger, listings, "withdrawBond", [listingId], { name: "Listings.withdrawBond" });
}
