/** From what was typed to the terms and the metadata that will be signed, and everything that stands against it. */
import {
  agreementHash,
  agreementText,
  type FieldDescription,
  type ListingDescription,
  ListingFlag,
  type ListingTerms,
  listingMetadata,
  MAX_METADATA_BYTES,
  metadataBytes,
  metadataHash,
  ZERO_ADDRESS,
  ZERO_HASH,
} from "@weir/sdk/core";
import type { Address, Hex } from "viem";
import type { Draft } from "./draft.ts";
import { linesOf, Reader } from "./read.ts";
import { isMeteredKind, type PlanSetting, readPlan } from "./readPlan.ts";
import * as rule from "./rules.ts";

export interface DraftContext {
  hubId: bigint;
  /** The hub's payout address: the contract takes no other payee. */
  payout: Address;
  /** Accounts with PUBLISHER. */
  publishers: readonly Address[];
  /** Of a token's address. */
  decimalsOf: (token: string) => number;
  /** Unix seconds. */
  now: number;
}

export interface ReadDraft {
  terms: ListingTerms;
  /** The bytes that are hashed and sent. */
  metadata: string;
  agreement: string;
  problems: rule.Problem[];
}

/** A stream with a metered plan needs short epochs; any other is cheaper with long ones. */
export const epochProposed = (draft: Draft): number =>
  draft.plans.some((plan) => isMeteredKind(plan.kind)) ? 1 : 60;

function readDescription(
  describe: Reader,
  data: Reader,
  draft: Draft,
  agreement: string,
): ListingDescription {
  const title = describe.line("title", draft.title, rule.MAX_TITLE, "TitleTooLong");
  if (title === "") describe.fault("title", "TitleMissing");
  const keywords = [
    ...new Set(
      draft.keywords
        .split(",")
        .map((word) => word.trim())
        .filter((word) => word !== ""),
    ),
  ];
  if (keywords.length > rule.MAX_KEYWORDS)
    describe.fault("keywords", "TooManyKeywords", { most: rule.MAX_KEYWORDS });
  const long = keywords.find((word) => [...word].length > rule.MAX_KEYWORD);
  if (long) describe.fault("keywords", "KeywordTooLong", { most: rule.MAX_KEYWORD, word: long.slice(0, 20) });
  const place = readPlace(describe, draft);
  const fields = readFields(data, draft);
  const timeField = draft.fields.find((field) => field.id === draft.timeField)?.name.trim();
  return {
    title,
    description: describe.line("description", draft.description, rule.MAX_DESCRIPTION, "DescriptionTooLong"),
    category: draft.category,
    keywords,
    ...(place ? { place } : {}),
    licence: describe.line("licence", draft.licence, rule.MAX_LINE, "LineTooLong"),
    source: {
      kind: draft.sourceKind,
      rate: describe.line("rate", draft.rate, rule.MAX_LINE, "LineTooLong"),
      origin: describe.line("origin", draft.origin, rule.MAX_LINE, "LineTooLong"),
    },
    feed: readFeed(data, draft),
    fields,
    ...(timeField ? { timeField } : {}),
    agreement,
  };
}

function readPlace(reader: Reader, draft: Draft): ListingDescription["place"] {
  const name = reader.line("placeName", draft.placeName, rule.MAX_LINE, "LineTooLong");
  const texts = [draft.latitude.trim(), draft.longitude.trim()];
  if (name === "" && texts.every((text) => text === "")) return undefined;
  if (name === "" || texts.some((text) => text === "")) reader.fault("placeName", "PlaceIncomplete");
  const degrees = (field: "latitude" | "longitude", text: string, most: number): number => {
    const value = /^[-+]?\d{1,3}(\.\d{1,12})?$/.test(text) ? Number(text) : Number.NaN;
    if (Math.abs(value) <= most) return value;
    if (text !== "") reader.fault(field, field === "latitude" ? "LatitudeInvalid" : "LongitudeInvalid");
    return 0;
  };
  const [latitude = "", longitude = ""] = texts;
  return {
    name,
    latitude: degrees("latitude", latitude, 90),
    longitude: degrees("longitude", longitude, 180),
  };
}

function readFields(reader: Reader, draft: Draft): Record<string, FieldDescription> {
  // A null prototype: a field may be called "__proto__", and must then be a field like any other.
  const fields: Record<string, FieldDescription> = Object.create(null);
  if (draft.fields.length > rule.MAX_FIELDS)
    reader.fault("fields", "TooManyFields", { most: rule.MAX_FIELDS });
  for (const field of draft.fields) {
    const name = field.name.trim();
    const blank = name === "" && field.title.trim() === "" && field.unit.trim() === "";
    if (blank) continue;
    if (name === "") reader.fault(`fields.${field.id}.name`, "FieldNameMissing");
    else if (Object.hasOwn(fields, name)) reader.fault(`fields.${field.id}.name`, "FieldNameTwice");
    fields[name] = {
      type: field.type,
      unit: reader.line(`fields.${field.id}.unit`, field.unit, rule.MAX_LINE, "LineTooLong") || undefined,
      title: reader.line(`fields.${field.id}.title`, field.title, rule.MAX_LINE, "LineTooLong") || name,
    };
  }
  return fields;
}

function readFeed(reader: Reader, draft: Draft): ListingDescription["feed"] {
  if (!draft.wholeHub && draft.devices.length === 0) reader.fault("devices", "DeviceMissing");
  const topics = linesOf(draft.topics);
  if (topics.length > rule.MAX_TOPICS) reader.fault("topics", "TooManyTopics", { most: rule.MAX_TOPICS });
  const wrong = topics.find((topic) => !isPattern(topic));
  if (wrong) reader.fault("topics", "TopicInvalid", { topic: wrong.slice(0, 60) });
  return {
    ...(draft.wholeHub ? {} : { devices: draft.devices }),
    ...(topics.length > 0 ? { topics } : {}),
  };
}

/** MQTT's rule: `+` fills a level, `#` is the last one. */
function isPattern(topic: string): boolean {
  const levels = topic.split("/");
  return levels.every(
    (level, i) =>
      (!level.includes("#") || (level === "#" && i === levels.length - 1)) &&
      (!level.includes("+") || level === "+"),
  );
}

function readMarkets(reader: Reader, draft: Draft): Address[] {
  const markets = linesOf(draft.markets).map((line) => reader.address("markets", line, ZERO_ADDRESS));
  const seen = new Set(markets.map((market) => market.toLowerCase()));
  if (markets.length > rule.MAX_MARKETS)
    reader.fault("markets", "TooManyMarkets", { most: rule.MAX_MARKETS });
  if (seen.size < markets.length || seen.has(ZERO_ADDRESS)) reader.fault("markets", "MarketInvalid");
  return markets;
}

function readGates(reader: Reader, draft: Draft) {
  const both = ListingFlag.open | ListingFlag.personalData;
  if ((draft.flags & both) === both) reader.fault("flags", "PersonalDataIsOpen");
  const schema = draft.attestationSchema.trim();
  const readable = schema === "" || /^0x[0-9a-f]{64}$/i.test(schema);
  if (!readable) reader.fault("attestationSchema", "SchemaInvalid");
  const attestationSchema = (readable && schema !== "" ? schema : ZERO_HASH) as Hex;
  const attester = reader.address("attester", draft.attester, ZERO_ADDRESS);
  if ((attestationSchema === ZERO_HASH) !== (attester === ZERO_ADDRESS))
    reader.fault(attester === ZERO_ADDRESS ? "attester" : "attestationSchema", "AttestationIncomplete");
  return { attestationSchema, attester, arbiter: reader.address("arbiter", draft.arbiter, ZERO_ADDRESS) };
}

function readDelivery(reader: Reader, draft: Draft) {
  const segment = {
    flushMs: reader.whole("flushMs", draft.flushMs, rule.UINT40),
    maxMessages: reader.whole("maxMessages", draft.maxMessages, rule.UINT40),
    maxBytes: reader.whole("maxBytes", draft.maxBytes, rule.UINT40),
  };
  const most = { flushMs: rule.MAX_FLUSH_MS, maxMessages: rule.MAX_MESSAGES, maxBytes: rule.MAX_BYTES };
  for (const key of ["flushMs", "maxMessages", "maxBytes"] as const)
    if (segment[key] === 0 || segment[key] > most[key])
      reader.fault(key, "SegmentLimitsOutOfBounds", { most: most[key] });
  const epochLength = reader.whole("epochLength", draft.epochLength, rule.UINT40, epochProposed(draft));
  if (epochLength === 0) reader.fault("epochLength", "EpochLengthMissing");
  const challenge = reader.whole("challenge", draft.challenge, 1_000_000) * 3_600;
  if (challenge < rule.MIN_CHALLENGE || challenge > rule.MAX_CHALLENGE)
    reader.fault("challenge", "ChallengeOutOfBounds", { least: 1, most: rule.MAX_CHALLENGE / 3_600 });
  if (draft.relays.length === 0 && (draft.flags & ListingFlag.unlisted) === 0)
    reader.fault("relays", "RelayMissing");
  if (draft.relays.length > rule.MAX_RELAYS)
    reader.fault("relays", "TooManyRelays", { most: rule.MAX_RELAYS });
  const relayBps = reader.decimal("relayPercent", draft.relayPercent, 2, 10_000);
  if (relayBps > rule.MAX_RELAY_BPS)
    reader.fault("relayPercent", "RelayCutTooHigh", { most: rule.MAX_RELAY_BPS / 100 });
  return { segment, epochLength, challenge, relays: draft.relays as Address[], relayBps };
}

/** Checks every field of a draft. `terms` and `metadata` are whole even while there are problems: the preview shows them. */
export function readDraft(draft: Draft, context: DraftContext): ReadDraft {
  const of = Object.fromEntries(rule.STEPS.map((step) => [step, new Reader(step)])) as Record<
    rule.Step,
    Reader
  >;
  const agreement = agreementText(draft.flags, draft.agreementMore);
  const metadata = listingMetadata(readDescription(of.describe, of.data, draft, agreement));
  const length = metadataBytes(metadata);
  if (length > MAX_METADATA_BYTES)
    of.describe.fault("description", "MetadataTooLong", { length, most: MAX_METADATA_BYTES });

  const delivery = readDelivery(of.delivery, draft);
  const setting: PlanSetting = {
    decimals: context.decimalsOf(draft.token),
    epochLength: delivery.epochLength,
    ...delivery.segment,
  };
  if (draft.plans.length > rule.MAX_PLANS) of.plans.fault("plans", "TooManyPlans", { most: rule.MAX_PLANS });
  const plans = draft.plans.map((plan) => readPlan(of.plans, plan, setting, context.now));

  const markets = readMarkets(of.access, draft);
  const marketBps = of.access.decimal("marketPercent", draft.marketPercent, 2, 10_000);
  const mostMarket = markets.length === 0 ? 0 : rule.MAX_MARKET_BPS;
  if (marketBps > mostMarket)
    of.access.fault("marketPercent", "MarketCutTooHigh", { most: mostMarket / 100 });
  const saleUntil = of.access.moment("saleUntil", draft.saleUntil);
  if (saleUntil !== 0 && saleUntil <= context.now) of.access.fault("saleUntil", "SaleEnded");
  const publisher = context.publishers.some(
    (account) => account.toLowerCase() === draft.operator.toLowerCase(),
  );
  if (!publisher) of.delivery.fault("operator", "OperatorNotPublisher");

  const terms: ListingTerms = {
    hubId: context.hubId,
    payee: context.payout,
    operator: (publisher ? draft.operator : ZERO_ADDRESS) as Address,
    token: draft.token as Address,
    plans,
    ...delivery,
    markets,
    marketBps,
    historyDepth: of.delivery.whole("historyDepth", draft.historyDepth, 36_500) * 86_400,
    saleUntil,
    termsHash: agreementHash(agreement),
    flags: draft.flags,
    ...readGates(of.access, draft),
    metadataHash: metadataHash(metadata),
  };
  return { terms, metadata, agreement, problems: rule.STEPS.flatMap((step) => of[step].problems) };
}
