/** Heads and samples as JSON: 64-bit numbers as decimal text, hashes in hex, segments as stored in base64. */
import { hex, SIGNATURE_BYTES } from "@weir/sdk/core";
import type { Sample, SignedHead } from "../services/statements.ts";
import type { Head } from "../store/segments.ts";

/** `headAtMs` and the fields behind it are the publisher's newest statement; null until it has made one here. */
export const headItem = (
  { header, segmentId, signedHeader, receivedAtMs }: Head,
  said: SignedHead | undefined,
) => ({
  listingId: String(header.listingId),
  generation: header.generation,
  epoch: header.epoch,
  seq: String(header.seq),
  sealedAtMs: header.sealedAtMs,
  segmentId: hex(segmentId),
  header: hex(signedHeader.subarray(0, -SIGNATURE_BYTES)),
  signature: hex(signedHeader.subarray(-SIGNATURE_BYTES)),
  receivedAtMs,
  headAtMs: said?.atMs ?? null,
  headGeneration: said?.generation ?? null,
  headNextSeq: said ? String(said.nextSeq) : null,
  headSegmentId: said ? hex(said.segmentId) : null,
  headKeyId: said?.keyId ?? null,
  headSignature: said ? hex(said.signature) : null,
});

export const sampleItem = (listingId: bigint, sample: Sample) => ({
  listingId: String(listingId),
  generation: sample.generation,
  fromSeq: String(sample.fromSeq),
  atMs: sample.atMs,
  keyId: sample.keyId,
  signature: hex(sample.signature),
  segments: sample.segments.map(({ segment, key }) => ({
    seq: String(segment.header.seq),
    key: hex(key),
    bytes: Buffer.from(segment.bytes).toString("base64"),
  })),
});
