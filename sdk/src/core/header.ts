import { type Address, type Bytes, concat, label, uint, unhex } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";

/** Where a signed thing belongs: the chain and the contracts it names. One value for a whole deployment. */
export type Delivery = {
  chainId: number;
  hubs: Address;
  grants: Address;
  channels: Address;
};

export const HEADER_BYTES = 195;
/** Everything before ciphertextRoot: the associated data of the cipher. */
export const AAD_BYTES = 163;
export const SIGNATURE_BYTES = 64;
export const TAG_BYTES = 16;
export const HEADER_VERSION = 1;

export const FLAG_DEFLATED = 1;
export const FLAG_PADDED = 2;

/** A segment's header, version 1. Layout: docs/protocol/segment.md. */
export type Header = {
  listingId: bigint;
  generation: number;
  epoch: number;
  seq: bigint;
  sealedAtMs: number;
  messageCount: number;
  bodyBytes: number;
  ciphertextBytes: number;
  flags: number;
  publisherKeyId: number;
  salt: Bytes;
  prevHash: Bytes;
  plaintextRoot: Bytes;
  keyCommit: Bytes;
  ciphertextRoot: Bytes;
};

/** A segment that breaks a rule: which field, which rule. */
export class SegmentError extends Error {
  override readonly name = "SegmentError";
  readonly field: string;
  readonly rule: string;

  constructor(field: string, rule: string) {
    super(`segment ${field}: ${rule}`);
    this.field = field;
    this.rule = rule;
  }
}

/** Header → 195 bytes; throws RangeError when a number does not fit its field. */
export function encodeHeader(header: Header): Bytes {
  const bytes = concat(
    uint(HEADER_VERSION, 1),
    uint(header.listingId, 8),
    uint(header.generation, 4),
    uint(header.epoch, 4),
    uint(header.seq, 8),
    uint(header.sealedAtMs, 8),
    uint(header.messageCount, 4),
    uint(header.bodyBytes, 4),
    uint(header.ciphertextBytes, 4),
    uint(header.flags, 2),
    uint(header.publisherKeyId, 4),
    header.salt,
    header.prevHash,
    header.plaintextRoot,
    header.keyCommit,
    header.ciphertextRoot,
  );
  if (bytes.length !== HEADER_BYTES) throw new RangeError("a header's hashes have the wrong width");
  return bytes;
}

/** 195 bytes → Header; throws SegmentError on an unknown version or flag, or lengths that disagree. */
export function decodeHeader(bytes: Uint8Array): Header {
  if (bytes.length !== HEADER_BYTES) throw new SegmentError("header", `has ${HEADER_BYTES} bytes`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint8(0) !== HEADER_VERSION) throw new SegmentError("version", `is ${HEADER_VERSION}`);
  const sealedAtMs = view.getBigUint64(25);
  if (sealedAtMs > BigInt(Number.MAX_SAFE_INTEGER)) throw new SegmentError("sealedAtMs", "is below 2^53");
  const header: Header = {
    listingId: view.getBigUint64(1),
    generation: view.getUint32(9),
    epoch: view.getUint32(13),
    seq: view.getBigUint64(17),
    sealedAtMs: Number(sealedAtMs),
    messageCount: view.getUint32(33),
    bodyBytes: view.getUint32(37),
    ciphertextBytes: view.getUint32(41),
    flags: view.getUint16(45),
    publisherKeyId: view.getUint32(47),
    salt: new Uint8Array(bytes.subarray(51, 67)),
    prevHash: new Uint8Array(bytes.subarray(67, 99)),
    plaintextRoot: new Uint8Array(bytes.subarray(99, 131)),
    keyCommit: new Uint8Array(bytes.subarray(131, 163)),
    ciphertextRoot: new Uint8Array(bytes.subarray(163, 195)),
  };
  if (header.flags > 3) throw new SegmentError("flags", "uses bits 0 and 1 only");
  if (header.messageCount === 0) throw new SegmentError("messageCount", "is at least 1");
  if (header.ciphertextBytes !== header.bodyBytes + TAG_BYTES) {
    throw new SegmentError("ciphertextBytes", "is bodyBytes + 16");
  }
  return header;
}

const SEGMENT_LABEL = label("weir/segment/1");
/** The signed message of a segment; its SHA-256 is the segmentId. */
export const segmentMessage = (delivery: Delivery, header: Uint8Array): Bytes =>
  concat(SEGMENT_LABEL, uint(delivery.chainId, 32), unhex(delivery.hubs), header);

/** The id of a segment: the hash of what it identifies. */
export const segmentId = (crypto: Crypto, delivery: Delivery, header: Uint8Array): Bytes =>
  crypto.sha256(segmentMessage(delivery, header));

/** The epoch of a moment. `epochLength` in seconds. */
export const epochAt = (sealedAtMs: number, epochLength: number): number =>
  Math.floor(sealedAtMs / (1000 * epochLength));
