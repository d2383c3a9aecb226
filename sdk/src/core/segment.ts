import { decodeBody, encodeBody, type Message } from "./body.ts";
import { type Bytes, concat, equalBytes, label, uint } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import type { PublicKey } from "./es256.ts";
import {
  AAD_BYTES,
  type Delivery,
  decodeHeader,
  encodeHeader,
  HEADER_BYTES,
  type Header,
  SegmentError,
  SIGNATURE_BYTES,
  segmentMessage,
  TAG_BYTES,
} from "./header.ts";
import { ciphertextRoot, plaintextRoot } from "./merkle.ts";

/** A segment taken apart; nothing about it is checked yet but its shape. */
export type ParsedSegment = {
  header: Header;
  headerBytes: Bytes;
  signature: Bytes;
  ciphertext: Bytes; // with the tag
  bytes: Bytes; // as stored and sent
};

/** Stored bytes → parts; throws SegmentError when the lengths do not fit. */
export function parseSegment(bytes: Uint8Array): ParsedSegment {
  const whole = new Uint8Array(bytes.buffer as ArrayBuffer, bytes.byteOffset, bytes.byteLength);
  const headerBytes = whole.subarray(0, HEADER_BYTES);
  const header = decodeHeader(headerBytes);
  const ciphertext = whole.subarray(HEADER_BYTES + SIGNATURE_BYTES);
  if (ciphertext.length !== header.ciphertextBytes)
    throw new SegmentError("ciphertext", "has ciphertextBytes bytes");
  return {
    header,
    headerBytes,
    signature: whole.subarray(HEADER_BYTES, HEADER_BYTES + SIGNATURE_BYTES),
    ciphertext,
    bytes: whole,
  };
}

const KEY_LABEL = label("weir/key");
const COMMIT_LABEL = label("weir/commit");

export const segmentKeyOf = (
  crypto: Crypto,
  epochKey: Uint8Array,
  header: { generation: number; seq: bigint; salt: Uint8Array },
): Bytes =>
  crypto.hmac(epochKey, concat(KEY_LABEL, uint(header.generation, 4), uint(header.seq, 8), header.salt));

export const keyCommitOf = (crypto: Crypto, segmentKey: Uint8Array): Bytes =>
  crypto.sha256(concat(COMMIT_LABEL, segmentKey));

export type SealParameters = {
  delivery: Delivery;
  publisherPrivateKey: Uint8Array;
  publisherKeyId: number;
  epochKey: Uint8Array;
  listingId: bigint;
  generation: number;
  epoch: number;
  seq: bigint;
  sealedAtMs: number;
  prevHash: Uint8Array; // 32; zeros at a generation's first segment
  salt: Uint8Array; // 16, random
  messages: readonly Message[];
  pad?: boolean;
};

/** Messages → one sealed, signed segment. */
export async function sealSegment(
  crypto: Crypto,
  p: SealParameters,
): Promise<{ bytes: Bytes; header: Header; segmentId: Bytes }> {
  const { body, flags } = encodeBody(crypto, p.messages, { pad: p.pad ?? false });
  const segmentKey = segmentKeyOf(crypto, p.epochKey, { generation: p.generation, seq: p.seq, salt: p.salt });
  const header: Header = {
    listingId: p.listingId,
    generation: p.generation,
    epoch: p.epoch,
    seq: p.seq,
    sealedAtMs: p.sealedAtMs,
    messageCount: p.messages.length,
    bodyBytes: body.length,
    ciphertextBytes: body.length + TAG_BYTES,
    flags,
    publisherKeyId: p.publisherKeyId,
    salt: new Uint8Array(p.salt),
    prevHash: new Uint8Array(p.prevHash),
    plaintextRoot: plaintextRoot(crypto, body, segmentKey),
    keyCommit: keyCommitOf(crypto, segmentKey),
    ciphertextRoot: new Uint8Array(32),
  };
  const aad = encodeHeader(header).subarray(0, AAD_BYTES);
  const ciphertext = await crypto.gcmSeal(segmentKey, body, aad);
  header.ciphertextRoot = ciphertextRoot(crypto, ciphertext);
  const headerBytes = encodeHeader(header);
  const message = segmentMessage(p.delivery, headerBytes);
  const signature = crypto.es256Sign(p.publisherPrivateKey, message);
  return { bytes: concat(headerBytes, signature, ciphertext), header, segmentId: crypto.sha256(message) };
}

/** What anyone can check: ciphertextRoot and the publisher's signature. Returns the segmentId. */
export async function checkSegment(
  crypto: Crypto,
  delivery: Delivery,
  segment: ParsedSegment,
  publicKey: PublicKey,
): Promise<Bytes> {
  if (!equalBytes(ciphertextRoot(crypto, segment.ciphertext), segment.header.ciphertextRoot)) {
    throw new SegmentError("ciphertextRoot", "is the root of the ciphertext");
  }
  const message = segmentMessage(delivery, segment.headerBytes);
  if (!(await crypto.es256Verify(publicKey, message, segment.signature))) {
    throw new SegmentError("signature", "is the publisher's");
  }
  return crypto.sha256(message);
}

/**
 * What a key holder can read of a segment whose ciphertextRoot holds (`checkSegment`): key commitment, tag, messages, and with `deep` the
 * plaintext root (always done by an export check). A tag that does not hold is no fault of the data, which the publisher signed by its root:
 * then the root alone decides. Throws SegmentError naming what does not hold.
 */
export async function openSegment(
  crypto: Crypto,
  segment: ParsedSegment,
  key: { epochKey: Uint8Array } | { segmentKey: Uint8Array },
  options: { deep?: boolean } = {},
): Promise<{ messages: Message[]; segmentKey: Bytes; body: Bytes }> {
  const { header } = segment;
  const segmentKey =
    "segmentKey" in key ? new Uint8Array(key.segmentKey) : segmentKeyOf(crypto, key.epochKey, header);
  if (!equalBytes(keyCommitOf(crypto, segmentKey), header.keyCommit)) {
    throw new SegmentError("keyCommit", "commits to the key in use");
  }
  const { ciphertext, headerBytes } = segment;
  const isPromised = (bytes: Bytes) =>
    equalBytes(plaintextRoot(crypto, bytes, segmentKey), header.plaintextRoot);
  let body: Bytes;
  try {
    body = await crypto.gcmOpen(segmentKey, ciphertext, headerBytes.subarray(0, AAD_BYTES));
  } catch {
    body = await crypto.ctrOpen(segmentKey, ciphertext.subarray(0, ciphertext.length - TAG_BYTES));
    if (!isPromised(body)) throw new SegmentError("tag", "authenticates header and ciphertext");
    return { messages: decodeBody(crypto, body, header), segmentKey, body };
  }
  if (options.deep && !isPromised(body)) throw new SegmentError("plaintextRoot", "is the root of the body");
  return { messages: decodeBody(crypto, body, header), segmentKey, body };
}
