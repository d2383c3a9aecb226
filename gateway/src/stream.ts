// One listing while it is served: its pipeline, and for each relay that it names four standing connections.
import type { Libp2p } from "@libp2p/interface";
import type { Address, Crypto, Delivery, Header } from "@weir/sdk/core";
import { PROTOCOLS, type RefusedError } from "@weir/sdk/wire";
import type { Logger } from "pino";
import type { Database } from "./database.ts";
import type { Commands } from "./devices/commands.ts";
import type { ListingInfo } from "./directory.ts";
import { createRate } from "./ingest/rate.ts";
import type { Covers } from "./keys/covers.ts";
import type { Sessions } from "./keys/sessions.ts";
import {
  ACKS_BEFORE_TRIM,
  DEAD_END_BURST,
  DEAD_END_SECONDS,
  MAX_GENERATION_AHEAD_SECONDS,
  MAX_LISTINGS_PER_RELAY,
} from "./limits.ts";
import { type Identity, keepLink, type Relay } from "./link.ts";
import type { HubKeys, Pipeline } from "./seal/pipeline.ts";
import { createPublisher, type DeadEnd, type Publisher } from "./seal/publisher.ts";
import { createStatements, type Statements } from "./seal/statements.ts";
import type { SegmentStore } from "./seal/store.ts";

export type StreamInit = {
  listing: ListingInfo;
  pipeline: Pipeline;
  hub: HubKeys;
  relays: readonly Relay[];
  node: Libp2p;
  db: Database;
  store: SegmentStore;
  sessions: Sessions;
  covers: Covers;
  commands: Commands;
  crypto: Crypto;
  delivery: Delivery;
  log: Logger;
};

type Attached = { publisher: Publisher; stop: AbortController; done: Promise<unknown> };

export class ListingStream {
  readonly pipeline: Pipeline;
  readonly #init: StreamInit;
  readonly #relays = new Map<string, Attached>();
  readonly #statements: Statements;
  #listing: ListingInfo;
  #timer: NodeJS.Timeout | undefined;

  constructor(init: StreamInit) {
    this.#init = init;
    this.#listing = init.listing;
    this.pipeline = init.pipeline;
    const { crypto, delivery, hub, pipeline } = init;
    const terms = () => this.#listing.newest.terms;
    this.#statements = createStatements({ pipeline, hub, crypto, delivery, terms });
    this.#attach();
    this.#tick();
  }

  /** The relays that it speaks to. */
  get connections(): { listingId: bigint; relay: Address }[] {
    return [...this.#relays.keys()].map((relay) => ({
      listingId: this.pipeline.listingId,
      relay: relay as Address,
    }));
  }

  get hubId(): bigint {
    return this.#listing.hubId;
  }

  /** The listing was revised, paused, closed. */
  update(listing: ListingInfo): void {
    this.#listing = listing;
    this.pipeline.revise(listing);
    this.#attach();
  }

  /** There is a new segment. */
  wake(header: Header): void {
    this.#statements.sealed(header);
    for (const { publisher } of this.#relays.values()) publisher.wake();
  }

  /** A new generation has begun: relays hear of it now, not with its first segment. */
  turned(): void {
    for (const { publisher } of this.#relays.values()) publisher.wake();
  }

  /** Writes down what relays have, and returns the journal row up to which this listing needs nothing. Only inside a commit. */
  settle(): number {
    const { store } = this.#init;
    const { listingId } = this.#listing;
    for (const [relay, { publisher }] of this.#relays) {
      const acked = publisher.acked();
      if (acked) store.ack(listingId, relay as `0x${string}`, acked.generation, acked.seq);
    }
    store.skip(listingId, this.pipeline.position());
    const named = this.#listing.newest.terms.relays;
    return store.settle(listingId, named, Math.min(ACKS_BEFORE_TRIM, named.length));
  }

  async stop(): Promise<void> {
    clearTimeout(this.#timer);
    await this.pipeline.stop();
    for (const { stop } of this.#relays.values()) stop.abort();
    await Promise.all([...this.#relays.values()].map(({ done }) => done));
  }

  #attach(): void {
    const named = new Set(this.#listing.newest.terms.relays.map((relay) => relay.toLowerCase()));
    for (const [operator, { stop }] of this.#relays) {
      if (named.has(operator)) continue;
      stop.abort();
      this.#relays.delete(operator);
    }
    for (const operator of named) {
      if (this.#relays.has(operator)) continue;
      const relay = this.#init.relays.find((known) => known.operator.toLowerCase() === operator);
      if (relay) this.#relays.set(operator, this.#connect(relay));
      else
        this.#init.log.warn(
          { event: "relay unknown", relay: operator, listing: String(this.#listing.listingId) },
          "the listing names a relay whose address is not configured",
        );
    }
  }

  #connect(relay: Relay): Attached {
    const { pipeline } = this;
    const { hub, store, sessions, covers, commands, log } = this.#init;
    const stop = new AbortController();
    const ends = createRate(1 / DEAD_END_SECONDS, DEAD_END_BURST);
    const onDeadEnd: DeadEnd = (atLeast, isCopy) => {
      if (ends.tryTake(1)) this.#deadEnd(atLeast, isCopy);
    };
    const publisher = createPublisher({
      pipeline,
      store,
      relay: relay.operator,
      log,
      onDeadEnd,
      statements: this.#statements,
    });
    const identity = (generation: number): Identity | undefined => {
      const keyId = hub.keyId();
      return keyId === undefined
        ? undefined
        : { keyId, generation, publisherPrivateKey: hub.publisherPrivateKey };
    };
    const link = (protocol: string) => ({
      ...this.#init,
      relay,
      protocol,
      listingId: pipeline.listingId,
      signal: stop.signal,
      identity: () => identity(pipeline.generation),
      maxStreams: MAX_LISTINGS_PER_RELAY,
      onRefused: (error: RefusedError) => this.#refused(error, publisher, onDeadEnd),
    });
    const done = Promise.all([
      keepLink({
        ...link(PROTOCOLS.publish),
        identity: () => identity(publisher.generation()),
        attend: (frames, as) => publisher.attend(frames, as),
      }),
      keepLink({
        ...link(PROTOCOLS.vouchers),
        attend: (frames, as) =>
          sessions.attend({ frames, relay: relay.operator, pipeline, hub, identity: as }),
      }),
      keepLink({
        ...link(PROTOCOLS.keys),
        attend: (frames, as) => covers.attend({ frames, pipeline, hub, identity: as }),
      }),
      keepLink({
        ...link(PROTOCOLS.command),
        attend: (frames, as) => commands.attend({ frames, pipeline, hub, identity: as }),
      }),
    ]);
    return { publisher, stop, done };
  }

  /** A relay has seen a later generation than ours: the data file is an old copy, or new after a loss. */
  #refused(error: RefusedError, publisher: Publisher, onDeadEnd: DeadEnd): void {
    if (error.name !== "StaleGeneration") return;
    const seen = Number(error.detail.generation ?? 0);
    publisher.skip(seen);
    const plausible = Number.isSafeInteger(seen) && seen < Date.now() / 1000 + MAX_GENERATION_AHEAD_SECONDS;
    if (plausible && seen > this.pipeline.generation) onDeadEnd(seen + 1, true);
  }

  /** What relays have is written down first, so that only what none of them has is sealed again. A copy lacks vouchers, too. */
  #deadEnd(atLeast: number, isCopy: boolean): void {
    const { db, log, sessions } = this.#init;
    db.commit(() => {
      this.settle();
      if (isCopy) sessions.recall.doubt(this.pipeline.listingId);
    }).then(
      () => this.pipeline.renew(atLeast, true),
      (error: Error) => log.error({ event: "generation", reason: error.name }, error.message),
    );
  }

  /** Keys of the next epoch leave when the running one begins. */
  #tick(): void {
    const epochMs = this.pipeline.epochLength * 1000;
    this.#timer = setTimeout(
      () => {
        this.#init.sessions.advance(this.pipeline.listingId);
        this.#tick();
      },
      Math.min(epochMs - (Date.now() % epochMs) + 1, 2 ** 31 - 1),
    );
    this.#timer.unref();
  }
}
