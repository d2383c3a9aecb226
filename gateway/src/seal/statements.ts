// What the gateway says of a stream besides its segments: where it stands now, and a sample that anybody may read.
//
// A sample is made of segment keys of the newest data that nobody pays for any more. What can still be paid for: the epochs that a
// metered session may lag behind, and as much of the past as a plan's history right opens. Listings that are restricted, given to some
// only, or about people have none.
import {
  type Crypto,
  concat,
  type Delivery,
  type Header,
  headMessage,
  isMetered,
  ListingFlags,
  type ListingTerms,
  MAX_SAMPLE_SEGMENTS,
  Rights,
  sampleMessage,
} from "@weir/sdk/core";
import type { Fields } from "@weir/sdk/wire";
import {
  MAX_EPOCHS_BEHIND,
  MAX_SAMPLE_BYTES,
  MAX_WAITING_SAMPLES,
  SAMPLE_INTERVAL_MS,
  SAMPLE_MESSAGES,
} from "../limits.ts";
import type { HubKeys, Pipeline } from "./pipeline.ts";

export type Statements = {
  /** A segment was sealed. */
  sealed(header: Header): void;
  /** Undefined while the chain does not know our key. */
  head(): Fields<"SIGNED_HEAD"> | undefined;
  /** The youngest sample; undefined while everything can still be paid for. To be asked for again and again. */
  sample(): Fields<"SAMPLE"> | undefined;
};

/** Consecutive segments of one generation, and from when on nobody pays for them. */
type Candidate = { headers: Header[]; freeAtMs: number };

export function createStatements(init: {
  pipeline: Pipeline;
  hub: HubKeys;
  crypto: Crypto;
  delivery: Delivery;
  terms: () => ListingTerms;
}): Statements {
  const { pipeline, hub, crypto, delivery, terms } = init;
  const { listingId } = pipeline;
  /** The newest segments, as many as one sample takes. */
  let recent: Header[] = [];
  let waiting: Candidate[] = [];
  let newestKept: Header | undefined;
  let keptAtMs = 0;
  let current: Fields<"SAMPLE"> | undefined;

  /** Milliseconds for which sealed data can still be paid for. */
  function paidWindowMs(): number {
    const { plans, epochLength, historyDepth } = terms();
    const epochs = plans.some(isMetered) ? MAX_EPOCHS_BEHIND + 1 : 1;
    const history = plans.some(({ rights }) => rights & Rights.history) ? historyDepth : 0;
    return Math.max(epochs * epochLength, history) * 1000;
  }

  const sum = (headers: readonly Header[], of: (header: Header) => number): number =>
    headers.reduce((total, header) => total + of(header), 0);

  /** What is shown to nobody without the seller's word or a person's consent is not shown to everybody. */
  function isSecret(): boolean {
    const { plans, flags } = terms();
    return plans.length === 0 || (flags & (ListingFlags.restricted | ListingFlags.personalData)) !== 0;
  }

  /** Keeps the newest as a candidate, a few times in every window. */
  function consider(): void {
    const newest = recent.at(-1);
    if (!newest || newest === newestKept) return;
    const windowMs = paidWindowMs();
    if (Date.now() - keptAtMs < Math.max(SAMPLE_INTERVAL_MS / 2, windowMs / MAX_WAITING_SAMPLES)) return;
    newestKept = newest;
    keptAtMs = Date.now();
    // Counted from the end of its epoch: until then more of the same epoch is sold.
    const freeAtMs = (newest.epoch + 1) * terms().epochLength * 1000 + windowMs;
    waiting.push({ headers: [...recent], freeAtMs });
  }

  function publish({ headers }: Candidate, keyId: number): Fields<"SAMPLE"> {
    const [first] = headers as [Header];
    const { generation, seq: fromSeq } = first;
    const keys = concat(...headers.map((header) => pipeline.segmentKey(header)));
    const atMs = Date.now();
    const message = sampleMessage(crypto, delivery, { listingId, generation, fromSeq, keys, atMs });
    const signature = crypto.es256Sign(hub.publisherPrivateKey, message);
    return { generation, fromSeq, keys, atMs, keyId, signature };
  }

  return {
    sealed(header) {
      if (recent.at(-1)?.generation !== header.generation) recent = [];
      recent.push(header);
      const enough = (): boolean => {
        const rest = recent.slice(1);
        return rest.length > 0 && sum(rest, ({ messageCount }) => messageCount) >= SAMPLE_MESSAGES;
      };
      while (
        recent.length > MAX_SAMPLE_SEGMENTS ||
        enough() ||
        (recent.length > 1 && sum(recent, ({ ciphertextBytes }) => ciphertextBytes) > MAX_SAMPLE_BYTES)
      )
        recent.shift();
    },
    head() {
      const keyId = hub.keyId();
      if (keyId === undefined) return undefined;
      const { generation, prevHash: segmentId } = pipeline;
      const nextSeq = BigInt(pipeline.nextSeq);
      const atMs = Date.now();
      const message = headMessage(delivery, { listingId, generation, nextSeq, segmentId, atMs });
      const signature = crypto.es256Sign(hub.publisherPrivateKey, message);
      return { generation, nextSeq, segmentId, atMs, keyId, signature };
    },
    sample() {
      if (isSecret()) return undefined;
      consider();
      const keyId = hub.keyId();
      const free = waiting.filter(({ freeAtMs }) => freeAtMs <= Date.now());
      const newest = free.at(-1);
      if (newest && keyId !== undefined) {
        waiting = waiting.slice(free.length);
        current = publish(newest, keyId);
      }
      return current;
    },
  };
}
