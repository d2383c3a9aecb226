/** The gateway's own parts without chain and network: file, journal, store, ledger and pipelines under a clock of the test's own. */
import { randomBytes } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type Crypto,
  type Delivery,
  FOREVER,
  type Header,
  hex,
  type ListingTerms,
  type Plan,
  ZERO_ADDRESS,
  ZERO_HASH,
} from "@weir/sdk/core";
import { nativeCrypto } from "@weir/sdk/native";
import { pino } from "pino";
import { Database } from "../../src/database.ts";
import type { ListingInfo } from "../../src/directory.ts";
import { parseFeed } from "../../src/feed.ts";
import { createJournal, type Journal } from "../../src/ingest/journal.ts";
import type { Purchased } from "../../src/keys/account.ts";
import { createLedger, type Ledger } from "../../src/keys/ledger.ts";
import { Pipeline } from "../../src/seal/pipeline.ts";
import { createSegmentStore, type SegmentStore } from "../../src/seal/store.ts";

export const HUB = 1n;
export const LISTING = 7n;
export const delivery: Delivery = {
  chainId: 31337,
  hubs: `0x${"11".repeat(20)}`,
  grants: `0x${"22".repeat(20)}`,
  channels: `0x${"33".repeat(20)}`,
};
export const MASTER_SEED = new Uint8Array(32).fill(5);
/** Any valid P-256 scalar. */
export const PUBLISHER_KEY = new Uint8Array(32).fill(9);

export const plan = (more: Partial<Plan> = {}): Plan => ({
  kind: 0,
  rights: 1,
  price: 10n,
  unit: 1n,
  period: 0,
  upfront: 0n,
  entry: 80n,
  maxWindow: FOREVER,
  notice: 0,
  promoPrice: 0n,
  promoUntil: 0,
  ...more,
});

export function listingOf(
  plans: readonly Plan[],
  more: Partial<ListingTerms> = {},
  metadata = "{}",
): ListingInfo {
  const terms: ListingTerms = {
    hubId: HUB,
    payee: ZERO_ADDRESS,
    operator: ZERO_ADDRESS,
    token: ZERO_ADDRESS,
    plans,
    relays: [],
    relayBps: 0,
    markets: [],
    marketBps: 0,
    challenge: 3600,
    epochLength: 1,
    segment: { flushMs: 50, maxMessages: 4, maxBytes: 4096 },
    historyDepth: 0,
    saleUntil: 0,
    termsHash: ZERO_HASH,
    flags: 0,
    attestationSchema: ZERO_HASH,
    attester: ZERO_ADDRESS,
    arbiter: ZERO_ADDRESS,
    metadataHash: ZERO_HASH,
    ...more,
  };
  const newest = { version: 1, terms, feed: parseFeed(metadata), block: 1n };
  return {
    listingId: LISTING,
    hubId: HUB,
    versions: new Map([[1, newest]]),
    newest,
    createdAt: 0,
    paused: false,
    closed: false,
  };
}

export const channelOf = (n: number): `0x${string}` => hex(new Uint8Array(32).fill(n));

export const purchased = (n: number, of: Plan, planIndex = 0): Purchased => ({
  channelId: channelOf(n),
  listingId: LISTING,
  grantId: channelOf(n + 100),
  version: 1,
  planIndex,
  plan: of,
  terms: {
    payer: ZERO_ADDRESS,
    payee: ZERO_ADDRESS,
    operator: ZERO_ADDRESS,
    token: ZERO_ADDRESS,
    signer: ZERO_ADDRESS,
    listingId: LISTING,
    relaysHash: ZERO_HASH,
    relayBps: 0,
    market: ZERO_ADDRESS,
    marketBps: 0,
    challenge: 3600,
    salt: ZERO_HASH,
  },
  relays: [],
  encryptionKey: ZERO_HASH,
});

const FILES = ["gateway.db", "gateway.db-wal", "gateway.db-shm"];

/** One run of the program over a file; `restart` ends it as a crash would and opens the file again. */
export class Parts {
  readonly folder = mkdtempSync(join(tmpdir(), "weir-parts-"));
  listing: ListingInfo;
  /** The computer's clock, and the time that really passes. */
  nowMs: number;
  elapsedMs = 0;
  db!: Database;
  journal!: Journal;
  store!: SegmentStore;
  ledger!: Ledger;
  pipeline!: Pipeline;
  /** Everything sealed, over all restarts. */
  sealed: Header[] = [];
  generations: number[] = [];

  readonly #crypto: Crypto;
  readonly pad: boolean;
  #images = 0;

  private constructor(listing: ListingInfo, nowMs: number, crypto: Crypto, pad: boolean) {
    this.listing = listing;
    this.nowMs = nowMs;
    this.#crypto = crypto;
    this.pad = pad;
  }

  static async open(
    listing: ListingInfo,
    nowMs = 1_700_000_000_000,
    crypto: Crypto = nativeCrypto,
    pad = false,
  ): Promise<Parts> {
    const parts = new Parts(listing, nowMs, crypto, pad);
    await parts.#start();
    return parts;
  }

  async #start(): Promise<void> {
    this.db = new Database(join(this.folder, "gateway.db"));
    this.journal = createJournal({
      db: this.db,
      listings: () => [this.listing],
      elapsed: () => this.elapsedMs,
    });
    this.store = createSegmentStore(this.db);
    this.ledger = createLedger(this.db);
    this.pipeline = await Pipeline.open({
      listing: this.listing,
      db: this.db,
      store: this.store,
      journal: this.journal,
      crypto: this.#crypto,
      delivery,
      hub: { masterSeed: MASTER_SEED, publisherPrivateKey: PUBLISHER_KEY, keyId: () => 0 },
      log: pino({ level: "silent" }),
      pad: this.pad,
      plans: () => [...this.listing.newest.terms.plans, ...this.ledger.plans(LISTING)],
      onHopeless: () => {
        throw new Error("a plan is hopeless");
      },
      onStored: (header) => this.ledger.stored(header),
      onAbandoned: () => this.ledger.recount(LISTING),
      onSealed: (header) => this.sealed.push(header),
      onGeneration: (generation) => this.generations.push(generation),
      now: () => this.nowMs,
      elapsed: () => this.elapsedMs,
    });
  }

  /** Takes messages of so many bytes each, all by device "probe" unless told otherwise. */
  async publish(sizes: readonly number[], device = "probe", topic = "air"): Promise<void> {
    const payload = (size: number) => new Uint8Array(randomBytes(size));
    await this.journal.append(
      sizes.map((size) => ({ hubId: HUB, device, topic, timeMs: this.nowMs, payload: payload(size) })),
    );
  }

  /** Lets the clock go on and seals what has become due. */
  async pass(ms: number): Promise<void> {
    this.nowMs += ms;
    this.elapsedMs += ms;
    this.pipeline.kick();
    await this.pipeline.idle();
  }

  async restart(): Promise<void> {
    await this.pipeline.stop();
    this.db.close();
    await this.#start();
    await this.pipeline.idle();
  }

  /** The files as a kill at this moment leaves them. */
  image(): string {
    const path = join(this.folder, `image-${this.#images++}`);
    mkdirSync(path);
    for (const file of FILES)
      if (existsSync(join(this.folder, file))) copyFileSync(join(this.folder, file), join(path, file));
    return path;
  }

  /** Goes on from these files, as if nothing had been written after them. */
  async restore(image: string): Promise<void> {
    await this.pipeline.stop();
    this.db.close();
    for (const file of FILES) {
      rmSync(join(this.folder, file), { force: true });
      if (existsSync(join(image, file))) copyFileSync(join(image, file), join(this.folder, file));
    }
    await this.#start();
    await this.pipeline.idle();
  }

  async stop(): Promise<void> {
    await this.pipeline.stop();
    this.db.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
