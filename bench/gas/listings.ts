/** What it costs to offer a stream. */
import { zeroAddress } from "viem";
import { HUB } from "./hubs.ts";
import type { Market } from "./market.ts";
import { METADATA } from "./market.ts";
import { byByte, flat, list, metered, offer, period } from "./offers.ts";

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

/** Code of an account that takes no money. */
const REFUSE = "0x5f5ffd";

/** What Disputes will call: a plain account stands at its address, on Listings of its own that name it. No such contract exists yet. */
export async function measureBonds(market: Market): Promise<void> {
  const { bench, hubs, manager, stranger, minimumBond } = market;
  const disputes = await bench.actor("disputes");
  const challenger = await bench.actor("challenger");
  const window = await bench.read(market.listings, "disputeWindow");
  const { gas: _notAsked, ...listings } = await bench.deploy("Listings", [
    hubs.address,
    disputes.address,
    minimumBond,
    window,
  ]);
  const terms = offer(market, zeroAddress, [metered()]);
  await bench.call(manager, listings, "createListing", [HUB, terms, METADATA], { value: minimumBond });
  const part = minimumBond / 4n;
  await bench.call(disputes, listings, "lockBond", [1n, 4n * part], { name: "Listings.lockBond" });
  await bench.call(disputes, listings, "releaseBond", [1n, part], { name: "Listings.releaseBond" });
  await bench.call(disputes, listings, "drawBond", [1n, challenger.address, part], {
    name: "Listings.drawBond, paid out",
  });
  await bench.node.setCode({ address: challenger.address, bytecode: REFUSE });
  await bench.call(disputes, listings, "drawBond", [1n, challenger.address, part], {
    name: "Listings.drawBond, refused by its recipient",
  });
  await bench.node.setCode({ address: challenger.address, bytecode: "0x" });
  await bench.call(stranger, listings, "pull", [challenger.address, challenger.address], {
    name: "Listings.pull, what a draw left behind",
  });
}
