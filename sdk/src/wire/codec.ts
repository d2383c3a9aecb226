import { decode, encode } from "cborg";
import { type Bytes, type Hex, hex, readUint, uint, unhex } from "../core/index.ts";

/**
 * How one field looks in CBOR and in TypeScript; `decode` throws TypeError with the rule it breaks. `kind` is the same for people
 * (docs/protocol/wire.md), `parts` are the fields of a map in it.
 */
export type Field<T> = {
  kind: string;
  parts?: Shape;
  encode(value: T): unknown;
  decode(raw: unknown): T;
};
type Shape = Record<string, Field<unknown>>;
/** The TypeScript value of a field, or of a whole shape of fields. */
export type ValueOf<F> =
  F extends Field<infer T> ? T : F extends object ? { [K in keyof F]: ValueOf<F[K]> } : never;

const fail = (rule: string): never => {
  throw new TypeError(rule);
};

const whole = (bits: number, rule: string): Field<number> => ({
  kind: `uint < 2^${bits}`,
  encode: (value) => value,
  decode: (raw) =>
    typeof raw === "number" && Number.isInteger(raw) && raw >= 0 && raw < 2 ** bits ? raw : fail(rule),
});
/** Unsigned integer below 2^53, as a number. */
export const int = whole(53, "is a whole number");
/** Unsigned integer of a field that a signature or a layout holds in so many bits. */
export const u8 = whole(8, "is a whole number below 2^8");
export const u16 = whole(16, "is a whole number below 2^16");
export const u24 = whole(24, "is a whole number below 2^24");
export const u32 = whole(32, "is a whole number below 2^32");
export const u40 = whole(40, "is a whole number below 2^40");
/** Unsigned 64-bit integer, as a bigint. */
export const u64: Field<bigint> = {
  kind: "uint64",
  encode: (value) => value,
  decode(raw) {
    if (typeof raw === "number" && Number.isSafeInteger(raw) && raw >= 0) return BigInt(raw);
    if (typeof raw === "bigint" && raw >= 0n && raw < 1n << 64n) return raw;
    return fail("is an unsigned 64-bit number");
  },
};
const wide = (width: number): Field<bigint> => ({
  kind: `${width} bytes`,
  encode: (value) => uint(value, width),
  decode: (raw) =>
    raw instanceof Uint8Array && raw.length === width ? readUint(raw) : fail(`is a number in ${width} bytes`),
});
/** uint96 in the smallest token unit. */
export const amount = wide(12);
/** Σ price × units, before the division by a plan's unit. */
export const accrued = wide(16);
/** Fixed-width id, hash or address as `0x…`. */
export const id = (width: number): Field<Hex> => ({
  kind: `${width} bytes`,
  encode(value) {
    const bytes = unhex(value);
    return bytes.length === width ? bytes : fail(`has ${width} bytes`);
  },
  decode: (raw) =>
    raw instanceof Uint8Array && raw.length === width ? hex(raw) : fail(`has ${width} bytes`),
});
export const hash = id(32);
export const address = id(20);
/** Bytes of one width, or of at most `max`. */
export const bytes = (width: number): Field<Uint8Array> => ({
  kind: `${width} bytes`,
  encode: (value) => (value.length === width ? value : fail(`has ${width} bytes`)),
  decode: (raw) => (raw instanceof Uint8Array && raw.length === width ? raw : fail(`has ${width} bytes`)),
});
export const blob = (max: number): Field<Uint8Array> => ({
  kind: `≤ ${max} bytes`,
  encode: (value) => (value.length <= max ? value : fail(`has at most ${max} bytes`)),
  decode: (raw) => (raw instanceof Uint8Array && raw.length <= max ? raw : fail(`has at most ${max} bytes`)),
});
export const text = (max: number): Field<string> => ({
  kind: `text ≤ ${max}`,
  encode: (value) => value.slice(0, max),
  decode: (raw) => (typeof raw === "string" && raw.length <= max ? raw : fail(`is text of at most ${max}`)),
});
export const bool: Field<boolean> = {
  kind: "bool",
  encode: (value) => value,
  decode: (raw) => (typeof raw === "boolean" ? raw : fail("is true or false")),
};
export const nullable = <T>(field: Field<T>): Field<T | null> => ({
  kind: `null or ${field.kind}`,
  ...(field.parts ? { parts: field.parts } : {}),
  encode: (value) => (value === null ? null : field.encode(value)),
  decode: (raw) => (raw === null ? null : field.decode(raw)),
});
export const list = <T>(field: Field<T>, max: number): Field<T[]> => ({
  kind: `array ≤ ${max} of ${field.kind}`,
  ...(field.parts ? { parts: field.parts } : {}),
  encode: (values) => (values.length <= max ? values.map(field.encode) : fail(`has at most ${max} items`)),
  decode: (raw) =>
    Array.isArray(raw) && raw.length <= max ? raw.map(field.decode) : fail(`has at most ${max} items`),
});
/** Details of a refusal: a few short texts. */
export const details: Field<Record<string, string>> = {
  kind: "map ≤ 16 of text ≤ 256",
  encode: (value) => value,
  decode(raw) {
    if (raw === null || typeof raw !== "object" || Array.isArray(raw)) return fail("is a map of texts");
    const entries = Object.entries(raw as Record<string, unknown>);
    if (entries.length > 16 || entries.some(([, v]) => typeof v !== "string" || v.length > 256)) {
      return fail("is a map of at most 16 short texts");
    }
    return Object.fromEntries(entries) as Record<string, string>;
  },
};
/** A map with exactly these fields. */
export function object<S extends Shape>(shape: S): Field<ValueOf<S>> {
  const names = Object.keys(shape);
  return {
    kind: "map",
    parts: shape,
    encode(value) {
      const record = value as Record<string, unknown>;
      return Object.fromEntries(
        names.map((name) => [name, named(name, () => shape[name]!.encode(record[name]))]),
      );
    },
    decode(raw) {
      if (raw === null || typeof raw !== "object" || Array.isArray(raw) || raw instanceof Uint8Array) {
        return fail("is a map");
      }
      const record = raw as Record<string, unknown>;
      const unknown = Object.keys(record).find((name) => !Object.hasOwn(shape, name));
      if (unknown !== undefined) return fail(`has no field ${unknown.slice(0, 32)}`);
      return Object.fromEntries(
        names.map((name) => [name, named(name, () => shape[name]!.decode(record[name]))]),
      ) as ValueOf<S>;
    },
  };
}

function named<T>(name: string, act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw new TypeError(`${name} ${error instanceof Error ? error.message : error}`);
  }
}

export const toCbor = <T>(field: Field<T>, value: T): Bytes => encode(field.encode(value)) as Bytes;
/** Throws TypeError or RangeError for anything but exactly one value of this shape. */
export const fromCbor = <T>(field: Field<T>, raw: Uint8Array): T =>
  field.decode(decode(raw, { strict: true, rejectDuplicateMapKeys: true }));
