/** The limits of contracts/Listings.sol and of what the index shows, so that nobody is asked to sign what would be refused. */
export const MAX_PLANS = 8;
export const MAX_RELAYS = 4;
export const MAX_MARKETS = 8;
export const MAX_RELAY_BPS = 3_000;
export const MAX_MARKET_BPS = 1_000;
export const MIN_CHALLENGE = 3_600;
export const MAX_CHALLENGE = 30 * 86_400;
export const MAX_FLUSH_MS = 3_600_000;
export const MAX_MESSAGES = 65_536;
export const MAX_BYTES = 2 ** 20;
export const UINT40 = 2 ** 40 - 1;
export const UINT64 = 2n ** 64n - 1n;

/** What the index keeps of a text. */
export const MAX_TITLE = 120;
export const MAX_DESCRIPTION = 2_000;
export const MAX_KEYWORD = 40;
export const MAX_KEYWORDS = 16;
export const MAX_LINE = 200;
/** What a page shows of a schema, and what a gateway matches. */
export const MAX_FIELDS = 64;
export const MAX_TOPICS = 64;

export const STEPS = ["describe", "data", "plans", "delivery", "access", "review"] as const;
export type Step = (typeof STEPS)[number];

/** Names as the contract has them where it has one. */
export const RULES = [
  "TitleMissing",
  "TitleTooLong",
  "DescriptionTooLong",
  "LineTooLong",
  "TooManyKeywords",
  "KeywordTooLong",
  "PlaceIncomplete",
  "LatitudeInvalid",
  "LongitudeInvalid",
  "FieldNameMissing",
  "FieldNameTwice",
  "TooManyFields",
  "DeviceMissing",
  "TooManyTopics",
  "TopicInvalid",
  "NumberInvalid",
  "AmountInvalid",
  "MomentInvalid",
  "TooManyPlans",
  "PriceMissing",
  "UnitMissing",
  "PeriodMissing",
  "UpfrontMissing",
  "EntryTooLow",
  "WindowMissing",
  "NoticeTooShort",
  "PromotionAbovePrice",
  "PromotionEndMissing",
  "RelayMissing",
  "TooManyRelays",
  "RelayCutTooHigh",
  "TooManyMarkets",
  "MarketInvalid",
  "MarketCutTooHigh",
  "ChallengeOutOfBounds",
  "EpochLengthMissing",
  "SegmentLimitsOutOfBounds",
  "SaleEnded",
  "PersonalDataIsOpen",
  "AttestationIncomplete",
  "AddressInvalid",
  "SchemaInvalid",
  "OperatorNotPublisher",
  "MetadataTooLong",
] as const;
export type Rule = (typeof RULES)[number];

/** Reverts of createListing and reviseListing that no draft can cause, and why. */
export const IMPOSSIBLE = {
  ListingUnknown: "the wizard edits listings that the chain gave it",
  RoleMissing: "the wizard opens for managers and owners only",
  HubMismatch: "the hub is the one of the page",
  PayeeNotPayout: "the payee is read from the hub",
  RelayInvalid: "relays are ticked in a list without repeats",
  FlagsUnknown: "flags are ticked by name",
  MetadataMismatch: "the hash is made from the text that is sent",
  PlanKindUnknown: "kinds are chosen in a list",
  RightsInvalid: "READ is always granted, and nothing unknown",
  HistoryOnMeteredPlan: "the past cannot be ticked on a metered plan",
  PeriodOnFlatPlan: "flat plans have no such field",
  MeterOnTimePlan: "timed plans have no such field",
  PriceOnFreePlan: "free plans have no such field",
  BondTooLow: "the minimum is read from the contract and sent along",
  ListingIsClosed: "closed listings have no button to revise",
} as const;

export interface Problem {
  step: Step;
  /** Which field: a key of Draft, or "plans.<id>.<key>", "fields.<id>.<key>". */
  field: string;
  rule: Rule;
  values?: Record<string, string | number>;
}
