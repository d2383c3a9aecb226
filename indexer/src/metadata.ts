/**
 * Reads a listing's or hub's JSON-LD. Strangers write it, so nothing in it is believed: sizes, types and characters are checked,
 * and what does not fit is left out. A listing with unreadable metadata still appears, with an empty title.
 */
import { CATEGORIES, type CategoryName } from "@weir/sdk/core";

/** The contracts' own limit on metadata; longer text is not parsed. */
export const MAX_METADATA_BYTES = 8_192;
/** One line on a card. */
export const MAX_TITLE_CHARS = 120;
/** Two paragraphs. */
export const MAX_DESCRIPTION_CHARS = 2_000;
/** Fits a chip. */
export const MAX_TAG_CHARS = 40;
export const MAX_TAGS = 16;
/** Rate, origin and licence are one line each. */
export const MAX_LINE_CHARS = 200;

export type Place = { name: string; lat: number; lon: number };

export type Source = { kind: "live" | "replay"; rate?: string; origin?: string; licence?: string };

export type ListingMetadata = {
  title: string;
  description: string;
  category: CategoryName;
  tags: string[];
  place: Place | null;
  source: Source;
};

/** The parsed object, or null if the text is too long, no JSON, or no object. */
export function parseObject(text: string): Record<string, unknown> | null {
  if (Buffer.byteLength(text) > MAX_METADATA_BYTES) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null; // a stranger's text that is no JSON is an expected case
    throw error;
  }
}

export function readListingMetadata(text: string): ListingMetadata {
  const json = parseObject(text) ?? {};
  const category = CATEGORIES.find((known) => known === json.category) ?? "other";
  return {
    title: plainText(json.name, MAX_TITLE_CHARS),
    description: plainText(json.description, MAX_DESCRIPTION_CHARS),
    category,
    tags: readTags(json.keywords),
    place: readPlace(json.spatial),
    source: readSource(json.source, json.license),
  };
}

/** A hub's display name; empty if it has none. */
export const readHubName = (text: string): string => plainText(parseObject(text)?.name, MAX_TITLE_CHARS);

/**
 * Text that a database and a page can take: no NUL (PostgreSQL refuses it, and one stranger would stop the index), no other
 * control characters, no lone surrogates, cut to `max` characters without splitting one.
 */
export function plainText(value: unknown, max: number): string {
  if (typeof value !== "string") return "";
  return [
    ...storable(value)
      .replace(/\p{Cc}+/gu, " ")
      .trim(),
  ]
    .slice(0, max)
    .join("");
}

/** The text as it is, without what PostgreSQL refuses to store. */
export const storable = (text: string): string => text.toWellFormed().replaceAll("\0", "");

function readTags(value: unknown): string[] {
  if (!Array.isArray(value)) return [];
  const tags = value.slice(0, MAX_TAGS).map((tag) => plainText(tag, MAX_TAG_CHARS));
  return [...new Set(tags.filter((tag) => tag !== ""))];
}

function readPlace(value: unknown): Place | null {
  if (!isObject(value)) return null;
  const { latitude: lat, longitude: lon } = value;
  if (typeof lat !== "number" || typeof lon !== "number") return null;
  if (!(Math.abs(lat) <= 90) || !(Math.abs(lon) <= 180)) return null;
  return { name: plainText(value.name, MAX_LINE_CHARS), lat, lon };
}

function readSource(value: unknown, license: unknown): Source {
  const source = isObject(value) ? value : {};
  const line = (part: unknown) => plainText(part, MAX_LINE_CHARS) || undefined;
  // Only an explicit word makes data count as live: a replay must never pass for more than it is.
  return {
    kind: source.kind === "live" ? "live" : "replay",
    rate: line(source.rate),
    origin: line(source.origin),
    licence: line(license),
  };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
