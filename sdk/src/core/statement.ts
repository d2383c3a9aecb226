// What a publisher says besides its segments: where its stream stands now, and which old segments anybody may read.
import { type Bytes, concat, label, uint, unhex } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import type { Delivery } from "./header.ts";

/** Where a stream stands at a moment: said again and again, so that silence can be told from withholding. */
export type SignedHead = {
  listingId: bigint;
  generation: number;
  /** Number that the next segment will have. */
  nextSeq: bigint;
  /** Of the segment before it; 32 zeros at a generation's beginning. */
  segmentId: Uint8Array;
  /** Unix milliseconds by the publisher's clock. */
  atMs: number;
};

/** The keys of consecutive segments that are given away: of segments, never of epochs. */
export type SampleKeys = {
  listingId: bigint;
  generation: number;
  fromSeq: bigint;
  /** Segment keys, 32 bytes each, one after the other. */
  keys: Uint8Array;
  atMs: number;
};

export const SEGMENT_KEY_BYTES = 32;
/** Segments of one sample: a look, not a supply. */
export const MAX_SAMPLE_SEGMENTS = 16;

const placed = ({ chainId, hubs }: Delivery, text: string): Bytes =>
  concat(label(text), uint(chainId, 32), unhex(hubs));

/** The message behind a head's ES256 signature. */
export const headMessage = (delivery: Delivery, head: SignedHead): Bytes =>
  concat(
    placed(delivery, "weir/head/1"),
    uint(head.listingId, 8),
    uint(head.generation, 4),
    uint(head.nextSeq, 8),
    head.segmentId,
    uint(head.atMs, 8),
  );

/** The message behind a sample's ES256 signature. */
export const sampleMessage = (crypto: Crypto, delivery: Delivery, sample: SampleKeys): Bytes =>
  concat(
    placed(delivery, "weir/sample/1"),
    uint(sample.listingId, 8),
    uint(sample.generation, 4),
    uint(sample.fromSeq, 8),
    crypto.sha256(sample.keys),
    uint(sample.atMs, 8),
  );

/** The keys of a sample one by one. Throws RangeError when there are none, too many, or a part of one. */
export function sampleKeysOf(keys: Uint8Array): Bytes[] {
  const count = keys.length / SEGMENT_KEY_BYTES;
  if (!Number.isInteger(count) || count < 1 || count > MAX_SAMPLE_SEGMENTS)
    throw new RangeError(
      `keys: are 1 to ${MAX_SAMPLE_SEGMENTS} segment keys of ${SEGMENT_KEY_BYTES} bytes each`,
    );
  return Array.from(
    { length: count },
    (_, i) => new Uint8Array(keys.subarray(i * SEGMENT_KEY_BYTES, (i + 1) * SEGMENT_KEY_BYTES)),
  );
}
