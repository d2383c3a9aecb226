/** The listings as a scan over the chain's events sees them: what every filter of the catalogue must agree with. */
import { type Hex, parseEventLogs } from "viem";
import type { ListingTerms } from "../../../sdk/src/core/index.ts";
import { listingsAbi } from "../../../sdk/src/generated/index.ts";
import type { TestChain } from "../../../test/support/chain.ts";
import { readListingMetadata } from "../../src/metadata.ts";

export type Scanned = {
  id: string;
  terms: ListingTerms;
  state: "open" | "paused" | "closed";
  category: string;
  /** All the words of it, in lower case. */
  text: string;
};

export type Query = {
  q?: string;
  category?: string;
  kind?: string;
  token?: Hex;
  hub?: string;
  flag?: string;
  state?: string;
};

const KIND_NUMBERS: Record<string, number> = { message: 0, byte: 1, period: 2, flat: 3, free: 4 };
/** ListingFlags of the contracts. */
export const FLAG_BITS: Record<string, number> = {
  licence0: 0,
  licence3: 3,
  use1: 17,
  restricted: 20,
  open: 21,
  sharedWithMarkets: 22,
  unlisted: 23,
};

const STATES = { ListingPaused: "paused", ListingResumed: "open", ListingClosed: "closed" } as const;

export async function scanListings(chain: TestChain): Promise<Scanned[]> {
  const raw = await chain.client.getLogs({ address: chain.contracts.Listings, fromBlock: 0n });
  const found = new Map<bigint, Scanned>();
  for (const { eventName, args } of parseEventLogs({ abi: listingsAbi, logs: raw })) {
    if (eventName === "ListingCreated" || eventName === "ListingRevised") {
      const { title, description, tags, place, category } = readListingMetadata(args.metadata);
      const text = [title, description, ...tags, place?.name ?? ""].join("\n").toLowerCase();
      const state = found.get(args.listingId)?.state ?? "open";
      const id = String(args.listingId);
      found.set(args.listingId, { id, terms: args.terms as ListingTerms, state, category, text });
    } else if (eventName in STATES && "listingId" in args) {
      const listing = found.get(args.listingId as bigint)!;
      listing.state = STATES[eventName as keyof typeof STATES];
    }
  }
  return [...found.values()].reverse();
}

export const hasFlag = (listing: Scanned, flag: string): boolean =>
  Math.floor(listing.terms.flags / 2 ** FLAG_BITS[flag]!) % 2 === 1;

export const sells = (listing: Scanned, kind: string): boolean =>
  listing.terms.plans.some((plan) => plan.kind === KIND_NUMBERS[kind]);

export function matches(listing: Scanned, query: Query): boolean {
  const words = query.q?.toLowerCase().split(/\s+/u).filter(Boolean) ?? [];
  return [
    !hasFlag(listing, "unlisted"),
    words.every((word) => listing.text.includes(word)),
    query.category === undefined || listing.category === query.category,
    query.kind === undefined || sells(listing, query.kind),
    query.token === undefined || listing.terms.token.toLowerCase() === query.token.toLowerCase(),
    query.hub === undefined || String(listing.terms.hubId) === query.hub,
    query.flag === undefined || hasFlag(listing, query.flag),
    query.state === undefined || listing.state === query.state,
  ].every(Boolean);
}
