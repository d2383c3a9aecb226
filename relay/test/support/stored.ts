// What the writer stores: the same at every run, so that a reader knows each byte.
import { createHash } from "node:crypto";
import { type Bytes, encodeHeader, type Header, type Hex } from "@weir/sdk/core";
import { type Account, newAccount } from "../../src/store/ledger.ts";
import type { Segment } from "../../src/store/segments.ts";

/** Enough for the write-ahead log to be folded back once (1,000 pages). */
export const COUNT = 100;
export const FATAL_EXIT = 70;
export const LISTING = 7n;
export const GENERATION = 1;
export const CHANNEL: Hex = `0x${"ab".repeat(32)}`;

const bytesOf = (label: string, length: number): Bytes => {
  const block = createHash("sha512").update(label).digest();
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i += 1) bytes[i] = block[i % 64]! ^ ((i >> 6) & 0xff);
  return bytes;
};

const bodyBytesAt = (n: number): number => 200 + ((n * 7919) % 60_000);

/** Without a size: of a few hundred bytes to 60 kB. */
export function segmentAt(n: number, bodyBytes = bodyBytesAt(n)): Segment {
  const header: Header = {
    listingId: LISTING,
    generation: GENERATION,
    epoch: 10 + Math.floor(n / 10),
    seq: BigInt(n),
    sealedAtMs: 1000 * n,
    messageCount: 1,
    bodyBytes,
    ciphertextBytes: bodyBytes + 16,
    flags: 0,
    publisherKeyId: 0,
    salt: bytesOf(`salt ${n}`, 16),
    prevHash: bytesOf(`id ${n - 1}`, 32),
    plaintextRoot: bytesOf(`plain ${n}`, 32),
    keyCommit: bytesOf(`commit ${n}`, 32),
    ciphertextRoot: bytesOf(`cipher ${n}`, 32),
  };
  const head = encodeHeader(header);
  const bytes = new Uint8Array(head.length + 64 + bodyBytes + 16);
  bytes.set(head);
  bytes.set(bytesOf(`rest ${n}`, bytes.length - head.length), head.length);
  return { header, segmentId: bytesOf(`id ${n}`, 32), bytes, receivedAtMs: 5 + n };
}

/** The channel's row after n + 1 charges. */
export const accountAt = (n: number): Account => ({
  ...newAccount(CHANNEL, LISTING, `0x${"cd".repeat(32)}`),
  total: BigInt(n + 1) * 1000n,
  signature: bytesOf(`voucher ${n}`, 64),
  accrued: BigInt(n + 1) * 999n,
  nextSeq: BigInt(n + 1),
});
