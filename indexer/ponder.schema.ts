/**
 * The catalogue's tables. Amounts and 64-bit ids are exact (`bigint` is numeric(78) here); times are unix seconds. What a row says
 * about money is what the contracts logged, nothing else.
 */
import { index, onchainTable, primaryKey } from "ponder";
import type { Place, Source } from "./src/metadata.ts";
import type { PlanItem, TermsItem } from "./src/terms.ts";

/** Unix seconds up to 2^40, which 32 bits cannot hold. */
const seconds = { mode: "number" } as const;

export const hub = onchainTable("hub", (t) => ({
  id: t.bigint().primaryKey(),
  owner: t.hex().notNull(),
  payout: t.hex().notNull(),
  name: t.text().notNull(),
  createdAt: t.int8(seconds).notNull(),
}));

export const publisherKey = onchainTable(
  "publisher_key",
  (t) => ({
    hubId: t.bigint().notNull(),
    keyId: t.integer().notNull(),
    account: t.hex().notNull(),
    x: t.hex().notNull(),
    y: t.hex().notNull(),
    revokedAt: t.int8(seconds),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.hubId, table.keyId] }) }),
);

export const listing = onchainTable(
  "listing",
  (t) => ({
    id: t.bigint().primaryKey(),
    hubId: t.bigint().notNull(),
    version: t.integer().notNull(),
    state: t.text().$type<"open" | "paused" | "closed">().notNull(),
    unlisted: t.boolean().notNull(),
    title: t.text().notNull(),
    description: t.text().notNull(),
    category: t.text().notNull(),
    tags: t.text().array().notNull(),
    place: t.json().$type<Place>(),
    source: t.json().$type<Source>().notNull(),
    /** Lower-case title, description, tags and place: what `q` looks through. */
    search: t.text().notNull(),
    token: t.hex().notNull(),
    /** Bit k set: a plan of kind k. */
    kinds: t.integer().notNull(),
    plans: t.json().$type<PlanItem[]>().notNull(),
    relays: t.hex().array().notNull(),
    epochLength: t.int8(seconds).notNull(),
    segment: t.json().$type<{ flushMs: number; maxMessages: number; maxBytes: number }>().notNull(),
    purchases: t.integer().notNull(),
    createdAt: t.int8(seconds).notNull(),
    updatedAt: t.int8(seconds).notNull(),
  }),
  (table) => ({ hub: index().on(table.hubId) }),
);

export const version = onchainTable(
  "version",
  (t) => ({
    listingId: t.bigint().notNull(),
    version: t.integer().notNull(),
    termsHash: t.hex().notNull(),
    terms: t.json().$type<TermsItem>().notNull(),
    metadata: t.text().notNull(),
    block: t.bigint().notNull(),
    transactionHash: t.hex().notNull(),
    createdAt: t.int8(seconds).notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.listingId, table.version] }) }),
);

export const purchase = onchainTable(
  "purchase",
  (t) => ({
    grantId: t.hex().primaryKey(),
    /** Ponder's event id: sorts as the chain does. */
    position: t.text().notNull(),
    listingId: t.bigint().notNull(),
    buyer: t.hex().notNull(),
    version: t.integer().notNull(),
    plan: t.integer().notNull(),
    kind: t.integer().notNull(),
    rights: t.integer().notNull(),
    paymentId: t.hex().notNull(),
    signer: t.hex().notNull(),
    encryptionKey: t.hex().notNull(),
    buyerSalt: t.hex().notNull(),
    notBefore: t.int8(seconds).notNull(),
    notAfter: t.int8(seconds).notNull(),
    market: t.hex().notNull(),
    amount: t.bigint().notNull(),
    revokedAt: t.int8(seconds),
    transactionHash: t.hex().notNull(),
    block: t.bigint().notNull(),
    createdAt: t.int8(seconds).notNull(),
  }),
  (table) => ({ buyer: index().on(table.buyer, table.position) }),
);

export const channel = onchainTable("channel", (t) => ({
  id: t.hex().primaryKey(),
  deposit: t.bigint().notNull(),
  claimed: t.bigint().notNull(),
  /** 0 = no close pending. */
  closeAt: t.int8(seconds).notNull(),
  epoch: t.integer().notNull(),
  closed: t.boolean().notNull(),
}));
