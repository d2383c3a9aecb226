/**
 * One running feed of this page, kept outside React so that the buy dialog can start it and the live page can take it
 * over without a second connection. Closed when nobody has looked for a moment: leaving the page stops the paying.
 */
import type { Hex } from "viem";
import type { PurchaseItem } from "@/lib/indexer.ts";
import type { Recorder } from "@/lib/recorder.ts";
import { fieldsFromMessage, MAX_FIELDS, type SchemaField } from "@/lib/schema.ts";
import { RateMeter, StreamBuffer } from "@/lib/series.ts";
import type { Delivered, Feed, FeedState, Meter } from "@/lib/weir.ts";

/** Between two pages nobody looks for a moment; longer than this means that the person left. */
const LINGER_MS = 4_000;
/** How often the page is redrawn; a feed may bring hundreds of segments a second. */
const REDRAW_MS = 200;

export class OpenElsewhere extends Error {
  override readonly name = "OpenElsewhere";
  constructor() {
    super("this purchase is being read in another tab of this browser");
  }
}

export interface Snapshot {
  state: FeedState;
  meter: Meter | undefined;
  buffer: StreamBuffer;
  numeric: SchemaField[];
  perSecond: number;
  /** Rises with every redraw, so that equal objects are still noticed. */
  tick: number;
  ending: Ending | undefined;
  error: unknown;
  /** The operator of the relay that carries a metered stream, once something was paid through it. */
  relay: string | undefined;
  /** It is not the one that the stream began with. */
  moved: boolean;
}

/** What `open` gives: the feed, and where everything it brings is kept for an export. */
export type OpenFeed = (signal: AbortSignal) => Promise<{ feed: Feed; recorder: Recorder }>;

const FIRST: FeedState = { status: "connecting" };

/** How a purchase ended: settled at once by the seller, or by the buyer's own request and a challenge. */
export type Ending =
  | { by: "gateway"; transactionHash: Hex; claimed: bigint; refund: bigint }
  | { by: "challenge"; transactionHash: Hex; closeAt: number };

export class FeedSession {
  private readonly listeners = new Set<() => void>();
  private readonly abort = new AbortController();
  private readonly rate = new RateMeter();
  private readonly buffer = new StreamBuffer();
  private feed: Feed | undefined;
  recorder: Recorder | undefined;
  private linger: ReturnType<typeof setTimeout> | undefined;
  private redraw: ReturnType<typeof setTimeout> | undefined;
  private snapshot: Snapshot;
  /** Changes that were not yet shown. */
  private pending: Partial<Snapshot> = {};
  private releaseLock: () => void = () => undefined;
  readonly purchase: PurchaseItem;
  /** Every field that the listing describes. */
  private readonly promised: SchemaField[];

  constructor(purchase: PurchaseItem, fields: SchemaField[]) {
    this.purchase = purchase;
    this.promised = fields;
    const numeric = fields.filter((field) => field.type === "number").slice(0, MAX_FIELDS);
    this.snapshot = {
      state: FIRST,
      meter: undefined,
      buffer: this.buffer,
      numeric,
      perSecond: 0,
      tick: 0,
      ending: undefined,
      error: undefined,
      relay: undefined,
      moved: false,
    };
  }

  readonly getSnapshot = (): Snapshot => this.snapshot;

  readonly subscribe = (listener: () => void): (() => void) => {
    clearTimeout(this.linger);
    this.listeners.add(listener);
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.linger = setTimeout(() => void this.close(), LINGER_MS);
    };
  };

  /** Keeps the feed open without looking at it, until the returned function is called. */
  readonly hold = (): (() => void) => this.subscribe(() => undefined);

  async open(open: OpenFeed): Promise<void> {
    try {
      await this.lock();
      const { feed, recorder } = await open(this.abort.signal);
      if (this.abort.signal.aborted) return await feed.close();
      this.feed = feed;
      this.recorder = recorder;
      feed.on("voucher", (voucher) => {
        recorder.voucher(voucher);
        this.noticeRelay(voucher.relay);
      });
      feed.on("state", (state) => this.change({ state }, true));
      feed.on("meter", (meter) => this.change({ meter }));
      feed.on("messages", (segment) => this.receive(segment));
      this.change({ state: feed.state, meter: feed.meter }, true);
    } catch (error) {
      if (this.abort.signal.aborted) return;
      this.releaseLock();
      this.change({ error, state: { status: "failed" } }, true);
    }
  }

  /** Asks the seller to close; what the chain then says is told to `ended`. */
  async stop() {
    if (!this.feed) throw new Error("the feed is not open");
    return this.feed.stop();
  }

  ended(ending: Ending): void {
    this.change({ ending }, true);
  }

  async close(): Promise<void> {
    if (sessions.get(this.purchase.grantId) === this) sessions.delete(this.purchase.grantId);
    this.abort.abort();
    clearTimeout(this.redraw);
    await this.feed?.close();
    this.releaseLock();
  }

  /** Money came: the feed looks at its deposit again and pays on. */
  async refresh(): Promise<void> {
    await this.feed?.refresh();
  }

  /** Vouchers name the relay that carries; another name means that the feed has moved. */
  private noticeRelay(relay: string): void {
    const { relay: before } = { ...this.snapshot, ...this.pending };
    if (relay === before) return;
    this.change({ relay, moved: before !== undefined }, true);
  }

  private receive(delivered: Delivered): void {
    const { segment, messages } = delivered;
    this.recorder?.add(delivered);
    const { numeric: known } = this.snapshot;
    const numeric = known.length > 0 ? known : numbersOf(messages);
    this.buffer.add(messages, Number(segment.header.sealedAtMs), numeric, this.promised);
    this.rate.add(messages.length, Date.now());
    this.change({ numeric });
  }

  /** Remembers at once, redraws at most every REDRAW_MS; `now` for what a person waits for. */
  private change(part: Partial<Snapshot>, now = false): void {
    this.pending = { ...this.pending, ...part };
    if (now) this.publish();
    else this.redraw ??= setTimeout(() => this.publish(), REDRAW_MS);
  }

  private publish(): void {
    clearTimeout(this.redraw);
    this.redraw = undefined;
    const tick = this.snapshot.tick + 1;
    this.snapshot = { ...this.snapshot, ...this.pending, perSecond: this.rate.perSecond(Date.now()), tick };
    this.pending = {};
    for (const listener of this.listeners) listener();
  }

  /** One reader per purchase and browser: a second one would take the session away from the first. */
  private async lock(): Promise<void> {
    if (!navigator.locks) return; // no secure context: the relay refuses the older session by name instead
    const held = await new Promise<boolean>((resolve) => {
      void navigator.locks.request(`weir:feed:${this.purchase.grantId}`, { ifAvailable: true }, (lock) => {
        resolve(lock !== null);
        if (!lock) return undefined;
        return new Promise<void>((release) => {
          this.releaseLock = release;
        });
      });
    });
    if (!held) throw new OpenElsewhere();
  }
}

/** What a listing that describes no numbers turns out to have: those of the first message with any. */
function numbersOf(messages: Delivered["messages"]): SchemaField[] {
  for (const { json } of messages) {
    const numbers = fieldsFromMessage(json).filter((field) => field.type === "number");
    if (numbers.length > 0) return numbers;
  }
  return [];
}

const sessions = new Map<string, FeedSession>();

export const runningSession = (grantId: string): FeedSession | undefined => sessions.get(grantId);

export const runningSessionOf = (listingId: string): FeedSession | undefined =>
  [...sessions.values()].find((session) => session.purchase.listingId === listingId);

/** Starts the feed of a purchase, or returns the one that runs. */
export function startSession(purchase: PurchaseItem, fields: SchemaField[], open: OpenFeed): FeedSession {
  const running = sessions.get(purchase.grantId);
  if (running) return running;
  const session = new FeedSession(purchase, fields);
  sessions.set(purchase.grantId, session);
  void session.open(open);
  return session;
}
