import { decodeFirst, encode } from "cborg";
import { type Bytes, concat, uint, utf8 } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import { FLAG_DEFLATED, FLAG_PADDED, SegmentError } from "./header.ts";

/** One reading of one device. `topic` is the part after `<device>/`; `timeMs` is when the gateway took it. */
export type Message = { device: string; topic: string; timeMs: number; payload: Uint8Array };

/** A segment never inflates beyond this, whatever it declares. */
export const MAX_INFLATED_BYTES = 1 << 20;
const PAD_BYTES = 256;
const MAGIC = utf8("WEIR");
const PREFIX_BYTES = 12;

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
  const smaller = deflated.length < plain.length;
  let body = concat(MAGIC, uint(messages.length, 4), uint(plain.length, 4), smaller ? deflated : plain);
  let flags = smaller ? FLAG_DEFLATED : 0;
  if (options.pad) {
    body = concat(body, new Uint8Array((PAD_BYTES - (body.length % PAD_BYTES)) % PAD_BYTES));
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
  while (rest.length > 0) {
    if (messages.length === count) throw new SegmentError("body", "holds messageCount messages");
    const [item, after] = decodeItem(rest);
    messages.push(item);
    rest = after;
  }
  if (messages.length !== count) throw new SegmentError("body", "holds messageCount messages");
  return messages;
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
