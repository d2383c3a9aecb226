// One bought stream, kept going: session after session on its relays, vouchers ahead of what arrives, and an end that settles.
// Longer than its neighbours because it is one state machine: status, meter and place change together.
import { pause as pauseUntil } from "../chain/wait.ts";
import {
  type Address,
  type Bytes,
  closeNoticeDigest,
  deriveTerms,
  dueOf,
  type Hex,
  hex,
  OPEN_PLAN,
  openGrantId,
  proofFromDetail,
  signerOfTotal,
  type Terms,
} from "../core/index.ts";
import { ClosedError, RefusedError } from "../wire/index.ts";
import { closeBySeller } from "./close.ts";
import { createEnd } from "./end.ts";
import { DecodedMessage } from "./message.ts";
import {
  type FeedContext,
  GapError,
  type OpenedSegment,
  type RelayAddress,
  Session,
  type SessionOptions,
  WrongBaseError,
} from "./session.ts";
import { type ChannelProgress, freshProgress } from "./store.ts";

export { DecodedMessage } from "./message.ts";
export { FalseSegment, type FeedContext, type OpenedSegment, type RelayAddress } from "./session.ts";

export type FeedStatus =
  | "connecting"
  | "live"
  | "waiting"
  | "out-of-money"
  | "reconnecting"
  | "stopping"
  | "stopped"
  | "failed";
export type FeedState = { status: FeedStatus; reason?: Error };

/** Amounts in the smallest token unit. */
export type Meter = {
  messages: number;
  segments: number;
  due: bigint; // owed for what was received
  signed: bigint; // highest total signed, or made by ticks: due plus at most the entry
  ticks: number; // paid by this feed in the place of signatures
  deposit: bigint;
  entry: bigint;
  price: bigint;
  unit: bigint;
  promoPrice: bigint; // of units sealed before promoUntil; 0: none
  promoUntil: number; // unix seconds
};

export type Delivered = Omit<OpenedSegment, "messages"> & { messages: DecodedMessage[] };

/** What the chain says of the channel right now. */
export type ChannelSlot = { claimed: bigint; deposit: bigint; closeAt: number; epoch: number };

export type StopResult =
  | { by: "gateway"; transactionHash: Hex; capture: bigint; due: bigint }
  /** The seller does not answer: send requestClose with this notice, and withdraw after the challenge. */
  | {
      by: "challenge";
      /** Why the seller's side did not close it. */
      reason: Error;
      terms: Terms;
      notice: { channelId: Hex; epoch: number; deadline: number };
      signature: Hex;
    };

type FeedEvents = {
  messages: (delivered: Delivered) => void;
  meter: (meter: Meter) => void;
  state: (state: FeedState) => void;
  voucher: (voucher: { cumulative: bigint; relay: Address; signature: Hex }) => void;
  /** Ticks have left: `total` is what they make on top of the last voucher. */
  tick: (paid: { total: bigint; relay: Address; count: number }) => void;
};

export interface Feed {
  on<E extends keyof FeedEvents>(event: E, act: FeedEvents[E]): () => void;
  readonly state: FeedState;
  readonly meter: Meter;
  /**
   * Ends a metered purchase: the seller closes the channel and the rest comes back, whether a session is open or not. Waits at most `patienceMs`
   * (15 s) for it. Throws RangeError for every other one: a subscription is left by `cancelSubscription` on chain, a free grant by `close`.
   */
  stop(options?: { patienceMs?: number }): Promise<StopResult>;
  /** Reads the channel again, after a top-up, and pays on. Nothing to do for what is not metered. */
  refresh(): Promise<void>;
  /** Ends the connection only; the purchase goes on and can be resumed. */
  close(): Promise<void>;
}

export type FeedParameters = Omit<FeedContext, "deposit" | "metered" | "plan"> & {
  relays: readonly RelayAddress[];
  /** Reads the channel's slot (`getChannel`); null for a grant that is not metered. */
  channel: (() => Promise<ChannelSlot>) | null;
  /** Reads the grant's keys again, after a relay has refused ours; without it that ends the feed. */
  reload?: () => Promise<Pick<FeedContext, "keys" | "voucherKeys">>;
  /** Reads the hub's publisher keys again, after one that is not known here; it asks no wallet. Without it a seller's new key is never learned. */
  publisherKeys?: () => Promise<FeedContext["listing"]["publisherKeys"]>;
  /** Asks the chain, after a NoGrant, whether there is one: relay and gateway see a block a moment later, and are asked again then. */
  isGranted?: () => Promise<boolean>;
  /** Of a grant that is not metered: begin where it begins, its history included, not at the newest epoch. */
  fromStart?: boolean;
  signal?: AbortSignal;
};

/**
 * A seller who goes on asking to be paid for what never came is paid no more: a channel gives away one entry beyond the one that leads, and a
 * hundredth of what was received, because every new generation may leave a segment behind. What is left of the deposit comes back by a close.
 */
export class NotReceived extends Error {
  override readonly name = "NotReceived";
  /** Both in the smallest token unit. */
  readonly owed: bigint;
  readonly received: bigint;
  constructor(owed: bigint, received: bigint) {
    super(`the seller wants ${owed}, but data came for ${received}`);
    this.owed = owed;
    this.received = received;
  }
}

const WRITE_OFF_SHARE = 100n;

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

/** How far a relay's word may move our session number at once. */
const SESSION_STEP = 2n ** 32n;

const RETRY_MS = [100, 300, 1000, 2000, 5000] as const;
/** A cut shorter than this many epochs loses nothing: gateways still open what was missed. After a longer one the stream goes on from now. */
const RESUME_EPOCHS = 8;
const STOP_PATIENCE_MS = 15_000;
/** Of it, how long for a session that is just being opened. */
const OPENING_MS = 3000;
const NOTICE_SECONDS = 3600;
const DEPOSIT_POLL_MS = 2000;
/** After a relay has said that the channel is closed, how long our own view of the chain may take to show it. */
const CLOSE_SEEN_MS = 5000;
const CLOSE_POLL_MS = 200;
/** After the close, how long the rest of what was captured may take to arrive. */
const REST_MS = 3000;

/** A relay that takes our signature for a stranger's says so in one of two ways: the keys were changed before we came, or while we read. */
const isAboutKeys = ({ name }: Error): boolean => name === "KeysRotated" || name === "BadSignature";

/** Opens a bought stream: connects to its relays one after the other, pays as data arrives, and resumes after a cut. */
export async function openFeed(p: FeedParameters): Promise<Feed> {
  const isOpen = p.purchase.grantId === openGrantId(p.listing.id);
  const plan = isOpen ? OPEN_PLAN : p.listing.terms.plans[p.purchase.plan];
  if (plan === undefined) throw new RangeError(`purchase.plan: the listing has no plan ${p.purchase.plan}`);
  if (p.relays.length === 0) throw new RangeError("relays: at least one is needed");
  const metered = p.channel !== null;
  let slot = p.channel === null ? undefined : await p.channel();
  const stored = await p.store.load(p.purchase.grantId);
  const progress: ChannelProgress = { ...freshProgress(p.purchase.paymentId), ...stored };
  const listeners: { [E in keyof FeedEvents]: Set<FeedEvents[E]> } = {
    messages: new Set(),
    meter: new Set(),
    state: new Set(),
    voucher: new Set(),
    tick: new Set(),
  };
  const ended = new AbortController();
  const signal = p.signal === undefined ? ended.signal : AbortSignal.any([ended.signal, p.signal]);
  let state: FeedState = { status: "connecting" };
  let session: Session | undefined;
  let receivedAt = 0;
  let ticks = 0;
  /** How often since then relays refused the very keys that the chain names. */
  let ahead = 0;
  /** How often since the last segment relays had nothing to give but what lies behind a gap. */
  let gaps = 0;
  /** The highest total that was taken on the seller's word. */
  let believed = 0n;
  /** We signed more than these books know: they are an old copy, or new. */
  let lost = false;

  const end = createEnd(p);
  /** The running attempt has got as far as an open stream. */
  let reached = false;
  /** Resolves when it has, or has failed. */
  let opening = Promise.withResolvers<void>();

  const context: FeedContext = { ...p, plan, metered, deposit: () => slot?.deposit ?? 0n };
  const setState = (next: FeedState): void => {
    if (state.status === "stopped" || (state.status === "stopping" && next.status !== "stopped")) return;
    state = next;
    for (const act of listeners.state) act(state);
  };
  const meter = (): Meter => ({
    messages: progress.messages,
    segments: progress.segments,
    due: dueOf(plan, progress.accrued),
    signed: progress.signed,
    ticks,
    deposit: slot?.deposit ?? 0n,
    entry: plan.entry,
    price: plan.price,
    unit: plan.unit,
    promoPrice: plan.promoPrice,
    promoUntil: plan.promoUntil,
  });
  const events = {
    segment(opened: OpenedSegment) {
      receivedAt = Date.now();
      ahead = 0;
      gaps = 0;
      end.clear();
      const status = isDry() ? "out-of-money" : "live";
      if (state.status !== status) setState({ status });
      const delivered = {
        ...opened,
        messages: opened.messages.map((message) => new DecodedMessage(message)),
      };
      for (const act of listeners.messages) act(delivered);
    },
    progress() {
      for (const act of listeners.meter) act(meter());
    },
    voucher(cumulative: bigint, relay: Address, signature: Bytes) {
      for (const act of listeners.voucher) act({ cumulative, relay, signature: hex(signature) });
    },
    tick(total: bigint, relay: Address, count: number) {
      ticks += count;
      for (const act of listeners.tick) act({ total, relay, count });
    },
    waiting(reason: "money" | "data") {
      setState({ status: reason === "money" ? "out-of-money" : "waiting" });
      if (reason === "money") void lookAgain();
    },
    live() {
      reached = true;
      opening.resolve();
      setState({ status: "live" });
    },
  };

  /** The deposit no longer leads what was received by the entry, so the seller releases no more keys. */
  const isDry = (): boolean => {
    const deposit = slot?.deposit ?? 0n;
    return metered && (dueOf(plan, progress.accrued) + plan.entry > deposit || progress.signed > deposit);
  };

  async function refresh(): Promise<void> {
    await refreshDeposit();
    for (const act of listeners.meter) act(meter());
    if (state.status === "out-of-money" && !isDry()) setState({ status: "live" });
    session?.payOn();
  }

  async function refreshDeposit(): Promise<void> {
    if (p.channel !== null) slot = await p.channel();
  }

  /** Out of money, the chain is asked again and again: one answer that does not come ends nothing. */
  const lookAgain = (): Promise<void> => refreshDeposit().catch(() => undefined);

  const pause = (ms: number, until = signal): Promise<void> => pauseUntil(ms, until);

  async function attempt(relay: RelayAddress): Promise<void> {
    reached = false;
    opening = Promise.withResolvers();
    session = new Session(context, relay, progress, events, signal, options);
    await session.run().finally(opening.resolve);
  }

  const fresh: SessionOptions = p.fromStart ? { fromStart: true } : {};
  /** After a cut: right behind what was received last, or what came meanwhile would be missed. */
  const unbroken: SessionOptions = { resume: true };
  let options = fresh;

  /** Adopts what the gateway proves: where the account stands under its own signature, a total only under ours. */
  function adopt(refused: RefusedError): boolean {
    const { name, detail } = refused;
    if (name === "StaleSession" && detail.sessionNo !== undefined) {
      const sessionNo = BigInt(detail.sessionNo);
      if (sessionNo < progress.sessionNo) return false;
      // Nobody signs it. A lost store gets to any true number in a few such steps; a made-up one does not use all numbers up.
      const furthest = progress.sessionNo + SESSION_STEP;
      progress.sessionNo = sessionNo < furthest ? sessionNo : furthest;
      return true;
    }
    if (name === "FallingTotal") {
      const before = progress.signed;
      return provenBy(detail, before + 1n);
    }
    if (!(refused instanceof WrongBaseError)) return false;
    if (options.start !== undefined) {
      // The stream has gone on in another generation meanwhile: where to start is asked for again.
      options = fresh;
      return false;
    }
    const { generation, fromSeq, baseTotal } = refused.base;
    const isHere = progress.position !== null && progress.generation === generation;
    if (isHere && !options.resume && gaps < p.relays.length) {
      // Epochs were opened to us that we never received: they are owed, so they come first, as long as a relay may have them.
      options = { resume: true };
      return true;
    }
    if (baseTotal > 0n && !provenBy(detail, baseTotal)) return false;
    writeOff(baseTotal);
    progress.position = null;
    options = { start: { fromSeq, baseTotal } };
    return true;
  }

  /** Takes the seller's word for what is owed beyond what was received: all that lost books had read, else an entry and a hundredth. @throws NotReceived */
  function writeOff(base: bigint): void {
    const { entry } = plan!;
    const due = dueOf(plan!, progress.accrued);
    const known = due > believed ? due : believed;
    if (base <= known) return;
    if (known > 0n || !lost) {
      const unread = base - known < entry ? base - known : entry;
      const received = due - progress.writtenOff;
      if (progress.writtenOff + unread > entry + received / WRITE_OFF_SHARE) throw new NotReceived(base, due);
      progress.writtenOff += unread;
    }
    believed = base;
  }

  function provenBy(detail: RefusedError["detail"], atLeast: bigint): boolean {
    const proof = proofFromDetail(detail);
    if (proof === null || proof.total < atLeast) return false;
    const signer = signerOfTotal(p.crypto, p.delivery, p.purchase.paymentId, proof);
    const { signer: ours } = context.voucherKeys ?? context.keys;
    if (signer?.toLowerCase() !== ours.toLowerCase()) return false;
    if (progress.signed < proof.total) {
      progress.signed = proof.total;
      lost = true;
    }
    return true;
  }

  /**
   * Whether to come again with the keys that the chain names now: they were changed by this wallet elsewhere, or a moment ago, so that a
   * relay has not seen their block yet. One that goes on refusing them is believed in the end.
   */
  async function haveBetterKeys(): Promise<boolean> {
    if (p.reload === undefined) return false;
    const { signer, encryptionKey } = context.keys;
    try {
      Object.assign(context, await p.reload());
    } catch {
      return false; // what the relay said is the reason that is shown
    }
    if (context.keys.signer !== signer || context.keys.encryptionKey !== encryptionKey) return true;
    if (ahead >= RETRY_MS.length) return false;
    await pause(RETRY_MS[ahead++]!);
    return true;
  }

  /** The seller may sign with a key that is younger than this feed. A chain that is away is asked again with the next session. */
  async function learnKeys(): Promise<void> {
    const publisherKeys = await p.publisherKeys?.().catch(() => undefined);
    if (publisherKeys) context.listing = { ...context.listing, publisherKeys };
  }

  const isStopping = (): boolean => state.status === "stopping";

  async function loop(): Promise<void> {
    let failures = 0;
    for (let turn = 0; !signal.aborted && !isStopping(); turn++) {
      const segments = progress.segments;
      const away = Date.now() - receivedAt;
      if (options === unbroken && away > RESUME_EPOCHS * p.listing.terms.epochLength * 1000) options = fresh;
      const relay = p.relays[turn % p.relays.length]!;
      try {
        await attempt(relay);
        if (isStopping()) return;
        setState({ status: "reconnecting", reason: new ClosedError("the relay ended the stream") });
      } catch (error) {
        if (signal.aborted || isStopping()) return;
        let reason = asError(error);
        try {
          if (reason instanceof RefusedError && adopt(reason)) continue;
        } catch (fault) {
          reason = asError(fault); // the seller's figures cannot be read, or not be believed
        }
        if (reason instanceof RefusedError && reason.name === "OutOfMoney") {
          setState({ status: "out-of-money", reason });
          await pause(DEPOSIT_POLL_MS);
          await lookAgain();
          continue;
        }
        if (isAboutKeys(reason) && (await haveBetterKeys())) {
          if (metered && progress.position !== null) options = unbroken;
          continue;
        }
        if (reason.name === "BadKey") await learnKeys();
        if (reason instanceof GapError && progress.segments === segments) gaps += 1;
        const over = await end.by(relay.operator, reason, reached);
        if (over) {
          setState({ status: "failed", reason: over });
          return;
        }
        setState({ status: "reconnecting", reason });
      }
      if (progress.segments > segments) options = metered ? unbroken : fresh;
      else if (gaps >= p.relays.length) options = fresh;
      failures = progress.segments > segments ? 0 : failures + 1;
      await pause(RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]!);
    }
  }
  const running = loop();

  /** Nobody signs a CLOSED, so it is believed once the chain shows it, or there is nothing left to close. @throws RefusedError CloseFailed */
  async function closedSlot(read: () => Promise<ChannelSlot>, epoch: number): Promise<ChannelSlot> {
    const until = Date.now() + CLOSE_SEEN_MS;
    for (;;) {
      const now = await read().catch(() => undefined);
      if (now && (now.epoch !== epoch || now.deposit <= now.claimed)) return now;
      if (Date.now() >= until)
        throw new RefusedError("CloseFailed", "a relay says that the channel is closed; the chain does not");
      await pause(CLOSE_POLL_MS);
    }
  }

  async function stop(options: { patienceMs?: number } = {}): Promise<StopResult> {
    const read = p.channel;
    if (read === null)
      throw new RangeError("stop: is for metered purchases; a subscription is cancelled on chain");
    // Asked before anything changes: while the chain cannot be reached the stream goes on, and stop may be tried again.
    slot = await read();
    setState({ status: "stopping" });
    const notice = {
      channelId: p.purchase.paymentId,
      epoch: slot.epoch,
      deadline: Math.floor(Date.now() / 1000) + NOTICE_SECONDS,
    };
    const digest = closeNoticeDigest(p.delivery, notice);
    const { signerPrivateKey } = context.voucherKeys ?? context.keys;
    const signature = p.crypto.signSecp(signerPrivateKey, digest);
    const terms = deriveTerms(p.listing.terms, p.purchase);
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), options.patienceMs ?? STOP_PATIENCE_MS);
    try {
      const until = AbortSignal.any([signal, patience.signal]);
      // A seller first hears of a channel by its first session: one that is being opened goes before.
      await Promise.race([opening.promise, pause(OPENING_MS, until)]);
      const { transactionHash, capture } = await closeBySeller(context, session, {
        relays: p.relays,
        notice: { ...notice, signature },
        borneOut: async ({ transactionHash }) => ({
          transactionHash,
          capture: (await closedSlot(read, notice.epoch)).claimed,
        }),
        signal: until,
      });
      // What was captured beyond what has arrived is served to the end: the meter then shows the same number.
      const restBy = Date.now() + REST_MS;
      while (session?.isOpen && meter().due < capture && Date.now() < restBy) await pause(10);
      setState({ status: "stopped" });
      return { by: "gateway", transactionHash, capture, due: meter().due };
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      setState({ status: "stopped", reason: error });
      return { by: "challenge", reason: error, terms, notice, signature: hex(signature) };
    } finally {
      clearTimeout(timer);
      await p.store.save(p.purchase.grantId, progress);
      ended.abort();
      await running;
    }
  }

  return {
    on(event, act) {
      listeners[event].add(act);
      return () => listeners[event].delete(act);
    },
    get state() {
      return state;
    },
    get meter() {
      return meter();
    },
    stop,
    refresh,
    async close() {
      ended.abort();
      await running;
      await p.store.save(p.purchase.grantId, progress);
    },
  };
}
