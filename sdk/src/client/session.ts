// One session, metered or not, on one stream to one relay: what is received, checked, opened, metered and paid.
// Longer than its neighbours because all of it works on one position: what is counted must be what was received and paid.
import type { Connection, Libp2p } from "@libp2p/interface";
import {
  type Address,
  accrue,
  type Bytes,
  baseFromDetail,
  type Crypto,
  checkSegment,
  createUnsealer,
  type Delivery,
  decodeHeader,
  dueOf,
  HEADER_BYTES,
  type Header,
  type Hex,
  hex,
  KeyRing,
  type ListingTerms,
  type Message,
  openSegment,
  type ParsedSegment,
  type Plan,
  type PublicKey,
  type PurchaseChoice,
  type PurchaseKeys,
  parseSegment,
  SESSION_ID_BYTES,
  SealPurpose,
  SegmentError,
  type SessionBase,
  sessionAckMessage,
  wrongBaseMessage,
} from "../core/index.ts";
import { type FrameOf, type FrameStream, PROTOCOLS, RefusedError, refusedError } from "../wire/index.ts";
import { Cover, fetchCover, sealOf } from "./cover.ts";
import { checkHello, dialRelay, whoOpens } from "./dial.ts";
import { Payer } from "./payer.ts";
import { Receipts } from "./receipts.ts";
import type { BuyerStore, ChannelProgress } from "./store.ts";

export type RelayAddress = { operator: Address; multiaddrs: readonly string[] };

/** Everything a session needs to know; the same for all relays of a feed. */
export type FeedContext = {
  node: Libp2p;
  crypto: Crypto;
  delivery: Delivery;
  listing: { id: bigint; terms: ListingTerms; publisherKeys: ReadonlyMap<number, PublicKey> };
  purchase: PurchaseChoice & { grantId: Hex; paymentId: Hex };
  plan: Plan;
  metered: boolean;
  /** Open and sign now. */
  keys: PurchaseKeys;
  /** Signs vouchers and close notices, as the channel's terms say; those above unless they were changed since the purchase. */
  voucherKeys?: PurchaseKeys | undefined;
  store: BuyerStore;
  transactionHash: Hex | null;
  deposit: () => bigint;
  /** After how many vouchers in a row that had to wait for their turn ticks take their place; 10 unless said. */
  ticksAfter?: number | undefined;
};

/** One segment as its reader gets it. The body's proof parts are kept for the export. */
export type OpenedSegment = {
  segmentId: Hex;
  segment: ParsedSegment;
  segmentKey: Bytes;
  body: Bytes; // what was inside the cipher: the export's proof
  messages: Message[];
};

export type SessionEvents = {
  segment(opened: OpenedSegment): void;
  progress(progress: ChannelProgress): void;
  voucher(total: bigint, relay: Address, signature: Bytes): void;
  tick(total: bigint, relay: Address, count: number): void;
  waiting(reason: "money" | "data"): void;
  live(): void;
};

/** The publisher refuses the session and says where the account stands; any other `WrongBase` is only what a relay says. */
export class WrongBaseError extends RefusedError {
  readonly base: SessionBase;

  constructor({ message, detail }: RefusedError, base: SessionBase) {
    super("WrongBase", message, { ...detail });
    this.base = base;
  }
}

/** Numbers were left out, and what came later gets no key: if they lay in an opened epoch the seller counts them, and waits for their price. */
export class GapError extends RefusedError {
  constructor() {
    super("WrongBase", "no key comes behind what the relay has left out");
  }
}

/** What one side can take before it says CREDIT again; the relay never has more than this under way. */
const CREDIT_BYTES = 4 << 20;
const HANDSHAKE_MS = 15_000;
/** One segment in so many is compared with its plaintextRoot, on which an export stands: a hash of every KiB. */
const SAMPLED_ONE_IN = 64;

const nowSeconds = (): number => Math.floor(Date.now() / 1000);

/** What CLOSE carries. */
export type SignedNotice = { epoch: number; deadline: number; signature: Bytes };

export type SessionOptions = {
  /** Without a position: begin at the first epoch that the grant opens, not at the newest. */
  fromStart?: boolean;
  /** Begin right after the last received segment, whatever the head says: an opened epoch is owed whole. */
  resume?: boolean;
  /** Begin where the gateway says, with a total proven by our own signature (a lost store). */
  start?: { fromSeq: bigint; baseTotal: bigint };
};

/**
 * The publisher has signed what is not so: the relay has nothing to do with it, and the segment is the same everywhere and for ever. It is not
 * counted as received, so nothing more is paid for it.
 */
export class FalseSegment extends Error {
  override readonly name = "FalseSegment";
  readonly segmentId: Hex;
  readonly generation: number;
  readonly seq: bigint;
  constructor(segmentId: Hex, { generation, seq }: Header, cause: SegmentError) {
    super(`segment ${seq} of generation ${generation} is not what its publisher signed: ${cause.message}`, {
      cause,
    });
    this.segmentId = segmentId;
    this.generation = generation;
    this.seq = seq;
  }
}

export class Session {
  readonly #c: FeedContext;
  readonly relay: RelayAddress;
  readonly #events: SessionEvents;
  readonly progress: ChannelProgress;
  readonly #ring: KeyRing;
  readonly #signal: AbortSignal;
  readonly #options: SessionOptions;
  #frames: FrameStream | undefined;
  #isOpen = false;
  /** As the relay's HEAD has it, whom nobody signed: it becomes the progress's own with what the publisher signs for it. */
  #generation: number;
  #expected = 0n;
  #hasGap = false;
  #received = 0; // bytes since the last CREDIT
  #isFirst = true;
  readonly #payer: Payer;
  readonly #receipts: Receipts;
  #unsealer: ReturnType<typeof createUnsealer> | undefined;
  #closed: PromiseWithResolvers<FrameOf<"CLOSED">> | undefined;
  readonly #cover: Cover;

  constructor(
    context: FeedContext,
    relay: RelayAddress,
    progress: ChannelProgress,
    events: SessionEvents,
    signal: AbortSignal,
    options: SessionOptions = {},
  ) {
    this.#c = context;
    this.relay = relay;
    this.#events = events;
    this.progress = progress;
    this.#generation = progress.generation;
    this.#signal = signal;
    this.#options = options;
    this.#ring = new KeyRing(context.crypto);
    this.#cover = new Cover({
      epochLength: context.listing.terms.epochLength,
      ring: this.#ring,
      fetch: (epochFrom) => this.#fetchCover(epochFrom),
    });
    this.#payer = new Payer({
      context,
      relay: relay.operator,
      progress,
      send: (voucher) => this.#frames?.send("PAY", voucher),
      sendChain: (chain) => this.#frames?.send("TICK_CHAIN", chain),
      sendTick: (tick) => this.#frames?.send("TICK", tick),
      signed: (total, signature) => events.voucher(total, relay.operator, signature),
      ticked: (total, count) => events.tick(total, relay.operator, count),
      failed: (error) => this.#frames?.abort(error),
    });
    this.#receipts = new Receipts({
      context,
      progress,
      send: (receipt) => this.#frames?.send("RECEIPT", receipt),
    });
  }

  /** Connects, opens and reads until the stream ends (resolves), the signal aborts or a refusal comes (rejects). */
  async run(): Promise<void> {
    const handshake = AbortSignal.any([this.#signal, AbortSignal.timeout(HANDSHAKE_MS)]);
    const { frames, connection } = await dialRelay(this.#c, this.relay, PROTOCOLS.subscribe, handshake);
    this.#frames = frames;
    const abort = () => frames.abort(new Error("stopped"));
    this.#signal.addEventListener("abort", abort, { once: true });
    try {
      await this.#open(frames, connection, handshake);
      this.#isOpen = true;
      this.#events.live();
      for (;;) {
        const frame = await frames.read();
        if (frame === null) return;
        if (frame.type === "SEGMENT") await this.#segment(frame.bytes);
        else if (frame.type === "KEYS") await this.#keys(frame.seal);
        else if (frame.type === "GAP") this.#gap(frame);
        else if (frame.type === "BALANCE") this.#balance(frame);
        else if (frame.type === "CLOSED") this.#closed?.resolve(frame);
        else if (frame.type === "HEAD") this.#head(frame);
        else if (frame.type === "REFUSED") {
          const refused = refusedError(frame);
          this.#closed?.reject(refused);
          throw refused;
        }
      }
    } finally {
      this.#isOpen = false;
      this.#payer.stop();
      this.#receipts.stop();
      this.#cover.stop();
      this.#signal.removeEventListener("abort", abort);
      this.#closed?.reject(new RefusedError("GatewayOffline", "the relay ended the stream before the close"));
      await this.#payer.saved();
      void frames.close();
    }
  }

  /** A relay serves it: a notice can go through it. */
  get isOpen(): boolean {
    return this.#isOpen && !this.#frames!.closed;
  }

  /** Sends the signed CloseNotice of an open session; resolves with the gateway's figure once it is on chain. Segments go on arriving. */
  closeBy(notice: SignedNotice, signal: AbortSignal): Promise<FrameOf<"CLOSED">> {
    this.#payer.settle();
    this.#payer.stop();
    const closed = Promise.withResolvers<FrameOf<"CLOSED">>();
    this.#closed = closed;
    const late = () => closed.reject(new RefusedError("GatewayOffline", "the seller does not answer"));
    signal.addEventListener("abort", late, { once: true });
    this.#receipts.sign();
    this.#frames!.send("CLOSE", notice);
    return closed.promise;
  }

  async #open(frames: FrameStream, connection: Connection, signal: AbortSignal): Promise<void> {
    const { listing, purchase, metered, crypto, delivery, keys } = this.#c;
    const hello = await frames.expect("HELLO", { signal });
    checkHello(this.#c, this.relay, hello);
    const { position, generation } = this.progress;
    frames.send("LOCATE", {
      listingId: listing.id,
      position: position === null ? null : { generation, seq: position.seq },
    });
    const head = await frames.expect("HEAD", { signal });
    this.#generation = head.generation;
    const fromSeq = this.#startOf(head);
    const base = this.#options.start?.baseTotal;
    const paid = metered ? await this.#payer.begin(fromSeq, base, head.generation) : null;
    frames.send("OPEN", {
      ...whoOpens(this.#c, connection, hello),
      position: this.#position && { generation: head.generation, ...this.#position },
      fromStart: this.#options.fromStart === true,
      credit: CREDIT_BYTES,
      session: paid?.session ?? null,
      voucher: paid?.voucher ?? null,
    });
    const opened = await frames.expect("OPENED", { signal }).catch(async (error: unknown) => {
      const isBase = paid !== null && error instanceof RefusedError && error.name === "WrongBase";
      throw isBase ? await this.#wrongBase(error, paid.digest) : error;
    });
    this.#begin(opened, paid?.session.fromSeq);
    if (paid === null) {
      // Segments that come meanwhile wait in the stream's queue, bounded by our own credit.
      await this.#cover.begin(this.#firstEpoch(head));
      return;
    }
    const key = this.#publisherKey(opened.keyId);
    const ack = opened.sessionAck;
    if (ack === null || !(await crypto.es256Verify(key, sessionAckMessage(paid.digest), ack))) {
      // Made up by the relay: another one may have the publisher's.
      throw new RefusedError("NotServed", "the session is not accepted by the publisher's key");
    }
    if (dueOf(this.#c.plan, opened.baseAccrued) !== paid.session.baseTotal) {
      throw new RefusedError("WrongBase", "the session was opened at another total than it was signed for");
    }
    if (head.generation !== this.progress.generation) {
      Object.assign(this.progress, { generation: head.generation, position: null, openedThrough: -1 });
    }
    this.progress.accrued = opened.baseAccrued;
    this.#unsealer = createUnsealer(crypto, {
      delivery,
      listingId: listing.id,
      generation: head.generation,
      buyer: purchase.buyer,
      encryptionKey: keys.encryptionKey,
      purpose: SealPurpose.session,
      sessionId: paid.digest.subarray(0, SESSION_ID_BYTES),
      privateKey: keys.encryptionPrivateKey,
    });
  }

  /** Whether the publisher said so of this session. Made up by the relay it is no more than a no: another one may have the publisher's. */
  async #wrongBase(refused: RefusedError, digest: Bytes): Promise<RefusedError> {
    const base = baseFromDetail(refused.detail);
    const isSigned =
      base !== null &&
      (await this.#c.crypto.es256Verify(
        this.#publisherKey(base.keyId),
        wrongBaseMessage(digest, base),
        base.signature,
      ));
    if (!isSigned) {
      return new RefusedError("NotServed", "the session is refused without the publisher's signature");
    }
    if (base.generation !== this.#generation) {
      // Asked for by this relay's HEAD: that no account stands there says nothing of ours.
      return new RefusedError("StaleGeneration", `the stream is in generation ${base.generation}`);
    }
    return new WrongBaseError(refused, base);
  }

  /** The last segment that was received in this session's generation. */
  get #position(): ChannelProgress["position"] {
    return this.progress.generation === this.#generation ? this.progress.position : null;
  }

  /** The deposit has grown: signs what could not be signed before. */
  payOn(): void {
    if (this.#frames !== undefined && this.#c.metered) this.#payer.schedule();
  }

  /** A relay that began in front of what was asked for could have us count and pay again what we have. */
  #begin({ generation, fromSeq }: FrameOf<"OPENED">, signed: bigint | undefined): void {
    const position = this.#position;
    const isAsked = signed === undefined ? position === null || fromSeq > position.seq : fromSeq === signed;
    if (generation !== this.#generation || !isAsked) {
      throw new RefusedError("NotServed", "the relay opened another session than was asked for");
    }
    this.#expected = fromSeq;
  }

  /** What is left out begins where we are: nothing leads back. */
  #gap({ generation, fromSeq, toSeq }: FrameOf<"GAP">): void {
    if (generation !== this.#generation || fromSeq !== this.#expected || toSeq < fromSeq) {
      const place = `${this.#generation}/${this.#expected}`;
      throw new RefusedError("BadFrame", `GAP ${generation}/${fromSeq} to ${toSeq} came at ${place}`);
    }
    this.#expected = toSeq + 1n;
    this.#hasGap = true;
  }

  /** The relay is quiet: it says so when nothing has come for a while. */
  #head({ generation, head }: FrameOf<"HEAD">): void {
    if (generation > this.#generation)
      throw new RefusedError("StaleGeneration", "the stream goes on in a later generation");
    if (!this.#c.metered || !this.#hasGap || head === null) return;
    const { signed, openedThrough } = this.progress;
    const isPaid = signed >= this.#payer.due + this.#c.plan.entry;
    if (isPaid && decodeHeader(head.subarray(0, HEADER_BYTES)).epoch > openedThrough) throw new GapError();
  }

  #startOf(head: FrameOf<"HEAD">): bigint {
    const { openedThrough } = this.progress;
    const position = this.#position;
    if (this.#options.start !== undefined) return this.#options.start.fromSeq;
    if (position === null) return head.epochFirstSeq;
    if (this.#options.resume) return position.seq + 1n;
    const resumes = head.next !== null && head.next.epoch <= openedThrough;
    if (resumes || head.epochFirstSeq <= position.seq) return position.seq + 1n;
    return head.epochFirstSeq;
  }

  #publisherKey(keyId: number): PublicKey {
    const key = this.#c.listing.publisherKeys.get(keyId);
    if (key === undefined) throw new RefusedError("BadKey", `the hub has no publisher key ${keyId}`);
    return key;
  }

  async #keys(seal: FrameOf<"KEYS">["seal"]): Promise<void> {
    if (this.#unsealer === undefined) throw new RefusedError("BadFrame", "keys came outside a session");
    const keys = await this.#unsealer.unseal(sealOf(seal), this.#publisherKey(seal.keyId));
    this.#ring.addCover(seal.epochFrom, seal.epochTo, keys);
    this.progress.openedThrough = Math.max(this.progress.openedThrough, seal.epochTo);
  }

  /** Where the first cover has to begin. The gateway raises it to where the grant begins. */
  #firstEpoch(head: FrameOf<"HEAD">): number {
    if (this.#options.fromStart && this.#position === null) return 0;
    const behind = Math.floor(nowSeconds() / this.#c.listing.terms.epochLength) - 1;
    const newest = head.head === null ? behind : decodeHeader(head.head.subarray(0, HEADER_BYTES)).epoch;
    return Math.min(head.next?.epoch ?? newest, newest);
  }

  async #fetchCover(epochFrom: number): Promise<Awaited<ReturnType<typeof fetchCover>>> {
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(HANDSHAKE_MS)]);
    const { frames } = await dialRelay(this.#c, this.relay, PROTOCOLS.keys, signal);
    try {
      checkHello(this.#c, this.relay, await frames.expect("HELLO", { signal }));
      const at = { generation: this.#generation, epochFrom };
      return await fetchCover(frames, this.#c, at, (keyId) => this.#publisherKey(keyId), signal);
    } finally {
      void frames.close();
    }
  }

  async #segment(bytes: Bytes): Promise<void> {
    const { crypto, delivery, listing } = this.#c;
    const segment = parseSegment(bytes);
    const { header } = segment;
    if (header.listingId !== listing.id || header.generation !== this.#generation) {
      throw new RefusedError("BadSegment", "the segment belongs to another stream", { field: "listingId" });
    }
    const before = this.#position;
    // What was counted once is never counted again, whatever led here.
    if (header.seq !== this.#expected || (before !== null && header.seq <= before.seq)) {
      throw new RefusedError("BadSegment", `seq ${header.seq} came in place of ${this.#expected}`, {
        field: "seq",
      });
    }
    const segmentId = await checkSegment(
      crypto,
      delivery,
      segment,
      this.#publisherKey(header.publisherKeyId),
    );
    if (before !== null && before.seq + 1n === header.seq && hex(header.prevHash) !== before.segmentId) {
      throw new RefusedError("BadSegment", "the chain of segments is broken", { field: "prevHash" });
    }
    const { metered } = this.#c;
    const epochKey = metered ? this.#ring.keyFor(header.epoch) : await this.#cover.keyFor(header.epoch);
    if (epochKey === undefined) {
      throw new RefusedError("BadSegment", `no key was given for epoch ${header.epoch}`, { field: "epoch" });
    }
    const deep = this.#isSampled();
    const opened = await openSegment(crypto, segment, { epochKey }, { deep }).catch((error: unknown) => {
      if (!(error instanceof SegmentError)) throw error;
      // What is not metered goes on behind it when it is opened again. A metered feed never does: behind it, it would be owed.
      const behind = {
        generation: header.generation,
        position: { seq: header.seq, segmentId: hex(segmentId) },
      };
      if (!metered) Object.assign(this.progress, behind);
      throw new FalseSegment(hex(segmentId), header, error);
    });
    const { messages, segmentKey, body } = opened;
    this.#expected = header.seq + 1n;
    Object.assign(this.progress, {
      accrued: this.progress.accrued + accrue(this.#c.plan, header),
      messages: this.progress.messages + messages.length,
      segments: this.progress.segments + 1,
      generation: header.generation,
      position: { seq: header.seq, segmentId: hex(segmentId) },
    });
    this.#events.segment({ segmentId: hex(segmentId), segment, segmentKey, body, messages });
    this.#events.progress(this.progress);
    this.#credit(bytes.length);
    if (!metered) return;
    this.#payer.schedule();
    this.#receipts.received();
  }

  /** The first of a session, where the last one may have failed, then some of them: nobody can foresee which. */
  #isSampled(): boolean {
    const isFirst = this.#isFirst;
    this.#isFirst = false;
    return isFirst || globalThis.crypto.getRandomValues(new Uint8Array(1))[0]! % SAMPLED_ONE_IN === 0;
  }

  #credit(bytes: number): void {
    this.#received += bytes;
    if (this.#received < CREDIT_BYTES / 4) return;
    this.#frames?.send("CREDIT", { bytes: this.#received });
    this.#received = 0;
  }

  #balance({ needed }: FrameOf<"BALANCE">): void {
    this.#events.waiting(needed > this.#c.deposit() ? "money" : "data");
    this.#payer.schedule();
  }
}
