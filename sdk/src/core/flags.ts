// The bits of `ListingTerms.flags` and the agreement they stand for: text and bitmap are made from the same table, so they agree.
import { keccak256 } from "viem";
import { type Hex, utf8 } from "./bytes.ts";

/** Bits 0 to 15: what the buyer may do with the readings. The order is the bit. */
export const LICENCE_FLAGS = [
  "store",
  "copy",
  "process",
  "analyse",
  "modify",
  "combine",
  "publishResults",
  "train",
  "commercial",
  "redistribute",
  "sell",
  "rent",
  "sublicense",
  "transfer",
  "keep",
  "attribute",
] as const;
export type LicenceFlag = (typeof LICENCE_FLAGS)[number];

/** Bits 16 to 18: what the stream is meant for. */
export const USE_FLAGS = ["research", "operations", "safetyCritical"] as const;
export type UseFlag = (typeof USE_FLAGS)[number];
const FIRST_USE_BIT = 16;

/** Bits 19 to 23, as in contracts/types/ListingTypes.sol. */
export const ListingFlag = {
  personalData: 1 << 19,
  restricted: 1 << 20,
  open: 1 << 21,
  sharedWithMarkets: 1 << 22,
  unlisted: 1 << 23,
} as const;

export const licenceBit = (flag: LicenceFlag): number => 1 << LICENCE_FLAGS.indexOf(flag);
export const purposeBit = (flag: UseFlag): number => 1 << (FIRST_USE_BIT + USE_FLAGS.indexOf(flag));

/** The sentences of the agreement. Its hash is signed for, so a changed word is another agreement: never edit, only add. */
const SENTENCES: Record<LicenceFlag | UseFlag, readonly [granted: string, withheld: string]> = {
  store: ["The buyer may store the readings.", "The buyer does not store the readings."],
  copy: ["The buyer may make copies for his own use.", "The buyer makes no copies."],
  process: ["The buyer may process them by machine.", "The buyer does not process them by machine."],
  analyse: ["The buyer may analyse them.", "The buyer does not analyse them."],
  modify: ["The buyer may alter them for his own use.", "The buyer does not alter them."],
  combine: [
    "The buyer may combine them with other data.",
    "The buyer does not combine them with other data.",
  ],
  publishResults: [
    "The buyer may publish what he found with them.",
    "The buyer does not publish what he found with them.",
  ],
  train: ["The buyer may train models on them.", "The buyer trains no models on them."],
  commercial: ["The buyer may use them in a business.", "The buyer does not use them in a business."],
  redistribute: [
    "The buyer may pass the readings on, free of charge.",
    "The buyer does not pass the readings on.",
  ],
  sell: ["The buyer may sell the readings on.", "The buyer does not sell the readings on."],
  rent: [
    "The buyer may let others use them for a time and a fee.",
    "The buyer does not let others use them for a fee.",
  ],
  sublicense: [
    "The buyer may grant these rights to others.",
    "The buyer grants these rights to nobody else.",
  ],
  transfer: [
    "The buyer may hand this agreement over to another.",
    "The buyer does not hand this agreement over.",
  ],
  keep: [
    "The buyer may keep the readings when access ends.",
    "The buyer deletes the readings when access ends.",
  ],
  attribute: ["Whoever shows the readings names the seller.", "The seller need not be named."],
  research: ["Meant for research and teaching.", ""],
  operations: ["Meant for running machines, buildings and services.", ""],
  safetyCritical: [
    "Fit for uses in which a wrong reading can hurt somebody.",
    "Not for uses in which a wrong reading can hurt somebody.",
  ],
};

const isSet = (flags: number, bit: number): boolean => (flags & bit) !== 0;

/** The names of the licence and use bits that are set, in the order of the bits. */
export const flagNames = (flags: number): (LicenceFlag | UseFlag)[] => [
  ...LICENCE_FLAGS.filter((flag) => isSet(flags, licenceBit(flag))),
  ...USE_FLAGS.filter((flag) => isSet(flags, purposeBit(flag))),
];

/**
 * The text of the agreement: one sentence for every licence and use bit, set or not, then the seller's own words.
 *
 * @param more what the seller adds; surrounding space is dropped
 */
export function agreementText(flags: number, more = ""): string {
  const set = new Set<string>(flagNames(flags));
  const sentences = [...LICENCE_FLAGS, ...USE_FLAGS]
    .map((flag) => SENTENCES[flag][set.has(flag) ? 0 : 1])
    .filter((sentence) => sentence !== "");
  return [sentences.join(" "), more.trim()].filter((part) => part !== "").join("\n\n");
}

/** `ListingTerms.termsHash` of an agreement's text. */
export const agreementHash = (text: string): Hex => keccak256(utf8(text));
