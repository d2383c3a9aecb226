// A listing as its seller writes it down: one JSON file → the terms that go on chain and the metadata beside them. Every wrong field is
// named with its rule before anything is signed.
// Longer than its neighbours because it is one table of fields: what a file may say stands in one place.
import {
  agreementHash,
  agreementText,
  CATEGORIES,
  type FieldDescription,
  FOREVER,
  isMetered,
  LICENCE_FLAGS,
  type LicenceFlag,
  ListingFlag,
  type ListingTerms,
  licenceBit,
  listingMetadata,
  MAX_METADATA_BYTES,
  metadataBytes,
  metadataHash,
  type Plan,
  PlanKind,
  type PlanKindName,
  purposeBit,
  Rights,
  USE_FLAGS,
  type UseFlag,
  ZERO_ADDRESS,
  ZERO_HASH,
} from "@weir/sdk/core";
import { type Address, getAddress, type Hex, isAddress } from "viem";
import { UsageError } from "./output.ts";
import { amount, moment, seconds } from "./parse.ts";

/** What the file does not say and the chain or the command line does. */
export type ListingContext = {
  hubId: bigint;
  payee: Address;
  /** The account of the gateway that publishes. */
  operator: Address;
  token: { address: Address; symbol: string; decimals: number };
  /** Relays where the file names none. */
  relays: readonly Address[];
};

const DEFAULT_SEGMENT = { flushMs: 50, maxMessages: 256, maxBytes: 64 * 1024 };
const DEFAULT_CHALLENGE_SECONDS = 86_400;
const DEFAULT_NOTICE_SECONDS = 3_600;
/** Of metered plans, whose keys go out epoch by epoch, and of all others. */
const METERED_EPOCH_SECONDS = 1;
const OTHER_EPOCH_SECONDS = 60;
const BYTE_UNIT = 1n << 20n;
/** An entry below two of the largest segments is refused by the chain. */
const ENTRY_SEGMENTS = 2n;
const MAX_FIELDS = 64;
const MAX_PLANS = 8;
const MAX_RELAYS = 4;
const MAX_FILTERS = 64;
const TEXT_CHARS = 4_096;

type Raw = Record<string, unknown>;

const fail = (field: string, rule: string): never => {
  throw new UsageError(`${field}: ${rule}`);
};

function object(value: unknown, field: string, known: readonly string[]): Raw {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return fail(field, "is an object");
  for (const name of Object.keys(value))
    if (!known.includes(name))
      fail(field === "" ? name : `${field}.${name}`, `is not one of ${known.join(", ")}`);
  return value as Raw;
}

/** A text without control characters and half characters: it goes on chain for ever. */
function text(value: unknown, field: string, { least = 1, most = TEXT_CHARS } = {}): string {
  if (typeof value !== "string") return fail(field, "is a text");
  if (value.length < least || value.length > most) fail(field, `has ${least} to ${most} characters`);
  if (!value.isWellFormed()) fail(field, "has no half characters (lone surrogates)");
  if (/[\p{Cc}--[\n\t]]/v.test(value)) fail(field, "has no control characters");
  return value;
}

function list(value: unknown, field: string, most: number): unknown[] {
  if (value === undefined) return [];
  if (!Array.isArray(value) || value.length > most) return fail(field, `is a list of at most ${most}`);
  return value;
}

function number(value: unknown, field: string, least: number, most: number): number {
  if (typeof value !== "number" || !Number.isFinite(value) || value < least || value > most)
    return fail(field, `is a number from ${least} to ${most}`);
  return value;
}

function whole(value: unknown, field: string, least: number, most: number): number {
  if (!Number.isInteger(number(value, field, least, most))) fail(field, "is a whole number");
  return value as number;
}

/** The parsers of the command line, for fields: numbers are seconds. */
function byWord<T>(parse: (text: string) => T, value: unknown, field: string): T {
  try {
    return parse(String(value));
  } catch (error) {
    return fail(field, (error as Error).message);
  }
}

function account(value: unknown, field: string): Address {
  if (typeof value !== "string" || !isAddress(value, { strict: false })) return fail(field, "is an address");
  return getAddress(value);
}

function hash(value: unknown, field: string): Hex {
  if (typeof value !== "string" || !/^0x[0-9a-fA-F]{64}$/.test(value))
    return fail(field, "is 0x and 64 hexadecimal digits");
  return value.toLowerCase() as Hex;
}

function word<T extends string>(value: unknown, field: string, words: readonly T[]): T {
  if (typeof value !== "string" || !words.includes(value as T))
    return fail(field, `is one of ${words.join(", ")}`);
  return value as T;
}

const FIELDS = [
  "title",
  "description",
  "category",
  "keywords",
  "place",
  "licence",
  "source",
  "schema",
  "feed",
  "token",
  "plans",
  "relays",
  "relayCut",
  "markets",
  "marketCut",
  "challenge",
  "epochLength",
  "segment",
  "historyDepth",
  "saleUntil",
  "flags",
  "agreement",
  "attestation",
  "arbiter",
] as const;

/** The file's own choice of token: "ETH" unless it says another. @throws UsageError */
export const tokenIn = (file: unknown): string => text(object(file, "", FIELDS).token ?? "ETH", "token");

/**
 * The file's content → what `createListing` and `reviseListing` take.
 *
 * @throws UsageError naming the field and the rule
 */
export function parseListing(
  file: unknown,
  context: ListingContext,
): { terms: ListingTerms; metadata: string } {
  const raw = object(file, "", FIELDS);
  const flags = flagsOf(raw.flags);
  const agreement = agreementText(flags, raw.agreement === undefined ? "" : text(raw.agreement, "agreement"));
  const metadata = listingMetadata({ ...describe(raw), agreement });
  const bytes = metadataBytes(metadata);
  if (bytes > MAX_METADATA_BYTES)
    fail("description", `the whole description has at most ${MAX_METADATA_BYTES} bytes, not ${bytes}`);
  const segment = segmentOf(raw.segment);
  const plans = list(raw.plans, "plans", MAX_PLANS).map((plan, i) =>
    planOf(plan, `plans[${i}]`, segment, context.token.decimals),
  );
  const metered = plans.some(isMetered);
  const relays =
    raw.relays === undefined
      ? [...context.relays]
      : list(raw.relays, "relays", MAX_RELAYS).map((item, i) => account(item, `relays[${i}]`));
  if (relays.length === 0) fail("relays", "names the operator of at least one relay");
  const attestation =
    raw.attestation === undefined ? {} : object(raw.attestation, "attestation", ["schema", "attester"]);
  const terms: ListingTerms = {
    hubId: context.hubId,
    payee: context.payee,
    operator: context.operator,
    token: context.token.address,
    plans,
    relays,
    relayBps: cut(raw.relayCut, "relayCut", 30),
    markets: list(raw.markets, "markets", 8).map((item, i) => account(item, `markets[${i}]`)),
    marketBps: cut(raw.marketCut, "marketCut", 10),
    challenge:
      raw.challenge === undefined ? DEFAULT_CHALLENGE_SECONDS : byWord(seconds, raw.challenge, "challenge"),
    epochLength:
      raw.epochLength === undefined
        ? metered
          ? METERED_EPOCH_SECONDS
          : OTHER_EPOCH_SECONDS
        : byWord(seconds, raw.epochLength, "epochLength"),
    segment,
    historyDepth: raw.historyDepth === undefined ? 0 : byWord(seconds, raw.historyDepth, "historyDepth"),
    saleUntil: raw.saleUntil === undefined ? 0 : byWord(moment, raw.saleUntil, "saleUntil"),
    termsHash: agreementHash(agreement),
    flags,
    attestationSchema:
      attestation.schema === undefined ? ZERO_HASH : hash(attestation.schema, "attestation.schema"),
    attester:
      attestation.attester === undefined
        ? ZERO_ADDRESS
        : account(attestation.attester, "attestation.attester"),
    arbiter: raw.arbiter === undefined ? ZERO_ADDRESS : account(raw.arbiter, "arbiter"),
    metadataHash: metadataHash(metadata),
  };
  if (terms.epochLength < 1) fail("epochLength", "is at least a second");
  return { terms, metadata };
}

/** What people read: names, schema, place. */
function describe(raw: Raw): Omit<Parameters<typeof listingMetadata>[0], "agreement"> {
  const { fields: properties, timeField } = object(raw.schema, "schema", ["fields", "timeField"]);
  const fields = fieldsOf(properties);
  if (timeField !== undefined && !Object.hasOwn(fields, String(timeField)))
    fail("schema.timeField", "names one of the fields");
  const source = object(raw.source, "source", ["kind", "rate", "origin"]);
  const feed = raw.feed === undefined ? {} : object(raw.feed, "feed", ["devices", "topics"]);
  const names = (value: unknown, field: string): string[] | undefined =>
    value === undefined
      ? undefined
      : list(value, field, MAX_FILTERS).map((item, i) => text(item, `${field}[${i}]`, { most: 256 }));
  return {
    title: text(raw.title, "title", { most: 200 }),
    description: text(raw.description, "description"),
    category: word(raw.category, "category", CATEGORIES),
    keywords: list(raw.keywords, "keywords", 32).map((item, i) => text(item, `keywords[${i}]`, { most: 64 })),
    ...(raw.place === undefined ? {} : { place: placeOf(raw.place) }),
    licence: text(raw.licence, "licence", { most: 200 }),
    source: {
      kind: word(source.kind, "source.kind", ["live", "replay"] as const),
      rate: text(source.rate, "source.rate", { most: 100 }),
      origin: text(source.origin, "source.origin", { most: 500 }),
    },
    feed: {
      devices: deviceNames(names(feed.devices, "feed.devices")),
      topics: names(feed.topics, "feed.topics"),
    },
    fields,
    ...(timeField === undefined ? {} : { timeField: String(timeField) }),
  };
}

function deviceNames(names: string[] | undefined): string[] | undefined {
  for (const [i, name] of (names ?? []).entries())
    if (!/^[A-Za-z0-9._-]{1,64}$/.test(name))
      fail(`feed.devices[${i}]`, "has 1 to 64 letters, digits, dots, dashes or underscores");
  return names;
}

function placeOf(value: unknown) {
  const place = object(value, "place", ["name", "latitude", "longitude"]);
  return {
    name: text(place.name, "place.name", { most: 200 }),
    latitude: number(place.latitude, "place.latitude", -90, 90),
    longitude: number(place.longitude, "place.longitude", -180, 180),
  };
}

function fieldsOf(value: unknown): Record<string, FieldDescription> {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return fail("schema.fields", "is an object");
  const entries = Object.entries(value);
  if (entries.length < 1 || entries.length > MAX_FIELDS)
    fail("schema.fields", `has 1 to ${MAX_FIELDS} fields`);
  return Object.fromEntries(
    entries.map(([name, description]) => {
      const at = `schema.fields.${name}`;
      text(name, at, { most: 64 });
      const { type, unit, title } = object(description, at, ["type", "unit", "title"]);
      return [
        name,
        {
          type: word(type, `${at}.type`, ["number", "string", "boolean"] as const),
          ...(unit === undefined ? {} : { unit: text(unit, `${at}.unit`, { most: 32 }) }),
          title: text(title ?? name, `${at}.title`, { most: 100 }),
        },
      ];
    }),
  );
}

function flagsOf(value: unknown): number {
  const words = [...LICENCE_FLAGS, ...USE_FLAGS, ...Object.keys(ListingFlag)];
  return list(value, "flags", words.length).reduce<number>((bits, item, i) => {
    const name = word(item, `flags[${i}]`, words);
    if (LICENCE_FLAGS.includes(name as LicenceFlag)) return bits | licenceBit(name as LicenceFlag);
    if (USE_FLAGS.includes(name as UseFlag)) return bits | purposeBit(name as UseFlag);
    return bits | ListingFlag[name as keyof typeof ListingFlag];
  }, 0);
}

/** Per cent, with two decimals → basis points. */
function cut(value: unknown, field: string, most: number): number {
  return value === undefined ? 0 : Math.round(number(value, field, 0, most) * 100);
}

function segmentOf(value: unknown): ListingTerms["segment"] {
  if (value === undefined) return DEFAULT_SEGMENT;
  const raw = { ...DEFAULT_SEGMENT, ...object(value, "segment", Object.keys(DEFAULT_SEGMENT)) };
  return {
    flushMs: whole(raw.flushMs, "segment.flushMs", 1, 3_600_000),
    maxMessages: whole(raw.maxMessages, "segment.maxMessages", 1, 65_536),
    maxBytes: whole(raw.maxBytes, "segment.maxBytes", 1, 1 << 20),
  };
}

const PLAN_FIELDS = [
  "kind",
  "rights",
  "price",
  "unit",
  "period",
  "upfront",
  "entry",
  "maxWindow",
  "notice",
  "promoPrice",
  "promoUntil",
] as const;

function planOf(value: unknown, at: string, segment: ListingTerms["segment"], decimals: number): Plan {
  const raw = object(value, at, PLAN_FIELDS);
  const kind = word(raw.kind, `${at}.kind`, Object.keys(PlanKind) as PlanKindName[]);
  const uses = (field: (typeof PLAN_FIELDS)[number], kinds: readonly PlanKindName[]): boolean => {
    if (raw[field] !== undefined && !kinds.includes(kind))
      fail(`${at}.${field}`, `is not for plans of kind ${kind}`);
    return kinds.includes(kind);
  };
  const money = (field: (typeof PLAN_FIELDS)[number]): bigint =>
    amount(String(raw[field]), decimals, `${at}.${field}`);
  const priced = uses("price", ["message", "byte", "period", "flat"]);
  if (priced && raw.price === undefined) fail(`${at}.price`, "is missing");
  const price = priced ? money("price") : 0n;
  if (priced && price === 0n) fail(`${at}.price`, "is above zero; a plan that costs nothing is of kind free");
  const metered = uses("unit", ["message", "byte"]);
  const unit = !metered
    ? 0n
    : raw.unit === undefined
      ? kind === "byte"
        ? BYTE_UNIT
        : 1n
      : BigInt(whole(raw.unit, `${at}.unit`, 1, Number.MAX_SAFE_INTEGER));
  const period = uses("period", ["period"])
    ? byWord(seconds, raw.period ?? fail(`${at}.period`, "is missing, such as 30d"), `${at}.period`)
    : 0;
  if (kind === "period" && period < 1) fail(`${at}.period`, "is at least a second");
  const entry = uses("entry", ["message", "byte"])
    ? entryOf(raw, at, { kind, price, unit }, segment, money)
    : 0n;
  const upfront = uses("upfront", ["period"]) && raw.upfront !== undefined ? money("upfront") : 0n;
  const promoted = uses("promoPrice", ["message", "byte", "period", "flat"]) && raw.promoPrice !== undefined;
  if (promoted !== (raw.promoUntil !== undefined)) fail(`${at}.promoUntil`, "stands beside promoPrice");
  return {
    kind: PlanKind[kind],
    rights: list(raw.rights ?? ["read"], `${at}.rights`, 3).reduce<number>(
      (bits, item, i) =>
        bits | Rights[word(item, `${at}.rights[${i}]`, Object.keys(Rights) as (keyof typeof Rights)[])],
      0,
    ),
    // A flat plan is all upfront: the contract knows no other price of it.
    price: kind === "flat" ? 0n : price,
    unit,
    period,
    upfront: kind === "flat" ? price : upfront,
    entry,
    maxWindow: raw.maxWindow === undefined ? FOREVER : byWord(seconds, raw.maxWindow, `${at}.maxWindow`),
    notice: uses("notice", ["period", "flat", "free"])
      ? raw.notice === undefined
        ? DEFAULT_NOTICE_SECONDS
        : byWord(seconds, raw.notice, `${at}.notice`)
      : 0,
    promoPrice: promoted ? money("promoPrice") : 0n,
    promoUntil: promoted ? byWord(moment, raw.promoUntil, `${at}.promoUntil`) : 0,
  };
}

/** Two of the largest segments: less cannot be sold, more need not be risked. */
function entryOf(
  raw: Raw,
  at: string,
  { kind, price, unit }: { kind: PlanKindName; price: bigint; unit: bigint },
  segment: ListingTerms["segment"],
  money: (field: "entry") => bigint,
): bigint {
  const units = BigInt(kind === "byte" ? segment.maxBytes : segment.maxMessages);
  const least = ENTRY_SEGMENTS * ((price * units + unit - 1n) / unit);
  if (raw.entry === undefined) return least;
  const entry = money("entry");
  if (entry < least)
    fail(`${at}.entry`, "covers at least two of the largest segments; leave it out for the least");
  return entry;
}
