import { type Context, type Event, ponder } from "ponder:registry";
import { listing, version } from "ponder:schema";
import type { ListingTerms } from "@weir/sdk/core";
import { listingsAbi } from "@weir/sdk/generated";
import { encodeAbiParameters, type Hex, keccak256 } from "viem";
import { type ListingMetadata, readListingMetadata, storable } from "./metadata.ts";
import { kindsOf, writePlan, writeTerms } from "./terms.ts";
import { UNLISTED } from "./words.ts";

ponder.on("Listings:ListingCreated", async ({ event, context }) => {
  const { listingId: id, hubId } = event.args;
  const createdAt = Number(event.block.timestamp);
  await context.db.insert(listing).values({
    id,
    hubId,
    state: "open",
    purchases: 0,
    createdAt,
    ...offer(event.args),
    updatedAt: createdAt,
  });
  await writeVersion(event, context);
});

ponder.on("Listings:ListingRevised", async ({ event, context }) => {
  const updatedAt = Number(event.block.timestamp);
  await context.db.update(listing, { id: event.args.listingId }).set({ ...offer(event.args), updatedAt });
  await writeVersion(event, context);
});

ponder.on("Listings:ListingPaused", ({ event, context }) => setState(event, context, "paused"));
ponder.on("Listings:ListingResumed", ({ event, context }) => setState(event, context, "open"));
ponder.on("Listings:ListingClosed", ({ event, context }) => setState(event, context, "closed"));

type Offered = Event<"Listings:ListingCreated"> | Event<"Listings:ListingRevised">;
type StateChange =
  | Event<"Listings:ListingPaused">
  | Event<"Listings:ListingResumed">
  | Event<"Listings:ListingClosed">;

/** Everything that a version says about its listing. */
function offer({ terms, metadata, version }: { terms: ListingTerms; metadata: string; version: number }) {
  const text = readListingMetadata(metadata);
  return {
    version,
    ...text,
    unlisted: (terms.flags & UNLISTED) !== 0,
    search: searchText(text),
    token: terms.token,
    kinds: kindsOf(terms.plans),
    plans: terms.plans.map(writePlan),
    relays: [...terms.relays],
    epochLength: terms.epochLength,
    segment: { ...terms.segment },
  };
}

const searchText = ({ title, description, tags, place }: ListingMetadata): string =>
  [title, description, ...tags, place?.name ?? ""].join("\n").toLowerCase();

async function writeVersion(event: Offered, context: Context) {
  const { listingId, version: number, terms, metadata } = event.args;
  await context.db.insert(version).values({
    listingId,
    version: number,
    termsHash: hashTerms(terms),
    terms: writeTerms(terms),
    metadata: storable(metadata),
    block: event.block.number,
    transactionHash: event.transaction.hash,
    createdAt: Number(event.block.timestamp),
  });
}

async function setState(event: StateChange, context: Context, state: "open" | "paused" | "closed") {
  const updatedAt = Number(event.block.timestamp);
  await context.db.update(listing, { id: event.args.listingId }).set({ state, updatedAt });
}

const TERMS_PARAMETER = listingsAbi
  .filter((item) => item.type === "function" && item.name === "createListing")
  .map((item) => item.inputs[1])[0]!;

/** As Listings stores it: keccak256(abi.encode(terms)). */
const hashTerms = (terms: ListingTerms): Hex => keccak256(encodeAbiParameters([TERMS_PARAMETER], [terms]));
