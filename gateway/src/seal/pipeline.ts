// One listing's way from journal rows to sealed, stored segments. One seal at a time, in order.
// Longer than its neighbours because it is one state machine: clock, queue, epoch and generation change together.
import { randomBytes } from "node:crypto";
import {
  type Bytes,
  type Crypto,
  type Delivery,
  epochAt,
  epochKey,
  type Header,
  type Plan,
  paddedBytes,
  sealSegment,
  segmentKeyOf,
  streamSecret,
} from "@weir/sdk/core";
import type { Logger } from "pino";
import type { Database } from "../database.ts";
import type { ListingInfo, Version } from "../directory.ts";
import { feeds } from "../feed.ts";
import { bodyBytesOf, type Journal, type Row } from "../ingest/journal.ts";
import { EPOCH_MARGIN_MS } from "../limits.ts";
import { budgetOf } from "./budget.ts";
import { WaitingQueue } from "./queue.ts";
import { type SegmentStore, type StreamState, shapeOf } from "./store.ts";

/** What seals for a hub. `keyId` is undefined until the chain knows the key. */
export type HubKeys = {
  masterSeed: Uint8Array;
  publisherPrivateKey: Uint8Array;
  keyId: () => number | undefined;
};

export type PipelineInit = {
  listing: ListingInfo;
  db: Database;
  store: SegmentStore;
  journal: Journal;
  crypto: Crypto;
  delivery: Delivery;
  hub: HubKeys;
  log: Logger;
  /** Bodies are padded to multiples of 256 bytes: their length would give values away. */
  pad?: boolean;
  /** Plans whose buyers' prepayment bounds an epoch. */
  plans: () => readonly Plan[];
  /** An old plan whose entry is too small for a single message of today. */
  onHopeless: (plan: Plan) => void;
  /** Inside the commit that stores the segment. */
  onStored: (header: Header) => void;
  /** After that commit: the bytes may leave. */
  onSealed: (header: Header) => void;
  /** Stored segments were given up, inside that commit. */
  onAbandoned: () => void;
  /** A new generation began; what was opened before belongs to the old one. */
  onGeneration: (generation: number) => void;
  /** Unix milliseconds; may be set back. */
  now?: () => number;
  /** Milliseconds that only grow, for waiting. */
  elapsed?: () => number;
};

const BODY_PREFIX_BYTES = 12;

export class Pipeline {
  readonly #init: PipelineInit;
  readonly #wall: () => number;
  readonly #elapsed: () => number;
  #clock: number;
  #version: Version;
  #state: StreamState;
  #queue: WaitingQueue;
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;
  /** Epoch of the seal that is under way, and its end. */
  #inFlight: number | undefined;
  #sealing: Promise<void> | undefined;
  #wantGeneration: { atLeast: number; again: boolean } | undefined;
  #key: { generation: number; epoch: number; key: Bytes } | undefined;
  /** Who waits for a new generation. */
  #turning: (() => void)[] = [];
  #kicked = false;
  #stopped = false;
  /** What the epoch `lastEpoch` holds so far. */
  #epochSegments: { messageCount: number; bodyBytes: number; sealedAtMs: number }[];

  private constructor(init: PipelineInit, state: StreamState) {
    this.#init = init;
    this.#wall = init.now ?? Date.now;
    this.#elapsed = init.elapsed ?? (() => performance.now());
    this.#clock = state.lastSealedAtMs;
    this.#version = init.listing.newest;
    this.#state = state;
    this.#queue = this.#newQueue();
    // An epoch that was treated as over stays over, even if the computer's clock was set back meanwhile.
    this.#clock = Math.max(this.#clock, state.overBelow * Number(state.shape.split("/")[0]) * 1000);
    this.#epochSegments = init.store.ofEpoch(this.listingId, state.generation, state.lastEpoch);
    init.journal.events.on("appended", this.#onAppended);
  }

  /** Goes on from the stored state, or starts the stream at the listing's creation. */
  static async open(init: PipelineInit): Promise<Pipeline> {
    const { db, store, journal, listing } = init;
    const shape = shapeOf(listing.newest.terms);
    const { listingId } = listing;
    if (!store.load(listingId)) {
      const generation = Math.floor((init.now ?? Date.now)() / 1000);
      const cursor = journal.positionAt(listing.createdAt * 1000);
      await db.commit(() => store.begin(listingId, { generation, cursor, shape, lastSealedAtMs: 0 }));
    }
    const pipeline = new Pipeline(init, store.load(listingId)!);
    if (pipeline.#state.shape !== shape) pipeline.renew();
    pipeline.kick();
    return pipeline;
  }

  get listingId(): bigint {
    return this.#init.listing.listingId;
  }
  get generation(): number {
    return this.#state.generation;
  }
  /** Id of the segment before the next one; zeros at a generation's beginning. */
  get prevHash(): Uint8Array {
    return this.#state.prevHash;
  }
  get nextSeq(): number {
    return this.#state.nextSeq;
  }
  get epochLength(): number {
    return Number(this.#state.shape.split("/")[0]);
  }
  /** Whether the running generation was begun as one that everybody may read. */
  get isOpen(): boolean {
    return this.#state.shape.endsWith("/open");
  }
  /** Messages of this stream that are known to wait. */
  get waiting(): number {
    return this.#queue.length;
  }

  /** The stream's time in unix milliseconds: the clock, but never falling. */
  #now(): number {
    this.#clock = Math.max(this.#clock, this.#wall());
    return this.#clock;
  }

  /** The epoch that a segment sealed now would have. */
  currentEpoch(): number {
    return epochAt(this.#now(), this.epochLength);
  }

  /** The lowest epoch that can still grow: a seal that is under way may belong to the one before. */
  lowestOpenEpoch(): number {
    return this.#inFlight === undefined ? this.currentEpoch() : Math.min(this.#inFlight, this.currentEpoch());
  }

  /** Resolves when the seal that is under way now, if any, has ended: later ones are planned with the plans of now. */
  async settled(): Promise<void> {
    await this.#sealing?.catch(() => undefined); // its failure is dealt with where it was started
  }

  /** Resolves when nothing is due. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  /** The listing was revised. */
  revise(listing: ListingInfo): void {
    this.#version = listing.newest;
    if (shapeOf(listing.newest.terms) !== this.#state.shape) this.renew();
  }

  /**
   * Starts a new generation before the next seal, above `atLeast` if a relay has seen a higher one. With `again`, messages whose segments no
   * relay took are sealed again in it.
   */
  renew(atLeast = 0, again = false): void {
    const next = Math.max(
      Math.floor(this.#now() / 1000),
      this.#state.generation + 1,
      atLeast,
      this.#wantGeneration?.atLeast ?? 0,
    );
    this.#wantGeneration = { atLeast: next, again: again || (this.#wantGeneration?.again ?? false) };
    this.kick();
  }

  /** Starts a new generation; resolves when it has begun, or the pipeline ends. */
  turn(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    const turned = new Promise<void>((resolve) => this.#turning.push(resolve));
    this.renew();
    return turned;
  }

  /** Looks at the queue now: the key was registered, the clock moved, the start. */
  kick(): void {
    this.#kicked = true;
    this.#schedule(0);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#init.journal.events.off("appended", this.#onAppended);
    await this.#running;
    for (const turned of this.#turning.splice(0)) turned();
  }

  /** The row up to which nothing of this stream waits: rows of others may go. */
  position(): number {
    return this.#queue.position(this.#state.cursor);
  }

  readonly #onAppended = (hubId: bigint, rows: readonly Row[], since: number): void => {
    if (hubId !== this.#init.listing.hubId || this.#stopped) return;
    this.#queue.offer(rows, since);
    this.#schedule();
  };

  #newQueue(): WaitingQueue {
    return new WaitingQueue({
      read: (after, limit) => this.#init.journal.read(this.#init.listing.hubId, after, limit),
      takes: (row) => feeds(this.#version.feed, row.device, row.topic),
      elapsed: this.#elapsed,
      after: this.#state.cursor,
    });
  }

  /** Arms the timer for the moment at which the queue must be looked at, or for `inMs`. */
  #schedule(inMs?: number): void {
    if (this.#stopped || this.#running) return;
    clearTimeout(this.#timer);
    const wait = inMs ?? this.#dueIn();
    if (wait === undefined) return;
    if (wait <= 0) this.#start();
    else this.#timer = setTimeout(() => this.#start(), wait);
  }

  /** Milliseconds until a segment must be closed; undefined = nothing waits. */
  #dueIn(): number | undefined {
    const first = this.#queue.first();
    if (!first) return this.#queue.behind ? 0 : undefined;
    const { flushMs, maxMessages, maxBytes } = this.#version.terms.segment;
    if (this.#queue.behind || this.#queue.length >= maxMessages) return 0;
    if (BODY_PREFIX_BYTES + this.#queue.bytes >= maxBytes) return 0;
    const now = this.#now();
    const epochMs = this.epochLength * 1000;
    const boundary = (Math.floor(now / epochMs) + 1) * epochMs - EPOCH_MARGIN_MS;
    return Math.max(0, Math.min(first.since + flushMs - this.#elapsed(), boundary - now));
  }

  #start(): void {
    if (this.#running || this.#stopped) return;
    this.#running = this.#run()
      .catch((error: Error) => {
        this.#init.log.error(
          { event: "seal", listing: String(this.listingId), reason: error.name },
          error.message,
        );
        return 1000;
      })
      .then((waitMs) => {
        this.#running = undefined;
        this.#schedule(this.#kicked ? 0 : waitMs);
      });
  }

  /** Seals all that is due. Returns how long to wait before the next look; undefined = by the queue. */
  async #run(): Promise<number | undefined> {
    while (!this.#stopped) {
      this.#kicked = false;
      if (this.#wantGeneration !== undefined) await this.#newGeneration(this.#wantGeneration);
      this.#queue.refill();
      const due = this.#dueIn();
      if (due === undefined || due > 0) return undefined;
      const publisherKeyId = this.#init.hub.keyId();
      if (publisherKeyId === undefined) return 1000; // the directory kicks us when it appears
      const sealedAtMs = this.#now();
      const epoch = epochAt(sealedAtMs, this.epochLength);
      if (epoch !== this.#state.lastEpoch) this.#epochSegments = [];
      const count = this.#countFor(sealedAtMs);
      if (count === 0) return (epoch + 1) * this.epochLength * 1000 - sealedAtMs;
      this.#sealing = this.#seal(this.#queue.peek(count), publisherKeyId, epoch, sealedAtMs);
      await this.#sealing;
    }
    return undefined;
  }

  /** How many waiting messages go into the next segment; 0 = the epoch is full. */
  #countFor(sealedAtMs: number): number {
    const { maxMessages, maxBytes } = this.#version.terms.segment;
    const limit = Math.min(maxMessages, this.#queue.length);
    let bodyBytes = BODY_PREFIX_BYTES;
    let count = 0;
    let over = budgetOf(this.#init.plans(), this.#epochSegments);
    while (count < limit) {
      const size = this.#queue.sizeAt(count);
      const stored = this.#init.pad ? paddedBytes(bodyBytes + size) : bodyBytes + size;
      // A single message larger than the limit got in before a revision lowered it; relays accept both limits for a while.
      if (count > 0 && stored > maxBytes) break;
      const next = { messageCount: count + 1, bodyBytes: stored, sealedAtMs };
      const tooMuch = over(next);
      if (tooMuch && !(tooMuch.hopeless && count === 0)) break;
      if (tooMuch) {
        this.#init.onHopeless(tooMuch.plan); // from now on not among the plans
        over = budgetOf(this.#init.plans(), this.#epochSegments);
        continue;
      }
      bodyBytes += size;
      count += 1;
    }
    return count;
  }

  /** Where a single message leaves no room for it, it is sealed all the same. */
  #isPadded(rows: readonly Row[]): boolean {
    if (!this.#init.pad) return false;
    const bytes = rows.reduce((sum, row) => sum + bodyBytesOf(row), BODY_PREFIX_BYTES);
    return paddedBytes(bytes) <= this.#version.terms.segment.maxBytes;
  }

  async #seal(
    rows: readonly Row[],
    publisherKeyId: number,
    epoch: number,
    sealedAtMs: number,
  ): Promise<void> {
    const { crypto, delivery, hub, db, store } = this.#init;
    const { generation, nextSeq, prevHash } = this.#state;
    this.#inFlight = epoch;
    try {
      const segment = await sealSegment(crypto, {
        delivery,
        publisherPrivateKey: hub.publisherPrivateKey,
        publisherKeyId,
        epochKey: this.#epochKey(generation, epoch),
        listingId: this.listingId,
        generation,
        epoch,
        seq: BigInt(nextSeq),
        sealedAtMs,
        prevHash,
        salt: randomBytes(16),
        messages: rows,
        pad: this.#isPadded(rows),
      });
      const cursor = rows.at(-1)!.id;
      await db.commit(() => {
        store.put(segment, cursor);
        this.#init.onStored(segment.header);
      });
      const { messageCount, bodyBytes } = segment.header;
      this.#epochSegments.push({ messageCount, bodyBytes, sealedAtMs });
      this.#state = {
        ...this.#state,
        nextSeq: nextSeq + 1,
        prevHash: segment.segmentId,
        lastSealedAtMs: sealedAtMs,
        lastEpoch: epoch,
        cursor,
      };
      this.#queue.drop(rows.length);
      this.#init.onSealed(segment.header);
    } finally {
      this.#inFlight = undefined;
    }
  }

  async #newGeneration(wanted: { atLeast: number; again: boolean }): Promise<void> {
    const { again } = wanted;
    const generation = Math.max(wanted.atLeast, this.#state.generation + 1);
    const { db, store } = this.#init;
    const shape = shapeOf(this.#version.terms);
    const { lastSealedAtMs } = this.#state;
    await db.commit(() => {
      const cursor = again ? store.abandon(this.listingId) : this.#state.cursor;
      store.begin(this.listingId, { generation, cursor, shape, lastSealedAtMs });
      if (again) this.#init.onAbandoned();
    });
    this.#state = store.load(this.listingId)!;
    this.#epochSegments = [];
    if (again) this.#queue = this.#newQueue();
    // One that was asked for during the commit comes next.
    if (this.#wantGeneration === wanted) this.#wantGeneration = undefined;
    this.#init.onGeneration(generation);
    for (const turned of this.#turning.splice(0)) turned();
  }

  /** The key of one sealed segment, for a sample. */
  segmentKey(header: Header): Bytes {
    return segmentKeyOf(this.#init.crypto, this.#epochKey(header.generation, header.epoch), header);
  }

  #epochKey(generation: number, epoch: number): Bytes {
    if (this.#key?.generation !== generation || this.#key.epoch !== epoch) {
      const { crypto, delivery, hub } = this.#init;
      const secret = streamSecret(hub.masterSeed, delivery, this.listingId, generation);
      this.#key = { generation, epoch, key: epochKey(crypto, secret, epoch) };
    }
    return this.#key.key;
  }
}
