/**
 * The catalogue's tables, one after the other: a schema is one page, however long. Amounts and 64-bit ids are exact (`bigint` is
 * numeric(78) here); times are unix seconds, `double precision`
 * because GraphQL's whole numbers end at 2^31 and "for ever" is 2^40 - 1; `position` is Ponder's event id, which sorts as the chain does. What a row says about
 * money is what the contracts logged, nothing else.
 */
import { index, onchainTable, primaryKey } from "ponder";
import type { Place, Source } from "./src/metadata.ts";
import type { PlanItem, TermsItem } from "./src/terms.ts";

export const hub = onchainTable(
  "hub",
  (t) => ({
    id: t.bigint().primaryKey(),
    owner: t.hex().notNull(),
    pendingOwner: t.hex(),
    /** Roles of other epochs are gone. */
    ownerEpoch: t.integer().notNull(),
    payout: t.hex().notNull(),
    encryptionKey: t.hex().notNull(),
    name: t.text().notNull(),
    metadata: t.text().notNull(),
    createdAt: t.doublePrecision().notNull(),
  }),
  (table) => ({ owner: index().on(table.owner) }),
);

export const role = onchainTable(
  "role",
  (t) => ({
    hubId: t.bigint().notNull(),
    ownerEpoch: t.integer().notNull(),
    account: t.hex().notNull(),
    /** A bitmap, see words.ts. */
    roles: t.integer().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.hubId, table.ownerEpoch, table.account] }),
    account: index().on(table.account),
  }),
);

export const device = onchainTable(
  "device",
  (t) => ({
    hubId: t.bigint().notNull(),
    nameHash: t.hex().notNull(),
    name: t.text().notNull(),
    /** All zero: no key of its own, only a password at the gateway. */
    x: t.hex().notNull(),
    y: t.hex().notNull(),
    metadata: t.text().notNull(),
    registeredAt: t.doublePrecision().notNull(),
    /** Until when the key before this one is accepted; null if there was none. */
    previousUntil: t.doublePrecision(),
    revokedAt: t.doublePrecision(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.hubId, table.nameHash] }) }),
);

export const publisherKey = onchainTable(
  "publisher_key",
  (t) => ({
    hubId: t.bigint().notNull(),
    keyId: t.integer().notNull(),
    account: t.hex().notNull(),
    x: t.hex().notNull(),
    y: t.hex().notNull(),
    revokedAt: t.doublePrecision(),
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
    /** The bitmap of the terms, see words.ts. */
    flags: t.integer().notNull(),
    unlisted: t.boolean().notNull(),
    /** Whether the buyer needs an attestation. */
    attestation: t.boolean().notNull(),
    saleUntil: t.doublePrecision().notNull(),
    historyDepth: t.doublePrecision().notNull(),
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
    epochLength: t.doublePrecision().notNull(),
    segment: t.json().$type<{ flushMs: number; maxMessages: number; maxBytes: number }>().notNull(),
    purchases: t.integer().notNull(),
    /** Ratings that count: the newest of each buyer. Points are weight times the four scores' sum. */
    ratingCount: t.integer().notNull(),
    ratingWeight: t.bigint().notNull(),
    ratingPoints: t.bigint().notNull(),
    /** Null if it was sent by way of another contract and has not changed since. */
    bond: t.bigint(),
    bondLocked: t.bigint().notNull(),
    /** When the bond may leave; null before the listing is closed. */
    bondFrom: t.doublePrecision(),
    createdAt: t.doublePrecision().notNull(),
    updatedAt: t.doublePrecision().notNull(),
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
    createdAt: t.doublePrecision().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.listingId, table.version] }) }),
);

/** Bought and given grants. */
export const purchase = onchainTable(
  "purchase",
  (t) => ({
    grantId: t.hex().primaryKey(),
    position: t.text().notNull(),
    listingId: t.bigint().notNull(),
    buyer: t.hex().notNull(),
    version: t.integer().notNull(),
    /** Null for a gift, like `kind`. */
    plan: t.integer(),
    kind: t.integer(),
    given: t.boolean().notNull(),
    rights: t.integer().notNull(),
    paymentId: t.hex().notNull(),
    /** What a unit or a period costs this purchase; 0 for flat access, all of which is `upfront`, and for a gift. */
    unitPrice: t.bigint().notNull(),
    period: t.doublePrecision().notNull(),
    upfront: t.bigint().notNull(),
    /** As bought: the payment's terms follow from them. */
    signer: t.hex().notNull(),
    encryptionKey: t.hex().notNull(),
    /** As last rotated: sessions are signed by one, keys sealed to the other. */
    rotatedSigner: t.hex(),
    rotatedKey: t.hex(),
    buyerSalt: t.hex().notNull(),
    notBefore: t.doublePrecision().notNull(),
    notAfter: t.doublePrecision().notNull(),
    market: t.hex().notNull(),
    amount: t.bigint().notNull(),
    revokedAt: t.doublePrecision(),
    transactionHash: t.hex().notNull(),
    block: t.bigint().notNull(),
    createdAt: t.doublePrecision().notNull(),
  }),
  (table) => ({
    buyer: index().on(table.buyer, table.position),
    /** Gifts are as many as strangers like: what was bought is found without reading them. */
    bought: index().on(table.buyer, table.given, table.position),
    listing: index().on(table.listingId, table.position),
  }),
);

/** What one buyer has asked of one listing. */
export const buyerState = onchainTable(
  "buyer_state",
  (t) => ({
    listingId: t.bigint().notNull(),
    buyer: t.hex().notNull(),
    requests: t.integer().notNull(),
    blocked: t.boolean().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.listingId, table.buyer] }) }),
);

/** Requests for a restricted listing; an approval nobody asked for on chain has a row with an empty note. */
export const request = onchainTable(
  "request",
  (t) => ({
    listingId: t.bigint().notNull(),
    buyer: t.hex().notNull(),
    /** Counts from 1 per listing and buyer. */
    number: t.integer().notNull(),
    position: t.text().notNull(),
    hubId: t.bigint().notNull(),
    version: t.integer().notNull(),
    note: t.hex().notNull(),
    state: t.text().$type<"open" | "approved" | "declined">().notNull(),
    reason: t.text(),
    manager: t.hex(),
    deadline: t.doublePrecision(),
    termsHash: t.hex(),
    signature: t.hex(),
    transactionHash: t.hex().notNull(),
    createdAt: t.doublePrecision().notNull(),
    decidedAt: t.doublePrecision(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.listingId, table.buyer, table.number] }),
    hub: index().on(table.hubId, table.position),
    buyer: index().on(table.buyer, table.position),
  }),
);

export const channel = onchainTable("channel", (t) => ({
  id: t.hex().primaryKey(),
  payer: t.hex().notNull(),
  payee: t.hex().notNull(),
  token: t.hex().notNull(),
  /** As its terms name it: anybody can make a channel that names a listing. `payment` says which count. */
  listingId: t.bigint().notNull(),
  deposit: t.bigint().notNull(),
  claimed: t.bigint().notNull(),
  /** All that came back to the payer, of every epoch; the contract does not keep it. */
  refunded: t.bigint().notNull(),
  /** 0 = no close pending. */
  closeAt: t.doublePrecision().notNull(),
  epoch: t.integer().notNull(),
  closed: t.boolean().notNull(),
}));

export const subscription = onchainTable("subscription", (t) => ({
  id: t.hex().primaryKey(),
  payer: t.hex().notNull(),
  payee: t.hex().notNull(),
  token: t.hex().notNull(),
  listingId: t.bigint().notNull(),
  deposit: t.bigint().notNull(),
  claimed: t.bigint().notNull(),
  startAt: t.doublePrecision().notNull(),
  /** End of the paid time; 2^32 - 1 = for ever. */
  stopAt: t.doublePrecision().notNull(),
  /** When it was cancelled or stopped; null if it was not, or money came in since. */
  endedAt: t.doublePrecision(),
  endedBySeller: t.boolean(),
}));

/** Payments that Grants recorded. */
export const payment = onchainTable("payment", (t) => ({
  id: t.hex().primaryKey(),
  grantId: t.hex().notNull(),
  listingId: t.bigint().notNull(),
  token: t.hex().notNull(),
  relays: t.hex().array().notNull(),
  relayBps: t.integer().notNull(),
  market: t.hex().notNull(),
  marketBps: t.integer().notNull(),
}));

/** Of which payment's claim the cuts are that a transaction sets aside. */
export const settlement = onchainTable(
  "settlement",
  (t) => ({
    escrow: t.hex().notNull(),
    transactionHash: t.hex().notNull(),
    listingId: t.bigint().notNull(),
    token: t.hex().notNull(),
    relays: t.hex().array().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.escrow, table.transactionHash] }) }),
);

export const earning = onchainTable(
  "earning",
  (t) => ({
    listingId: t.bigint().notNull(),
    token: t.hex().notNull(),
    hubId: t.bigint().notNull(),
    /** All that was claimed, cuts included. */
    settled: t.bigint().notNull(),
    relayCuts: t.bigint().notNull(),
    marketCuts: t.bigint().notNull(),
    purchases: t.integer().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.listingId, table.token] }), hub: index().on(table.hubId) }),
);

export const earningDay = onchainTable(
  "earning_day",
  (t) => ({
    hubId: t.bigint().notNull(),
    /** First second of the day, UTC. */
    day: t.doublePrecision().notNull(),
    token: t.hex().notNull(),
    settled: t.bigint().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.hubId, table.day, table.token] }) }),
);

export const rating = onchainTable(
  "rating",
  (t) => ({
    listingId: t.bigint().notNull(),
    buyer: t.hex().notNull(),
    revision: t.integer().notNull(),
    position: t.text().notNull(),
    grantId: t.hex().notNull(),
    token: t.hex().notNull(),
    settled: t.bigint().notNull(),
    cuts: t.bigint().notNull(),
    /** 0 to 1,000,000, see ratings.ts. */
    weight: t.bigint().notNull(),
    scores: t.integer().array().notNull(),
    comment: t.text().notNull(),
    /** False once the buyer has rated again. */
    newest: t.boolean().notNull(),
    response: t.text(),
    respondedBy: t.hex(),
    respondedAt: t.doublePrecision(),
    transactionHash: t.hex().notNull(),
    createdAt: t.doublePrecision().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.listingId, table.buyer, table.revision] }),
    listing: index().on(table.listingId, table.position),
  }),
);

export const relay = onchainTable("relay", (t) => ({
  operator: t.hex().primaryKey(),
  position: t.text().notNull(),
  peerId: t.hex().notNull(),
  endpoints: t.text().notNull(),
  feeBps: t.integer().notNull(),
  region: t.text().notNull(),
  stake: t.bigint().notNull(),
  registeredAt: t.doublePrecision().notNull(),
  updatedAt: t.doublePrecision().notNull(),
  deregisteredAt: t.doublePrecision(),
  /** When the stake may leave; null while registered. */
  withdrawableAt: t.doublePrecision(),
}));

/** What waits for a holder in an escrow, and all that ever did. */
export const owed = onchainTable(
  "owed",
  (t) => ({
    escrow: t.text().$type<"Channels" | "Subscriptions" | "Listings">().notNull(),
    holder: t.hex().notNull(),
    token: t.hex().notNull(),
    amount: t.bigint().notNull(),
    earned: t.bigint().notNull(),
    creditedAt: t.doublePrecision().notNull(),
  }),
  (table) => ({
    pk: primaryKey({ columns: [table.escrow, table.holder, table.token] }),
    holder: index().on(table.holder),
  }),
);

export const anchor = onchainTable(
  "anchor",
  (t) => ({
    listingId: t.bigint().notNull(),
    /** Chosen by the publisher: any 32 bits, more than an integer column holds. */
    generation: t.doublePrecision().notNull(),
    firstSeq: t.bigint().notNull(),
    count: t.integer().notNull(),
    root: t.hex().notNull(),
    previousRoot: t.hex().notNull(),
    publisher: t.hex().notNull(),
    transactionHash: t.hex().notNull(),
    createdAt: t.doublePrecision().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.listingId, table.generation, table.firstSeq] }) }),
);

export const consentOperator = onchainTable("consent_operator", (t) => ({
  listingId: t.bigint().primaryKey(),
  operator: t.hex().notNull(),
  ownerEpoch: t.integer().notNull(),
}));

export const consentRound = onchainTable(
  "consent_round",
  (t) => ({
    listingId: t.bigint().notNull(),
    round: t.integer().notNull(),
    formHash: t.hex().notNull(),
    notBefore: t.doublePrecision().notNull(),
    notAfter: t.doublePrecision().notNull(),
    openedBy: t.hex().notNull(),
    withdrawnAt: t.doublePrecision(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.listingId, table.round] }) }),
);

export const consent = onchainTable(
  "consent",
  (t) => ({
    listingId: t.bigint().notNull(),
    round: t.integer().notNull(),
    /** Salted hash of a person. */
    subject: t.hex().notNull(),
    state: t.text().$type<"named" | "given" | "withdrawn">().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.listingId, table.round, table.subject] }) }),
);

/** Every event, once per account that it names or that sent it. */
export const activity = onchainTable(
  "activity",
  (t) => ({
    account: t.hex().notNull(),
    position: t.text().notNull(),
    name: t.text().notNull(),
    contract: t.text().notNull(),
    listingId: t.bigint(),
    hubId: t.bigint(),
    grantId: t.hex(),
    amount: t.bigint(),
    token: t.hex(),
    transactionHash: t.hex().notNull(),
    block: t.bigint().notNull(),
    createdAt: t.doublePrecision().notNull(),
  }),
  (table) => ({ pk: primaryKey({ columns: [table.account, table.position] }) }),
);
