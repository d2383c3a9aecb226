import { bytesToHex, hexToBytes } from "viem";

/** Raw bytes, backed by an ordinary buffer (WebCrypto refuses shared ones). */
export type Bytes = Uint8Array<ArrayBuffer>;
/** `0x…`, lower case. */
export type Hex = `0x${string}`;
export type Address = Hex;

/** Bytes → `0x…`. */
export const hex = (bytes: Uint8Array): Hex => bytesToHex(bytes);
/** Character code → half a byte; 255 for what is no hex digit. */
const HALVES = new Uint8Array(128).fill(255);
for (let half = 0; half < 16; half++)
  for (const digit of [half.toString(16), half.toString(16).toUpperCase()])
    HALVES[digit.charCodeAt(0)] = half;

/** Writes the bytes of `0x…` at `at`, as many as it has digits for. False for what is no hexadecimal text; then some may be written. */
export function writeHex(out: Uint8Array, at: number, text: string): boolean {
  if (text.length % 2 === 1 || text.charCodeAt(0) !== 0x30 || text.charCodeAt(1) !== 0x78) return false;
  for (let i = 2, to = at; i < text.length; i += 2, to++) {
    const high = HALVES[text.charCodeAt(i)] ?? 255;
    const low = HALVES[text.charCodeAt(i + 1)] ?? 255;
    if (high === 255 || low === 255) return false;
    out[to] = (high << 4) | low;
  }
  return true;
}

/** `0x…` → bytes. @throws viem's errors for anything else */
export function unhex(text: Hex): Bytes {
  if (text.length < 2) return hexToBytes(text) as Bytes;
  const out = new Uint8Array((text.length - 2) >> 1);
  return writeHex(out, 0, text) ? out : (hexToBytes(text) as Bytes);
}

/** Whether `text` (`0x…`, either case) stands for exactly these bytes. */
export function isHexOf(text: string, bytes: Uint8Array): boolean {
  if (text.length !== 2 + 2 * bytes.length || text.charCodeAt(0) !== 0x30 || text.charCodeAt(1) !== 0x78)
    return false;
  for (let i = 0, at = 2; i < bytes.length; i++, at += 2) {
    const byte = bytes[i]!;
    if (HALVES[text.charCodeAt(at)] !== byte >> 4 || HALVES[text.charCodeAt(at + 1)] !== (byte & 15))
      return false;
  }
  return true;
}

const encoder = new TextEncoder();
/** Text → UTF-8. */
export const utf8 = (text: string): Bytes => encoder.encode(text) as Bytes;

/** One buffer out of many. */
export function concat(...parts: readonly Uint8Array[]): Bytes {
  let length = 0;
  for (const part of parts) length += part.length;
  const out = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** Not constant-time: for public values only. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Big-endian unsigned integer of a fixed width; throws RangeError when it does not fit. */
export function uint(value: number | bigint, width: number): Bytes {
  const out = new Uint8Array(width);
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) {
    // As most are: without big integers, which cost ten times as much.
    let rest = value;
    for (let i = width - 1; i >= 0 && rest > 0; i--) {
      out[i] = rest % 256;
      rest = Math.floor(rest / 256);
    }
    if (rest === 0) return out;
  }
  let rest = BigInt(value);
  if (rest < 0n || rest >> BigInt(8 * width) !== 0n) {
    throw new RangeError(`${value} does not fit in ${width} bytes`);
  }
  for (let i = width - 1; i >= 0; i--) {
    out[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return out;
}

/** Big-endian bytes → bigint. */
export function readUint(bytes: Uint8Array): bigint {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
}

/** A label of a hashed message: length 1 ‖ UTF-8. */
export function label(text: string): Bytes {
  const bytes = utf8(text);
  return concat(uint(bytes.length, 1), bytes);
}

/** A field of variable length in a hashed message: length 4 ‖ bytes. */
export const sized = (bytes: Uint8Array): Bytes => concat(uint(bytes.length, 4), bytes);
