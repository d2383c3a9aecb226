/**
 * What publishers say besides their segments: the newest signed head and sample of every listing. Kept in memory: a gateway says both again
 * as soon as it is connected. What is wrong is refused, what is old is passed over.
 */
import {
  type Bytes,
  type Crypto,
  concat,
  type Delivery,
  equalBytes,
  headMessage,
  keyCommitOf,
  sampleKeysOf,
  sampleMessage,
} from "@weir/sdk/core";
import { type FrameOf, RefusedError } from "@weir/sdk/wire";
import type { Admission } from "../chain/admission.ts";
import { MAX_CLOCK_AHEAD_MS, MAX_SAMPLE_BYTES, MAX_STATEMENTS } from "../limits.ts";
import type { Segment, SegmentStore } from "../store/segments.ts";
import type { Gateway } from "./gateway-auth.ts";

export type SignedHead = Omit<FrameOf<"SIGNED_HEAD">, "type">;
/** A sample with the segments that its keys open. */
export type Sample = Omit<FrameOf<"SAMPLE">, "type"> & { segments: { segment: Segment; key: Bytes }[] };

export type Statements = {
  /** Checks and keeps what a publisher says. @throws RefusedError BadSignature, BadKey, BadSegment, BadFrame, StaleGeneration */
  take(gateway: Gateway, frame: FrameOf<"SIGNED_HEAD"> | FrameOf<"SAMPLE">): Promise<void>;
  head(listingId: bigint): SignedHead | undefined;
  /** Null while there is none, or when its segments are stored no longer. */
  sample(listingId: bigint): Promise<Sample | null>;
};

type Said = { head?: SignedHead; sample?: Omit<FrameOf<"SAMPLE">, "type"> };

export const statements =
  () =>
  ({
    admission,
    crypto,
    delivery,
    segments,
  }: {
    admission: Admission;
    crypto: Crypto;
    delivery: Delivery;
    segments: SegmentStore;
  }): Statements => {
    const said = new Map<bigint, Said>();

    function keep(listingId: bigint, change: Said): void {
      const before = said.get(listingId);
      said.delete(listingId);
      said.set(listingId, { ...before, ...change });
      if (said.size > MAX_STATEMENTS) said.delete(said.keys().next().value!);
    }

    /** Whose key, whose generation, and not from the future. */
    async function check(
      { listing, generation }: Gateway,
      frame: FrameOf<"SIGNED_HEAD"> | FrameOf<"SAMPLE">,
      message: Bytes,
    ): Promise<void> {
      if (frame.generation !== generation)
        throw new RefusedError("StaleGeneration", `${frame.type}: generation is the one of AUTH.`);
      if (frame.atMs > Date.now() + MAX_CLOCK_AHEAD_MS)
        throw new RefusedError("BadFrame", `${frame.type}: atMs is at most ${MAX_CLOCK_AHEAD_MS} ms ahead.`);
      const key = await admission.publisherKey(listing.hubId, frame.keyId);
      if (!(await crypto.es256Verify(key, message, frame.signature)))
        throw new RefusedError("BadSignature", `${frame.type} is not signed by the publisher key.`);
    }

    async function takeHead(gateway: Gateway, frame: FrameOf<"SIGNED_HEAD">): Promise<void> {
      const { listingId } = gateway.listing;
      await check(gateway, frame, headMessage(delivery, { ...frame, listingId }));
      const { type: _, ...head } = frame;
      if (head.atMs > (said.get(listingId)?.head?.atMs ?? -1)) keep(listingId, { head });
    }

    async function takeSample(gateway: Gateway, frame: FrameOf<"SAMPLE">): Promise<void> {
      const { listingId } = gateway.listing;
      const { type: _, ...sample } = frame;
      await check(gateway, frame, sampleMessage(crypto, delivery, { ...sample, listingId }));
      const opened = await open(listingId, sample);
      if (opened === null || sample.atMs <= (said.get(listingId)?.sample?.atMs ?? -1)) return;
      for (const { segment, key } of opened)
        if (!equalBytes(keyCommitOf(crypto, key), segment.header.keyCommit))
          throw new RefusedError("BadSegment", `SAMPLE: the key of segment ${segment.header.seq} opens it.`, {
            field: "keyCommit",
            rule: "commits to the key in use",
          });
      keep(listingId, { sample });
    }

    /** The segments of a sample, or null if not all of them are here. */
    async function open(
      listingId: bigint,
      { generation, fromSeq, keys }: Pick<FrameOf<"SAMPLE">, "generation" | "fromSeq" | "keys">,
    ): Promise<Sample["segments"] | null> {
      const own = keysOf(keys);
      const stored = await segments.read({ listingId, generation, seq: fromSeq }, MAX_SAMPLE_BYTES);
      const found = own.map((key, i) => ({ segment: stored[i], key }));
      const whole = found.every(({ segment }, i) => segment?.header.seq === fromSeq + BigInt(i));
      return whole ? (found as Sample["segments"]) : null;
    }

    return {
      take: (gateway, frame) =>
        frame.type === "SAMPLE" ? takeSample(gateway, frame) : takeHead(gateway, frame),
      head: (listingId) => said.get(listingId)?.head,
      async sample(listingId) {
        const sample = said.get(listingId)?.sample;
        const opened = sample ? await open(listingId, sample) : null;
        return sample && opened ? { ...sample, segments: opened } : null;
      },
    };
  };

function keysOf(keys: Uint8Array): Bytes[] {
  try {
    return sampleKeysOf(concat(keys));
  } catch (error) {
    throw new RefusedError("BadFrame", `SAMPLE: ${(error as Error).message}`);
  }
}
