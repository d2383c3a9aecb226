import { decodeFirst, encode } from "cborg";
import { type Bytes, concat, uint, utf8 } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import { FLAG_DEFLATED, FLAG_PADDED, SegmentError } from "./header.ts";

/**
 * One reading of one device. `topic` is the part after `<device>/`; `timeMs` is when the gateway took it. A decoded `payload` is a view of its
 * segment's bytes: copy what is kept for long.
 */
export type Message = { device: string; topic: string; timeMs: number; payload: Uint8Array };

/** A segment never inflates beyond this, whatever it declares. */
export const MAX_INFLATED_BYTES = 1 << 20;
/** Deflate has to save one byte in so many: with less, every reader pays more for inflating than anyone saves. */
const LEAST_SAVING = 8;
const PAD_BYTES = 256;
/** Length of a body of so many bytes when it is padded. */
export const paddedBytes = (bytes: number): number => Math.ceil(bytes / PAD_BYTES) * PAD_BYTES;
const MAGIC = utf8("WEIR");
const PREFIX_BYTES = 12;

// Heads of RFC 8949 that our messages have.
const ARRAY_OF_FOUR = 0x84;
const MAJOR_UINT = 0;
const MAJOR_BYTES = 2;
const MAJOR_TEXT = 3;
/** Smallest argument that needs so many bytes behind the head. */
const LEAST_OF_WIDTH: Record<number, number> = { 1: 24, 2: 256, 4: 65_536, 8: 4_294_967_296 };

/** Messages → the bytes that enter the cipher, with the header flags that say how. */
export function encodeBody(
  crypto: Crypto,
  messages: readonly Message[],
  options: { pad?: boolean } = {},
): { body: Bytes; flags: number } {
  const plain = concat(...messages.map((m) => encode([m.device, m.topic, m.timeMs, m.payload])));
  if (plain.length > MAX_INFLATED_BYTES)
    throw new SegmentError("body", `inflates to at most ${MAX_INFLATED_BYTES} bytes`);
  const deflated = crypto.deflate(plain);
  const smaller = deflated.length <= plain.length - plain.length / LEAST_SAVING;
  let body = concat(MAGIC, uint(messages.length, 4), uint(plain.length, 4), smaller ? deflated : plain);
  let flags = smaller ? FLAG_DEFLATED : 0;
  if (options.pad) {
    body = concat(body, new Uint8Array(paddedBytes(body.length) - body.length));
    flags |= FLAG_PADDED;
  }
  return { body, flags };
}

/** The bytes that came out of the cipher → messages; throws SegmentError when they are not what the header says. */
export function decodeBody(
  crypto: Crypto,
  body: Uint8Array,
  header: { flags: number; messageCount: number },
): Message[] {
  if (body.length < PREFIX_BYTES || !MAGIC.every((byte, i) => body[i] === byte)) {
    throw new SegmentError("body", 'begins with "WEIR"');
  }
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const count = view.getUint32(4);
  const inflatedBytes = view.getUint32(8);
  if (count !== header.messageCount) throw new SegmentError("messageCount", "equals the body's count");
  if (inflatedBytes > MAX_INFLATED_BYTES)
    throw new SegmentError("inflatedBytes", `is at most ${MAX_INFLATED_BYTES}`);
  const packed = body.subarray(PREFIX_BYTES);
  let rest: Uint8Array;
  try {
    rest =
      header.flags & FLAG_DEFLATED
        ? crypto.inflate(packed, inflatedBytes)
        : packed.subarray(0, inflatedBytes);
  } catch (error) {
    throw new SegmentError(
      "body",
      `inflates to its declared size (${error instanceof Error ? error.message : error})`,
    );
  }
  if (rest.length !== inflatedBytes) throw new SegmentError("inflatedBytes", "is the size of the messages");
  const messages: Message[] = [];
  const plain = new PlainItems(rest);
  while (plain.at < rest.length) {
    if (messages.length === count) throw new SegmentError("body", "holds messageCount messages");
    let item = plain.next();
    if (item === null) {
      // Not as our encoder writes it: the library says whether it is allowed, and what is wrong with it.
      const [other, after] = decodeItem(rest.subarray(plain.at));
      item = other;
      plain.at = rest.length - after.length;
    }
    messages.push(item);
  }
  if (messages.length !== count) throw new SegmentError("body", "holds messageCount messages");
  return messages;
}

/** A text, and where it stands in the sequence. */
type Known = { from: number; text: string };

/**
 * Messages in the form that `encodeBody` gives them, read without the generic decoder, which takes most of a reader's time. `next` gives
 * null, and `at` stays, at anything else: other lengths than the shortest, other types, text with anything but ASCII.
 */
class PlainItems {
  readonly #bytes: Uint8Array;
  /** Where the next message begins. */
  at = 0;
  #head = 0; // behind the head that was read last
  /** The text that came last in each place: most messages of a segment name the same device and topic. */
  readonly #last: [Known, Known] = [
    { from: 0, text: "" },
    { from: 0, text: "" },
  ];

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  next(): Message | null {
    if (this.#bytes[this.at] !== ARRAY_OF_FOUR) return null;
    this.#head = this.at + 1;
    const device = this.#text(0);
    if (device === null) return null;
    const topic = this.#text(1);
    if (topic === null) return null;
    const timeMs = this.#length(MAJOR_UINT);
    if (timeMs < 0) return null;
    const payloadBytes = this.#length(MAJOR_BYTES);
    if (payloadBytes < 0 || this.#head + payloadBytes > this.#bytes.length) return null;
    const payload = this.#bytes.subarray(this.#head, this.#head + payloadBytes);
    this.at = this.#head + payloadBytes;
    return { device, topic, timeMs, payload };
  }

  /** The argument of the next head if it has this major type and the shortest form, otherwise -1. */
  #length(major: number): number {
    const bytes = this.#bytes;
    const first = bytes[this.#head];
    if (first === undefined || first >> 5 !== major) return -1;
    const short = first & 0x1f;
    if (short < 24) {
      this.#head += 1;
      return short;
    }
    const width = 1 << (short - 24);
    if (width > 8 || this.#head + 1 + width > bytes.length) return -1;
    let value = 0;
    for (let i = 1; i <= width; i++) value = value * 256 + bytes[this.#head + i]!;
    if (value < LEAST_OF_WIDTH[width]! || value > Number.MAX_SAFE_INTEGER) return -1;
    this.#head += 1 + width;
    return value;
  }

  #text(place: 0 | 1): string | null {
    const length = this.#length(MAJOR_TEXT);
    const end = this.#head + length;
    if (length < 0 || end > this.#bytes.length) return null;
    const from = this.#head;
    this.#head = end;
    const last = this.#last[place];
    if (this.#isAt(from, length, last)) return last.text;
    let text = "";
    for (let at = from; at < end; at++) {
      const byte = this.#bytes[at]!;
      if (byte > 0x7f) return null;
      text += String.fromCharCode(byte);
    }
    this.#last[place] = { from, text };
    return text;
  }

  /** Whether the bytes from `from` on are those of a text that was read before. */
  #isAt(from: number, length: number, known: Known): boolean {
    if (length !== known.text.length) return false; // ASCII: a character a byte
    const bytes = this.#bytes;
    for (let i = 0; i < length; i++) if (bytes[from + i] !== bytes[known.from + i]) return false;
    return true;
  }
}

function decodeItem(bytes: Uint8Array): [Message, Uint8Array] {
  let item: unknown;
  let after: Uint8Array;
  try {
    [item, after] = decodeFirst(bytes, { strict: true });
  } catch (error) {
    throw new SegmentError("body", `is a CBOR sequence (${error instanceof Error ? error.message : error})`);
  }
  if (!Array.isArray(item) || item.length !== 4) throw new SegmentError("message", "has four parts");
  const [device, topic, timeMs, payload] = item as unknown[];
  if (typeof device !== "string" || typeof topic !== "string")
    throw new SegmentError("message", "names device and topic");
  if (typeof timeMs !== "number" || !Number.isSafeInteger(timeMs) || timeMs < 0)
    throw new SegmentError("message", "has a time");
  if (!(payload instanceof Uint8Array)) throw new SegmentError("message", "has a payload");
  return [{ device, topic, timeMs, payload }, after];
}
