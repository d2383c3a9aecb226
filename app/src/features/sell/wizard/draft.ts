/** A listing while it is being written: what stands in the fields, as typed. Nothing here is checked; readDraft.ts does that. */
import type { PlanKindName } from "@/lib/indexer.ts";

export interface FieldDraft {
  id: string;
  name: string;
  title: string;
  type: "number" | "string" | "boolean";
  unit: string;
}

export const BYTE_UNITS = { KiB: 2n ** 10n, MiB: 2n ** 20n, GiB: 2n ** 30n } as const;
export type ByteUnit = keyof typeof BYTE_UNITS;
export const PERIOD_UNITS = { minute: 60, hour: 3_600, day: 86_400, week: 604_800 } as const;
export type PeriodUnit = keyof typeof PERIOD_UNITS;

export interface PlanDraft {
  id: string;
  kind: PlanKindName;
  /** In whole tokens, as typed. Flat: what is due at once. */
  price: string;
  /** How many messages, or how many of `byteUnit`, one price buys. */
  unit: string;
  byteUnit: ByteUnit;
  period: string;
  periodUnit: PeriodUnit;
  /** Period plans only. */
  upfront: string;
  /** Empty = as the formula proposes. */
  entry: string;
  /** Days; empty = without end. */
  window: string;
  /** Minutes. */
  notice: string;
  promoPrice: string;
  /** As a datetime-local input has it, in the reader's zone. */
  promoUntil: string;
  history: boolean;
  write: boolean;
}

export interface Draft {
  title: string;
  description: string;
  category: string;
  /** Separated by commas. */
  keywords: string;
  sourceKind: "live" | "replay";
  rate: string;
  origin: string;
  placeName: string;
  latitude: string;
  longitude: string;
  fields: FieldDraft[];
  /** Id of a field, or empty. */
  timeField: string;
  wholeHub: boolean;
  devices: string[];
  /** One pattern a line; empty = all. */
  topics: string;
  token: string;
  plans: PlanDraft[];
  relays: string[];
  relayPercent: string;
  /** Addresses, one a line. */
  markets: string;
  marketPercent: string;
  /** Hours. */
  challenge: string;
  /** Seconds; empty = as the plans ask for. */
  epochLength: string;
  flushMs: string;
  maxMessages: string;
  maxBytes: string;
  /** Days. */
  historyDepth: string;
  saleUntil: string;
  licence: string;
  flags: number;
  agreementMore: string;
  attestationSchema: string;
  attester: string;
  arbiter: string;
  operator: string;
}

let counter = 0;
/** Names rows of a form; never leaves the page. */
export const freshId = (): string => `${Date.now().toString(36)}${(counter++).toString(36)}`;

export const newField = (): FieldDraft => ({ id: freshId(), name: "", title: "", type: "number", unit: "" });

export const newPlan = (kind: PlanKindName = "message"): PlanDraft => ({
  id: freshId(),
  kind,
  price: "",
  unit: "1",
  byteUnit: "MiB",
  period: "1",
  periodUnit: "day",
  upfront: "",
  entry: "",
  window: "",
  notice: "60",
  promoPrice: "",
  promoUntil: "",
  history: false,
  write: false,
});

export const newDraft = (given: Pick<Draft, "token" | "relays" | "operator" | "flags">): Draft => ({
  title: "",
  description: "",
  category: "telemetry",
  keywords: "",
  sourceKind: "live",
  rate: "",
  origin: "",
  placeName: "",
  latitude: "",
  longitude: "",
  fields: [newField()],
  timeField: "",
  wholeHub: true,
  devices: [],
  topics: "",
  plans: [newPlan()],
  relayPercent: "5",
  markets: "",
  marketPercent: "0",
  challenge: "24",
  epochLength: "",
  flushMs: "50",
  maxMessages: "256",
  maxBytes: "65536",
  historyDepth: "0",
  saleUntil: "",
  licence: "",
  agreementMore: "",
  attestationSchema: "",
  attester: "",
  arbiter: "",
  ...given,
});
