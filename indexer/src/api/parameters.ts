/** Reads query parameters strictly: a name that the endpoint does not know, or a value out of its range, is answered with 400. */
import { type Address, getAddress, type Hex, isAddress } from "viem";

export const DEFAULT_LIMIT = 20;
/** Keeps one answer below about a megabyte with the longest metadata. */
export const MAX_LIMIT = 100;
/** Longer searches are no words but load. */
export const MAX_QUERY_CHARS = 100;
/** A cursor of ours is far shorter. */
export const MAX_CURSOR_CHARS = 200;
const MAX_UINT64 = 2n ** 64n - 1n;

/** A query or path parameter that the endpoint does not take. */
export class InvalidParameter extends Error {
  override readonly name = "InvalidParameter";
  readonly field: string;

  constructor(field: string, message: string) {
    super(message);
    this.field = field;
  }
}

/** The query's values by name; each name at most once, and only those in `known`. */
export function readQuery<const name extends string>(
  url: string,
  known: readonly name[],
): Partial<Record<name, string>> {
  const values: Partial<Record<name, string>> = {};
  for (const [key, value] of new URL(url).searchParams) {
    const found = known.find((candidate) => candidate === key);
    if (found === undefined) throw new InvalidParameter(key, `Known parameters: ${known.join(", ")}.`);
    if (values[found] !== undefined) throw new InvalidParameter(key, "Given more than once.");
    values[found] = value;
  }
  return values;
}

export function readLimit(value: string | undefined): number {
  if (value === undefined) return DEFAULT_LIMIT;
  const limit = /^[1-9]\d{0,2}$/.test(value) ? Number(value) : 0;
  if (limit < 1 || limit > MAX_LIMIT)
    throw new InvalidParameter("limit", `A whole number from 1 to ${MAX_LIMIT}.`);
  return limit;
}

export function readId(field: string, value: string): bigint {
  const id = /^(0|[1-9]\d{0,19})$/.test(value) ? BigInt(value) : -1n;
  if (id < 0n || id > MAX_UINT64) throw new InvalidParameter(field, "A decimal number below 2^64.");
  return id;
}

function readAddress(field: string, value: string): Address {
  if (!isAddress(value, { strict: false }))
    throw new InvalidParameter(field, "An address: 0x and 40 hex digits.");
  return getAddress(value);
}

/** As the tables have it: in lower case. */
export function readHash(field: string, value: string): Hex {
  if (!/^0x[0-9a-f]{64}$/i.test(value)) throw new InvalidParameter(field, "32 bytes: 0x and 64 hex digits.");
  return value.toLowerCase() as Hex;
}

/** As the tables have it: Ponder keeps addresses in lower case. */
export const readAccount = (field: string, value: string): Hex =>
  readAddress(field, value).toLowerCase() as Hex;

export function readOneOf<const word extends string>(
  field: string,
  value: string | undefined,
  words: readonly word[],
): word | undefined {
  if (value === undefined) return undefined;
  const word = words.find((candidate) => candidate === value);
  if (word === undefined) throw new InvalidParameter(field, `One of: ${words.join(", ")}.`);
  return word;
}

export function readSearch(field: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  if ([...value].length > MAX_QUERY_CHARS)
    throw new InvalidParameter(field, `At most ${MAX_QUERY_CHARS} characters.`);
  if (/\p{Cc}/u.test(value)) throw new InvalidParameter(field, "No control characters.");
  return value.trim().toLowerCase() || undefined;
}

/** The position behind which the next page begins, as the last page's `next` gave it. Opaque to clients. */
export function readCursor(value: string | undefined, pattern: RegExp): string | undefined {
  if (value === undefined) return undefined;
  const position = value.length <= MAX_CURSOR_CHARS ? Buffer.from(value, "base64url").toString("utf8") : "";
  if (!pattern.test(position) || writeCursor(position) !== value)
    throw new InvalidParameter("cursor", "Not a cursor of this list.");
  return position;
}

/** A position among events: Ponder's event id. */
export const readPosition = (value: string | undefined): string | undefined => readCursor(value, /^\d{75}$/);

export const writeCursor = (position: string): string => Buffer.from(position, "utf8").toString("base64url");
