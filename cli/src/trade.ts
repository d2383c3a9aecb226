// A buyer at the command line: his market, and which purchase a word on the command line means.
import { join } from "node:path";
import {
  type GetPurchaseReturnType,
  getListing,
  getPurchase,
  getPurchases,
  isActive,
  type WriteClient,
} from "@weir/sdk/chain";
import type { Market } from "@weir/sdk/client";
import { createNode, fileStore, nativeCrypto } from "@weir/sdk/client/node";
import { Rights } from "@weir/sdk/core";
import { type Address, type Hex, isAddressEqual } from "viem";
import { NotThere, RefusedByRule } from "./output.ts";
import { bytes32, id } from "./parse.ts";
import { dataDir, type Place, relaysOf } from "./place.ts";

/** A listing's number, or a grant's id: 0x and 64 digits. */
export const listingOrGrant = (text: string): bigint | Hex =>
  text.startsWith("0x") ? bytes32(text) : id(text);

/** The purchase that is meant: this grant, or the account's newest of the listing that still gives the right. */
export async function purchaseOf(
  { client, contracts, fromBlock }: Place,
  buyer: Address,
  meant: bigint | Hex,
  right: number = Rights.read,
): Promise<GetPurchaseReturnType> {
  if (typeof meant === "string") {
    const purchase = await getPurchase(client, { contracts, grantId: meant, fromBlock });
    if (!isAddressEqual(purchase.buyer, buyer))
      throw new RefusedByRule(`grant ${meant} was bought by ${purchase.buyer}, the keystore is ${buyer}`);
    return purchase;
  }
  const bought = await getPurchases(client, { contracts, buyer, listingId: meant, fromBlock });
  for (const purchase of bought.toReversed())
    if (await isActive(client, { contracts, grantId: purchase.grantId, rights: right })) return purchase;
  if (right !== Rights.read && bought.length > 0)
    throw new RefusedByRule(
      `nothing that ${buyer} has of listing ${meant} gives the right to send commands: \`weir listing show ${meant}\` says which plan does`,
    );
  throw new RefusedByRule(
    bought.length === 0
      ? `${buyer} has bought nothing of listing ${meant}: \`weir buy ${meant}\``
      : `what ${buyer} bought of listing ${meant} has ended: \`weir buy ${meant}\` again`,
  );
}

/** Where a buyer's progress lies: below the data folder, apart for each deployment. */
export const buyerFolder = ({ chain, contracts }: Place): string =>
  join(dataDir(), "buyer", `${chain.id}-${contracts.Grants.toLowerCase()}`);

/** Everything that a feed needs; the caller stops `node`. */
export async function marketOf(
  place: Place,
  wallet: WriteClient,
  site: string,
  { listingId, version }: { listingId: bigint; version: number },
): Promise<Market> {
  const { client, contracts, fromBlock } = place;
  const { terms } = await getListing(client, { contracts, listingId, version, fromBlock });
  const relays = await relaysOf(place, terms.relays);
  if (relays.length === 0)
    throw new NotThere(
      `listing ${listingId}: no address is known of its relays ${terms.relays.join(", ")}; name a file that has one with --market`,
    );
  return {
    wallet,
    contracts,
    relays,
    node: await createNode(),
    crypto: nativeCrypto,
    store: fileStore(buyerFolder(place)),
    site,
  };
}
