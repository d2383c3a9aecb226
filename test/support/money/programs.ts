// Relay, gateway and buyer as their main programs put them together, on a network and a chain of the test's own. Each can be killed between
// any two things that it does: what is on its disk at that moment is all that its next life has.
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { StatementSync } from "node:sqlite";
import { pino } from "pino";
import { createCloser } from "../../../gateway/src/claims/close.ts";
import { markRestored } from "../../../gateway/src/commands/backup.ts";
import { Database, RESTORED } from "../../../gateway/src/database.ts";
import { createJournal, type Journal } from "../../../gateway/src/ingest/journal.ts";
import { createLedger, type Ledger } from "../../../gateway/src/keys/ledger.ts";
import { createReceipts } from "../../../gateway/src/keys/receipts.ts";
import { createSessions, type Sessions } from "../../../gateway/src/keys/sessions.ts";
import { createMetrics as gatewayMetrics } from "../../../gateway/src/metrics.ts";
import { Pipeline } from "../../../gateway/src/seal/pipeline.ts";
import { createSegmentStore, type SegmentStore } from "../../../gateway/src/seal/store.ts";
import {
  HUB,
  LISTING,
  type listingOf,
  MASTER_SEED,
  PUBLISHER_KEY,
} from "../../../gateway/test/support/parts.ts";
import { createMetrics as relayMetrics } from "../../../relay/src/metrics.ts";
import { type Feeds, feeds } from "../../../relay/src/services/feeds.ts";
import { strangers } from "../../../relay/src/services/strangers.ts";
import { subscribeService } from "../../../relay/src/services/subscribe.ts";
import { vouchersService } from "../../../relay/src/services/vouchers.ts";
import { openDatabase, type Database as RelayDatabase } from "../../../relay/src/store/database.ts";
import { type LedgerStore, ledgerStore } from "../../../relay/src/store/ledger.ts";
import { SCHEMA } from "../../../relay/src/store/schema.ts";
import { type SegmentStore as RelaySegments, segmentStore } from "../../../relay/src/store/segments.ts";
import { type Feed, openFeed } from "../../../sdk/src/client/feed.ts";
import { fileStore } from "../../../sdk/src/client/node.ts";
import type { ChannelProgress } from "../../../sdk/src/client/store.ts";
import { progressFromJson } from "../../../sdk/src/client/store.ts";
import {
  type Address,
  connectMessage,
  type Hex,
  type ListingTerms,
  parseSegment,
  segmentMessage,
  unhex,
  ZERO_HASH,
} from "../../../sdk/src/core/index.ts";
import { FrameStream, PROTOCOLS, RefusedError } from "../../../sdk/src/wire/index.ts";
import { type Bought, type Chain, contractsOf } from "./chain.ts";
import type { End, Net, Party } from "./pipe.ts";
import { cheapCrypto as crypto } from "./primitives.ts";

const log = pino({ level: "silent" });

/** Where programs live: their network, their chain, and a folder that goes away with them. */
export type Place = {
  net: Net;
  chain: Chain;
  folder: string;
  late: (act: () => void) => void;
  /** The honest relays, and the highest generation that any of them has seen. */
  relays: () => { listingId: bigint; relay: Address }[];
  newestGeneration: () => Promise<number>;
};

/** A file with its write-ahead log, as a killed program leaves it. */
export function copyDatabase(from: string, to: string): void {
  rmSync(`${to}-wal`, { force: true });
  copyFileSync(from, to);
  if (existsSync(`${from}-wal`)) copyFileSync(`${from}-wal`, `${to}-wal`);
}

const fail = (error: unknown): never => {
  throw error;
};

let lives = 0;

export class RelayProgram {
  readonly place: Place;
  readonly operator: Address;
  readonly name: string;
  readonly peerBytes: Uint8Array;
  party: Party;
  file: string;
  database!: RelayDatabase;
  segments!: RelaySegments;
  feeds!: Feeds;
  ledger!: LedgerStore;
  vouchers!: ReturnType<ReturnType<typeof vouchersService>>;
  /** Questions to its disk. */
  looks!: { bought: StatementSync; money: StatementSync };
  /** Takes no new segments for a while. */
  lagging = false;
  /** Its file was put back from a copy: it may lack segments that it has acknowledged. */
  isCopy = false;

  constructor(place: Place, name: string, operator: Address, template: string) {
    Object.assign(this, { place, name, operator });
    this.place = place;
    this.name = name;
    this.operator = operator;
    this.peerBytes = new TextEncoder().encode(name);
    this.party = { name, alive: false };
    this.file = join(place.folder, `${name}.db`);
    copyDatabase(template, this.file);
  }

  get address(): string {
    return `/ip4/127.0.0.1/tcp/${4000 + Number(this.name.slice(1))}`;
  }

  async start(): Promise<void> {
    const { net, chain } = this.place;
    this.party = { name: this.name, alive: true };
    const database = openDatabase({ file: this.file, schema: SCHEMA, onFatal: fail });
    this.place.late(() => database.close());
    const { write } = database;
    database.write = (job) => {
      net.bump();
      return write(job).finally(() => net.bump());
    };
    this.database = database;
    this.segments = segmentStore(database, fail as never);
    this.feeds = feeds()({ segments: this.segments });
    this.ledger = ledgerStore(database);
    this.looks = {
      bought: database.prepare(
        "SELECT 1 FROM bought WHERE channel_id = ? AND generation = ? AND from_seq <= ? AND to_seq >= ?",
      ),
      money: database.prepare("SELECT total, accrued FROM accounts WHERE channel_id = ?"),
    };
    const node = net.node(this.party, this.address, this.peerBytes);
    const metrics = relayMetrics();
    const shared = {
      node,
      log,
      metrics,
      strangers: strangers()({ node, metrics }),
      segments: this.segments,
      ledger: this.ledger,
      feeds: this.feeds,
      delivery: chain.delivery,
      admission: chain.admission(),
      crypto,
      operator: this.operator,
      relayPeer: this.peerBytes,
    };
    const vouchers = vouchersService()(shared);
    this.vouchers = vouchers;
    await vouchers.start();
    await subscribeService()({ ...shared, vouchers }).start();
  }

  kill(): void {
    if (!this.party.alive) return;
    this.party.alive = false;
    const next = join(this.place.folder, `${this.name}-${lives++}.db`);
    copyDatabase(this.file, next);
    this.file = next;
    this.place.net.cut(this.party, "reset");
  }

  /** What its disk holds now, for later. */
  copy(to: string): void {
    copyDatabase(this.file, to);
  }
  /** In the place of what its disk held when it was killed. */
  restore(from: string): void {
    copyDatabase(from, this.file);
    this.isCopy = true;
  }

  /** A stored segment, checked elsewhere, as the publish service hands it on. */
  async take(bytes: Uint8Array): Promise<void> {
    const { header, headerBytes } = parseSegment(bytes);
    const segmentId = crypto.sha256(segmentMessage(this.place.chain.delivery, headerBytes));
    const segment = { header, segmentId, bytes: new Uint8Array(bytes), receivedAtMs: Date.now() };
    const { feeds: news } = this;
    await this.segments.append([segment]);
    news.append([segment]);
  }
}

/** The gateway's database, counted. */
class Counted extends Database {
  net: Net | undefined;
  override commit<T>(work: () => T): Promise<T> {
    this.net?.bump();
    return super.commit(work).finally(() => this.net?.bump());
  }
}

export class GatewayProgram {
  readonly place: Place;
  readonly listing: ReturnType<typeof listingOf>;
  readonly operator: Address;
  party: Party = { name: "gateway", alive: false };
  file: string;
  db!: Counted;
  store!: SegmentStore;
  ledger!: Ledger;
  sessions!: Sessions;
  pipeline!: Pipeline;
  journal!: Journal;
  readonly #links = new Map<Address, End>();
  #ending = new AbortController();

  constructor(place: Place, listing: ReturnType<typeof listingOf>, operator: Address, template: string) {
    this.place = place;
    this.listing = listing;
    this.operator = operator;
    this.file = join(place.folder, "gateway.db");
    copyDatabase(template, this.file);
  }

  get #hub() {
    return { masterSeed: MASTER_SEED, publisherPrivateKey: PUBLISHER_KEY, keyId: () => 0 };
  }

  async start(): Promise<void> {
    const { net, chain } = this.place;
    const party = { name: "gateway", alive: true };
    this.party = party;
    this.#ending = new AbortController();
    const db = new Counted(this.file);
    db.net = net;
    db.onFatal(fail);
    this.place.late(() => db.close());
    const { delivery } = chain;
    const metrics = gatewayMetrics();
    const journal = createJournal({ db, listings: () => [this.listing] });
    const store = createSegmentStore(db);
    const ledger = createLedger(db);
    const { reads, writes } = chain.client(this.operator);
    const closer = createCloser({
      db,
      ledger,
      client: reads as never,
      contracts: contractsOf(delivery),
      crypto,
      delivery,
      metrics,
      log,
      sender: () => ({
        account: this.operator,
        // The dead send nothing.
        run: (send) => (party.alive ? send(writes) : Promise.reject(new Error("dead"))),
        stop: async () => undefined,
      }),
      onFrozen: (channelId) =>
        sessions.endChannel(channelId, new RefusedError("Closing", "the channel is being closed")),
      onFailed: () => undefined,
      ready: () => sessions.recall.settled(this.place.relays(), this.#ending.signal),
    });
    const purchases = chain.purchases();
    const receipts = createReceipts({ db, ledger, crypto, delivery, metrics });
    const sessions = createSessions({
      ...{ db, ledger, store, purchases, closer, receipts, crypto, delivery, metrics, log },
    });
    const pipeline = await Pipeline.open({
      listing: this.listing,
      ...{ db, store, journal, crypto, delivery, log },
      hub: this.#hub,
      plans: () => [...this.listing.newest.terms.plans, ...ledger.plans(LISTING)],
      onHopeless: fail as never,
      onStored: (header) => ledger.stored(header),
      onAbandoned: () => ledger.recount(LISTING),
      onSealed: () => undefined,
      onGeneration: () =>
        sessions.end(LISTING, new RefusedError("StaleGeneration", "a new generation has begun")),
    });
    Object.assign(this, { db, journal, store, ledger, sessions, pipeline });
    const restored = db.note(RESTORED);
    if (restored !== undefined && db.note("renewed") !== restored) {
      // As stream.ts has it from a relay's refusal.
      pipeline.renew((await this.place.newestGeneration()) + 1, true);
      await pipeline.turn();
      await db.commit(() => db.setNote("renewed", restored));
    }
    if (party.alive) closer.resume();
  }

  copy(to: string): void {
    copyDatabase(this.file, to);
  }
  /** As `weir gateway restore` does. */
  async restore(from: string): Promise<void> {
    copyDatabase(from, this.file);
    const db = new Database(this.file);
    await markRestored(db);
    db.close();
  }

  kill(): void {
    if (!this.party.alive) return;
    this.party.alive = false;
    this.#ending.abort();
    const next = join(this.place.folder, `gateway-${lives++}.db`);
    copyDatabase(this.file, next);
    this.file = next;
    this.place.net.cut(this.party, "reset");
    this.#links.clear();
    void this.pipeline?.stop();
  }

  publish(count: number): Promise<void> {
    const message = { hubId: HUB, device: "probe", topic: "air", timeMs: Date.now() };
    return this.journal.append(
      Array.from({ length: count }, () => ({ ...message, payload: new Uint8Array(3) })),
    );
  }

  /** The standing line of one relay, dialled if it is down. */
  async connect(relay: RelayProgram): Promise<void> {
    const known = this.#links.get(relay.operator);
    if ((known && known.status === "open") || !this.party.alive || !relay.party.alive) return;
    const { net, chain } = this.place;
    const { party } = this;
    const node = net.node(party, "/ip4/127.0.0.1/tcp/3999", new TextEncoder().encode("gateway"));
    const connection = await node.dial([{ toString: () => relay.address }] as never);
    const end = (await connection.newStream(PROTOCOLS.vouchers)) as unknown as End;
    this.#links.set(relay.operator, end);
    const frames = new FrameStream(end as never);
    const work = async () => {
      const hello = await frames.expect("HELLO");
      const expiry = Math.floor(Date.now() / 1000) + 600;
      const message = connectMessage({
        chainId: chain.delivery.chainId,
        contract: chain.delivery.hubs,
        relayPeer: relay.peerBytes,
        ownPeer: node.peerId.toMultihash().bytes,
        relayNonce: hello.nonce,
        listingId: LISTING,
        paymentId: ZERO_HASH,
        expiry,
      });
      const { generation } = this.pipeline;
      const signature = crypto.es256Sign(PUBLISHER_KEY, message);
      frames.send("AUTH", { listingId: LISTING, keyId: 0, generation, expiry, signature });
      await this.attend(frames, relay.operator);
      frames.abort(new Error("the relay ended the stream"));
    };
    void work().catch((error: Error) => frames.abort(error));
  }

  attend(frames: FrameStream, relay: Address): Promise<void> {
    const { pipeline } = this;
    const identity = { keyId: 0, generation: pipeline.generation, publisherPrivateKey: PUBLISHER_KEY };
    return this.sessions.attend({ frames, relay, pipeline, hub: this.#hub, identity });
  }

  /** As seal/publisher.ts after a HEAD: on behind what the relay has, or in another generation if that is held no longer. */
  async #catchUp(relay: RelayProgram): Promise<void> {
    const { store, pipeline } = this;
    const { generation, nextSeq } = pipeline;
    const life = relay.party;
    const head = await relay.segments.head(LISTING, generation);
    for (let seq = head ? Number(head.header.seq) + 1 : 0; seq < nextSeq; seq += 1) {
      const bytes = store.bytesOf(LISTING, generation, seq);
      if (!bytes) return pipeline.renew(0, true);
      await relay.take(bytes);
      if (life.alive) continue;
      relay.isCopy = true; // the rest in its next life
      return;
    }
  }

  /** Sends a relay what it lacks, and notes that it has it. */
  async deliver(relay: RelayProgram): Promise<void> {
    const { store, db, party } = this;
    if (relay.isCopy && party.alive && relay.party.alive && !relay.lagging) {
      relay.isCopy = false;
      await this.#catchUp(relay);
      if (relay.isCopy) return;
    }
    for (;;) {
      if (!party.alive || !relay.party.alive || relay.lagging) return;
      const next = store.firstUnacked(LISTING, relay.operator);
      // As the publisher's signed head.
      if (!next) return relay.feeds.begun(LISTING, this.pipeline.generation);
      const { segments, party: life } = relay;
      const head = await segments.head(LISTING, next.generation);
      // On behind what it has, as after a HEAD: never over a hole.
      for (let seq = head ? Number(head.header.seq) + 1 : next.seq; seq <= next.seq; seq += 1) {
        const bytes = store.bytesOf(LISTING, next.generation, seq);
        if (bytes) await relay.take(bytes);
        else if (next.generation === this.pipeline.generation) return this.pipeline.renew(0, true);
        else break; // an older generation ends where nobody holds the rest
        // A relay that was killed meanwhile has acknowledged nothing.
        if (!life.alive) return;
      }
      if (!party.alive) return;
      await db.commit(() => store.ack(LISTING, relay.operator, next.generation, next.seq));
    }
  }

  /** A line that a stranger's relay holds to the gateway. */
  line(relay: Address): FrameStream {
    const stranger = { name: "stranger", alive: true };
    const [theirs, ours] = this.place.net.pair(stranger, this.party);
    const frames = new FrameStream(ours as never);
    this.attend(frames, relay).catch((error: Error) => frames.abort(error));
    return new FrameStream(theirs as never);
  }
}

export class BuyerProgram {
  readonly place: Place;
  readonly bought: Bought;
  readonly terms: ListingTerms;
  party: Party = { name: "buyer", alive: false };
  folder: string;
  feed: Feed | undefined;
  /** Every segment that any life of the buyer was given in the clear: "generation/seq". */
  readonly read = new Set<string>();
  /** Writes to the buyer's disk that are under way. */
  readonly saving = new Set<Promise<void>>();
  #abort = new AbortController();

  constructor(place: Place, bought: Bought, terms: ListingTerms) {
    this.place = place;
    this.bought = bought;
    this.terms = terms;
    this.folder = join(place.folder, `buyer-${lives++}`);
  }

  /** What the buyer's disk holds now. */
  stored(): ChannelProgress | undefined {
    const path = this.#path(this.folder);
    return existsSync(path) ? progressFromJson(readFileSync(path, "utf8")) : undefined;
  }
  #path(folder: string): string {
    return join(folder, `${this.bought.grant.grantId}.json`);
  }

  async start(relays: readonly RelayProgram[]): Promise<void> {
    const { net, chain } = this.place;
    const { grant, purchased } = this.bought;
    const party = { name: `buyer-${lives++}`, alive: true };
    this.party = party;
    this.#abort = new AbortController();
    const files = fileStore(this.folder);
    const { saving } = this;
    const store = {
      ...files,
      save(grantId: Hex, progress: ChannelProgress): Promise<void> {
        net.bump();
        const work = files.save(grantId, progress).finally(() => {
          saving.delete(work);
          net.bump();
        });
        saving.add(work);
        return work;
      },
    };
    this.feed = undefined;
    const feed = await openFeed({
      node: net.node(party, "/ip4/127.0.0.1/tcp/3998", new TextEncoder().encode(party.name)),
      crypto,
      delivery: chain.delivery,
      listing: { id: LISTING, terms: this.terms, publisherKeys: new Map([[0, chain.publisherKey]]) },
      purchase: {
        ...{ listingId: LISTING, version: 1, plan: grant.plan, buyer: grant.buyer, signer: grant.signer },
        ...{
          encryptionKey: grant.encryptionKey,
          buyerSalt: ZERO_HASH,
          notBefore: 0,
          notAfter: grant.notAfter,
        },
        ...{ market: purchased.terms.market, grantId: grant.grantId, paymentId: grant.paymentId },
      },
      keys: {
        signerPrivateKey: this.bought.secret,
        encryptionPrivateKey: unhex(grant.encryptionKey), // as primitives.ts has it
        signer: grant.signer,
        encryptionKey: grant.encryptionKey,
      } as never,
      store,
      transactionHash: null,
      relays: relays.map(({ operator, address }) => ({ operator, multiaddrs: [address] })),
      channel: async () => chain.slot(grant.paymentId),
      signal: this.#abort.signal,
      ticksAfter: 1, // ticks wherever the plan has them
    });
    feed.on("messages", ({ segment: { header } }) => {
      if (party.alive) this.read.add(`${header.generation}/${header.seq}`);
    });
    if (party.alive) this.feed = feed;
  }

  copy(to: string): void {
    rmSync(to, { force: true });
    if (existsSync(this.#path(this.folder))) copyFileSync(this.#path(this.folder), to);
  }
  restore(from: string): void {
    const path = this.#path(this.folder);
    rmSync(path, { force: true });
    if (existsSync(from)) copyFileSync(from, path);
  }

  /** `mute`: the machine vanished, and nobody is told. */
  kill(how: "reset" | "mute"): void {
    if (!this.party.alive) return;
    this.party.alive = false;
    const next = join(this.place.folder, `buyer-${lives++}`);
    mkdirSync(next);
    if (existsSync(this.#path(this.folder))) copyFileSync(this.#path(this.folder), this.#path(next));
    this.folder = next;
    this.place.net.cut(this.party, how);
    this.#abort.abort();
  }
}
