/**
 * The newest segments of every listing, encoded once for all readers, and the news that there are more. A reader holds no
 * queue, only its place: what is no longer here comes from the store.
 */
import { segmentFrame } from "@weir/sdk/wire";
import { FEED_CACHE_BYTES, FEED_CACHE_TOTAL_BYTES } from "../limits.ts";
import type { Place, Segment, SegmentStore } from "../store/segments.ts";

/** A segment and its frame, as it goes over the wire: encoded when the first reader wants it, and once for all. */
export class FeedSegment {
  readonly segment: Segment;
  #frame: Uint8Array | undefined;

  constructor(segment: Segment) {
    this.segment = segment;
  }

  get frame(): Uint8Array {
    this.#frame ??= segmentFrame(this.segment.bytes);
    return this.#frame;
  }
}

export type Feeds = {
  /** Tells every reader of the listing. Call after the segments are durable. */
  append(segments: readonly Segment[]): void;
  /** Segments from `place` on, as SegmentStore.read. */
  read(place: Place, maxBytes: number): Promise<readonly FeedSegment[]>;
  /** The highest generation stored of a listing; -1 if there is none. */
  newestGeneration(listingId: bigint): Promise<number>;
  /** Calls back after each append to the listing. Returns a function that ends this. */
  follow(listingId: bigint, listener: () => void): () => void;
};

type Feed = { generation: number; entries: FeedSegment[]; bytes: number };

export const feeds =
  () =>
  ({ segments }: { segments: SegmentStore }): Feeds => {
    const cached = new Map<bigint, Feed>(); // least recently grown first
    const listeners = new Map<bigint, Set<() => void>>();
    const newest = new Map<bigint, number>(); // of listings that name this relay
    let total = 0;

    function grow(segment: Segment): void {
      const { listingId, generation, seq } = segment.header;
      newest.set(listingId, generation);
      let feed = cached.get(listingId);
      if (feed) cached.delete(listingId);
      if (feed && (feed.generation !== generation || last(feed) + 1n !== seq)) {
        total -= feed.bytes;
        feed = undefined;
      }
      feed ??= { generation, entries: [], bytes: 0 };
      cached.set(listingId, feed);
      feed.entries.push(new FeedSegment(segment));
      resize(feed, segment.bytes.length);
      let dropped = 0;
      while (feed.bytes > FEED_CACHE_BYTES) resize(feed, -feed.entries[dropped++]!.segment.bytes.length);
      if (dropped > 0) feed.entries.splice(0, dropped);
      while (total > FEED_CACHE_TOTAL_BYTES && cached.size > 1) {
        const [oldest, { bytes }] = cached.entries().next().value!;
        cached.delete(oldest);
        total -= bytes;
      }
    }

    function resize(feed: Feed, by: number): void {
      feed.bytes += by;
      total += by;
    }

    return {
      append(appended) {
        for (const segment of appended) grow(segment);
        for (const listingId of new Set(appended.map(({ header }) => header.listingId)))
          for (const listener of listeners.get(listingId) ?? []) listener();
      },
      async read(place, maxBytes) {
        const feed = cached.get(place.listingId);
        if (feed && feed.generation === place.generation && feed.entries.length > 0) {
          const first = feed.entries[0]!.segment.header.seq;
          if (place.seq > last(feed)) return [];
          if (place.seq >= first) return run(feed.entries, Number(place.seq - first), maxBytes);
        }
        const stored = await segments.read(place, maxBytes);
        return stored.map((segment) => new FeedSegment(segment));
      },
      async newestGeneration(listingId) {
        const known = newest.get(listingId);
        if (known !== undefined) return known;
        const stored = (await segments.head(listingId))?.header.generation ?? -1;
        if (stored >= 0 && !newest.has(listingId)) newest.set(listingId, stored);
        return newest.get(listingId) ?? -1;
      },
      follow(listingId, listener) {
        const set = listeners.get(listingId) ?? new Set();
        listeners.set(listingId, set);
        set.add(listener);
        return () => {
          set.delete(listener);
          if (set.size === 0 && listeners.get(listingId) === set) listeners.delete(listingId);
        };
      },
    };
  };

const last = (feed: Feed): bigint => feed.entries.at(-1)!.segment.header.seq;

function run(entries: readonly FeedSegment[], from: number, maxBytes: number): FeedSegment[] {
  let bytes = 0;
  let to = from;
  while (to < entries.length && (to === from || bytes + entries[to]!.segment.bytes.length <= maxBytes))
    bytes += entries[to++]!.segment.bytes.length;
  return entries.slice(from, to);
}
