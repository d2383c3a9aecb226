// Reading an open listing: no wallet, no purchase, the same checks.

import { privateKeyToAddress } from "viem/accounts";
import { type Contracts, getListing, type ReadClient } from "../chain/index.ts";
import { type Crypto, type Delivery, hex, isOpenListing, OPEN_KEYS, openPurchaseOf } from "../core/index.ts";
import { RefusedError } from "../wire/index.ts";
import { type Feed, openFeed, type RelayAddress } from "./feed.ts";
import { readPublisherKeys } from "./publisher.ts";
import type { FeedContext } from "./session.ts";
import type { BuyerStore } from "./store.ts";

/** What is read is kept nowhere: it begins with the newest epoch each time. */
const nowhere: BuyerStore = {
  load: async () => undefined,
  save: async () => undefined,
  remove: async () => undefined,
};

/**
 * Opens the feed of an open listing. Segments are checked like bought ones: signature, chain, roots.
 *
 * @throws RefusedError NoGrant if the listing is not open now; ContractError when the chain cannot be read
 * @example
 * const feed = await openOpenListing({ client, contracts, delivery, crypto, node, relays, listingId: 7n });
 * feed.on("messages", ({ messages }) => console.log(messages));
 */
export async function openOpenListing(p: {
  client: ReadClient;
  contracts: Contracts;
  delivery: Delivery;
  crypto: Crypto;
  node: FeedContext["node"];
  relays: readonly RelayAddress[];
  listingId: bigint;
  /** From the running generation's first segment on, not from the newest epoch. */
  fromStart?: boolean;
  signal?: AbortSignal;
}): Promise<Feed> {
  const { client, contracts, delivery, crypto, node, listingId } = p;
  const { terms, version } = await getListing(client, { contracts, listingId });
  if (!isOpenListing(terms)) throw new RefusedError("NoGrant", `listing ${listingId} is not open`);
  const publisherKeys = () => readPublisherKeys(client, { contracts, hubId: terms.hubId });
  // Relays ask everybody for a signature; of a reader whom nobody has to know, any key's will do.
  const signerPrivateKey = globalThis.crypto.getRandomValues(new Uint8Array(32));
  const keys = { ...OPEN_KEYS, signerPrivateKey, signer: privateKeyToAddress(hex(signerPrivateKey)) };
  const named = new Set(terms.relays.map((relay) => relay.toLowerCase()));
  return openFeed({
    node,
    crypto,
    delivery,
    relays: p.relays.filter(({ operator }) => named.has(operator.toLowerCase())),
    listing: { id: listingId, terms, publisherKeys: await publisherKeys() },
    publisherKeys,
    purchase: openPurchaseOf(listingId, version),
    keys,
    store: nowhere,
    transactionHash: null,
    channel: null,
    isGranted: async () => isOpenListing((await getListing(client, { contracts, listingId })).terms),
    ...(p.fromStart ? { fromStart: true } : {}),
    ...(p.signal ? { signal: p.signal } : {}),
  });
}
