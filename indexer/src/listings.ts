import type { Context, Event } from "ponder:registry";
import { listing, version } from "ponder:schema";
import type { ListingTerms } from "@weir/sdk/core";
import { listingsAbi } from "@weir/sdk/generated";
import { encodeAbiParameters, type Hex, keccak256, zeroHash } from "viem";
import { type Facts, follow } from "./follow.ts";
import { type ListingMetadata, readListingMetadata, storable } from "./metadata.ts";
import { kindsOf, writePlan, writeTerms } from "./terms.ts";
import { hasFlag } from "./words.ts";

follow("Listings:ListingCreated", async (event, context) => {
  const { listingId: id, hubId } = event.args;
  const createdAt = Number(event.block.timestamp);
  await context.db.insert(listing).values({
    id,
    hubId,
    state: "open",
    purchases: 0,
    ratingCount: 0,
    ratingWeight: 0n,
    ratingPoints: 0n,
    // No event says what came along; a seller's own contract may have sent more than it passed on.
    bond: isDirect(event) ? event.transaction.value : null,
    bondLocked: 0n,
    bondFrom: null,
    createdAt,
    ...offer(event.args),
    updatedAt: createdAt,
  });
  await writeVersion(event, context);
});

follow("Listings:ListingRevised", async (event, context) => {
  const updatedAt = Number(event.block.timestamp);
  await context.db.update(listing, { id: event.args.listingId }).set({ ...offer(event.args), updatedAt });
  await writeVersion(event, context);
});

follow("Listings:ListingPaused", (event, context) => setState(event, context, "paused"));
follow("Listings:ListingResumed", (event, context) => setState(event, context, "open"));
follow("Listings:ListingClosed", async (event, context) => {
  const { listingId: id, bondFrom } = event.args;
  await context.db.update(listing, { id }).set({ bondFrom });
  return setState(event, context, "closed");
});

follow("Listings:BondToppedUp", async (event, context) => {
  const { listingId: id, bond } = event.args;
  await context.db.update(listing, { id }).set({ bond });
});

follow("Listings:BondLocked", async (event, context) => {
  const { listingId: id, locked: bondLocked } = event.args;
  await context.db.update(listing, { id }).set({ bondLocked });
});

follow("Listings:BondReleased", async (event, context) => {
  const { listingId: id, locked: bondLocked } = event.args;
  await context.db.update(listing, { id }).set({ bondLocked });
});

follow("Listings:BondDrawn", async (event, context) => {
  const { listingId: id, amount, bond } = event.args;
  await context.db.update(listing, { id }).set((row) => ({ bond, bondLocked: row.bondLocked - amount }));
});

follow("Listings:BondReturned", async (event, context) => {
  await context.db.update(listing, { id: event.args.listingId }).set({ bond: 0n });
});

type Offered = Event<"Listings:ListingCreated"> | Event<"Listings:ListingRevised">;
type StateChange =
  | Event<"Listings:ListingPaused">
  | Event<"Listings:ListingResumed">
  | Event<"Listings:ListingClosed">;

/** Whether the transaction called the contract itself. */
const isDirect = ({ transaction, log }: Offered): boolean =>
  transaction.to?.toLowerCase() === log.address.toLowerCase();

/** Everything that a version says about its listing. */
function offer({ terms, metadata, version }: { terms: ListingTerms; metadata: string; version: number }) {
  const text = readListingMetadata(metadata);
  return {
    version,
    ...text,
    flags: terms.flags,
    unlisted: hasFlag(terms.flags, "unlisted"),
    attestation: terms.attestationSchema !== zeroHash,
    saleUntil: terms.saleUntil,
    historyDepth: terms.historyDepth,
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

async function setState(
  event: StateChange,
  context: Context,
  state: "open" | "paused" | "closed",
): Promise<Facts> {
  const { listingId: id } = event.args;
  const { hubId } = await context.db
    .update(listing, { id })
    .set({ state, updatedAt: Number(event.block.timestamp) });
  return { hubId };
}

const TERMS_PARAMETER = listingsAbi
  .filter((item) => item.type === "function" && item.name === "createListing")
  .map((item) => item.inputs[1])[0]!;

/** As Listings stores it: keccak256(abi.encode(terms)). */
const hashTerms = (terms: ListingTerms): Hex => keccak256(encodeAbiParameters([TERMS_PARAMETER], [terms]));
