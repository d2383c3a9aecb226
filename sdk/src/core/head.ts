// A stream's head as relays show it to everybody (`/v1/heads`), checked against the keys of the listing's hub. A relay can keep a newer
// head back; it cannot make one up. Small enough for a page that only looks: WebCrypto and byte arithmetic, nothing else.
import { type Hex, unhex } from "./bytes.ts";
import { type PublicKey, verifyEs256 } from "./es256.ts";
import { type Delivery, decodeHeader, HEADER_BYTES, SegmentError, segmentMessage } from "./header.ts";
import { headMessage } from "./statement.ts";

/** The part of a relay's item that is signed: the newest segment's header, and the newest statement if there is one. */
type Item = {
  listingId: string;
  header: Hex;
  signature: Hex;
  headAtMs: number | null;
  headGeneration: number;
  headNextSeq: string;
  headSegmentId: Hex;
  headKeyId: number;
  headSignature: Hex;
};

export type CheckedHead = {
  listingId: bigint;
  generation: number;
  epoch: number;
  seq: bigint;
  /** When the newest segment was sealed, unix milliseconds by the publisher's clock. */
  sealedAtMs: number;
  /** When the publisher last said where the stream stands; null if the relay has no word of it. */
  headAtMs: number | null;
};

/**
 * Checks one item of a relay's `/v1/heads`. `keyOf` gives the hub's key of that number if it signed at that moment (unix milliseconds):
 * registered, and not revoked before.
 *
 * @throws SegmentError naming the field and the rule
 * @example
 * const { sealedAtMs } = await checkHead({ delivery, listingId: 7n, keyOf, item });
 */
export async function checkHead(p: {
  delivery: Delivery;
  listingId: bigint;
  keyOf: (keyId: number, atMs: number) => PublicKey | undefined;
  item: unknown;
}): Promise<CheckedHead> {
  const { delivery, listingId } = p;
  const item = shaped(p.item);
  const keyOf = (field: string, keyId: number, atMs: number): PublicKey => {
    const key = p.keyOf(keyId, atMs);
    if (!key) throw new SegmentError(field, "is a key of the listing's hub that is not revoked");
    return key;
  };
  const bytes = unhex(item.header);
  const { generation, epoch, seq, sealedAtMs, publisherKeyId, ...header } = decodeHeader(bytes);
  if (item.listingId !== String(listingId) || header.listingId !== listingId)
    throw new SegmentError("listingId", `is ${listingId}`);
  const sealer = keyOf("publisherKeyId", publisherKeyId, sealedAtMs);
  if (!(await verifyEs256(sealer, segmentMessage(delivery, bytes), unhex(item.signature))))
    throw new SegmentError("signature", "is the publisher's");
  const { headAtMs } = item;
  if (headAtMs !== null) {
    const message = headMessage(delivery, {
      listingId,
      generation: item.headGeneration,
      nextSeq: BigInt(item.headNextSeq),
      segmentId: unhex(item.headSegmentId),
      atMs: headAtMs,
    });
    const speaker = keyOf("headKeyId", item.headKeyId, headAtMs);
    if (!(await verifyEs256(speaker, message, unhex(item.headSignature))))
      throw new SegmentError("headSignature", "is the publisher's");
  }
  return { listingId, generation, epoch, seq, sealedAtMs, headAtMs };
}

const MAX_UINT32 = 2 ** 32 - 1;
const isHex = (value: unknown, bytes: number): boolean =>
  typeof value === "string" && value.length === 2 + 2 * bytes && /^0x[0-9a-f]*$/.test(value);
const isCount = (value: unknown, most = Number.MAX_SAFE_INTEGER): boolean =>
  Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= most;

/** The item's fields, each of the type it has to have. @throws SegmentError */
function shaped(value: unknown): Item {
  const need = (holds: boolean, field: string, rule: string): void => {
    if (!holds) throw new SegmentError(field, rule);
  };
  need(typeof value === "object" && value !== null, "head", "is a JSON object");
  const item = value as Item;
  need(isHex(item.header, HEADER_BYTES), "header", `has ${HEADER_BYTES} bytes`);
  need(isHex(item.signature, 64), "signature", "has 64 bytes");
  if (item.headAtMs === null) return item;
  need(isCount(item.headAtMs), "headAtMs", "is a whole number or null");
  need(isCount(item.headGeneration, MAX_UINT32), "headGeneration", "is a whole number of 32 bits");
  need(
    /^\d{1,20}$/.test(String(item.headNextSeq)) && BigInt(item.headNextSeq) < 1n << 64n,
    "headNextSeq",
    "is a decimal number of 64 bits",
  );
  need(isHex(item.headSegmentId, 32), "headSegmentId", "has 32 bytes");
  need(isCount(item.headKeyId, MAX_UINT32), "headKeyId", "is a whole number of 32 bits");
  need(isHex(item.headSignature, 64), "headSignature", "has 64 bytes");
  return item;
}
