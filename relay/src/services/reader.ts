/**
 * Sends one reader what it may have, from its place on: one loop that reads, judges, charges, and writes one run at a time. It holds
 * no queue; a slow reader is simply further behind in the store.
 */
import { epochAt, type Header } from "@weir/sdk/core";
import { controlFrame, type FrameStream, RefusedError } from "@weir/sdk/wire";
import type { End } from "../chain/judge.ts";
import {
  CLOSING_GRACE_MS,
  HEAD_INTERVAL_MS,
  MAX_CREDIT_BYTES,
  MAX_RUN_BYTES,
  MAX_WAITING_SEALS,
} from "../limits.ts";
import type { Metrics } from "../metrics.ts";
import type { Head, SegmentStore } from "../store/segments.ts";
import type { Feeds } from "./feeds.ts";
import type { Meter } from "./meter.ts";
import { drained } from "./serve.ts";
import type { Seal } from "./vouchers.ts";
import { waker } from "./wait.ts";

export type ReaderInit = {
  frames: FrameStream;
  feeds: Feeds;
  segments: SegmentStore;
  metrics: Metrics;
  listingId: bigint;
  generation: number;
  fromSeq: bigint;
  credit: number;
  /** Null for a grant that is not metered. */
  meter: Meter | null;
  /**
   * Epochs that such a grant's window opens, inclusive, as the version that was bought counts them: a later one may number its segments
   * by another length. Null for a metered one.
   */
  window: { epochLength: number; from: number; to: number } | null;
  /** When reading ends by the chain's clock, which `now` gives. It moves with a top-up or a cancel: wake the reader then. */
  end: () => End;
  now: () => number;
  gatewayConnected: () => boolean;
};

/** Why the reader sends nothing at the moment. */
type Stall = "data" | "credit" | "key" | "payment";
type Run = {
  segments: Uint8Array[];
  bytes: number;
  gaps: Uint8Array[];
  bought: { fromSeq: bigint; toSeq: bigint }[];
  stall: Stall;
};

/** Where the stream stands: in the highest generation, of which nothing need be stored yet. */
export async function headOf(
  listingId: bigint,
  { feeds, segments }: { feeds: Feeds; segments: SegmentStore },
  atLeast: number,
): Promise<{ generation: number; head: Head | null }> {
  const stored = await segments.head(listingId);
  const generation = Math.max(await feeds.newestGeneration(listingId), atLeast);
  return { generation, head: stored && stored.header.generation >= generation ? stored : null };
}

export const tooManySeals = (): RefusedError =>
  new RefusedError("Limit", "Too many keys wait for this reader.", { limit: "waiting seals" });

export class Reader {
  readonly #init: ReaderInit;
  readonly #waker = waker();
  readonly #outbox: Uint8Array[] = [];
  #generation: number;
  #next: bigint;
  #credit: number;
  #ended: RefusedError | "done" | undefined;
  /** The total that would release the next segment, while that is what the reader waits for. */
  #needed: bigint | undefined;
  #told: string | undefined;
  #closing: { transactionHash: `0x${string}`; capture: bigint; until: number } | undefined;
  #quietSince = performance.now();

  constructor(init: ReaderInit) {
    this.#init = init;
    this.#generation = init.generation;
    this.#next = init.fromSeq;
    this.#credit = Math.min(init.credit, MAX_CREDIT_BYTES);
  }

  /** Something may be possible now that was not before. */
  wake(): void {
    this.#waker.wake();
  }

  /** Ends the reader; the reason is sent. */
  end(reason: RefusedError | "done"): void {
    this.#ended ??= reason;
    this.wake();
  }

  addCredit(bytes: number): void {
    this.#credit = Math.min(this.#credit + bytes, MAX_CREDIT_BYTES);
    this.wake();
  }

  /** A key of the running session. The caller has made the release durable. */
  sendKeys(seal: Seal): void {
    if (this.#outbox.length < MAX_WAITING_SEALS) {
      this.#outbox.push(controlFrame("KEYS", { seal }));
      this.wake();
    } else this.end(tooManySeals());
  }

  /** Answers with total, due and what would release the next segment or key. */
  sendBalance(): void {
    this.#told = undefined;
    this.wake();
  }

  /** The channel was closed at `capture`: what lies within it is still sent, then CLOSED. */
  finish(capture: bigint, transactionHash: `0x${string}`): void {
    this.#init.meter!.ceiling = capture;
    this.#closing = { capture, transactionHash, until: performance.now() + CLOSING_GRACE_MS };
    this.wake();
  }

  /** Runs until the stream ends, `end` is called, or the grant's window is over. @throws RefusedError */
  async run(): Promise<void> {
    const { frames, listingId, feeds } = this.#init;
    const unfollow = feeds.follow(listingId, () => this.wake());
    frames.onClose(() => this.end("done"));
    try {
      for (;;) {
        if (this.#ended === "done") return;
        if (this.#ended) throw this.#ended;
        this.#checkWindow();
        await drained(frames);
        const run = await this.#collect();
        if (run.segments.length > 0 || run.gaps.length > 0 || this.#outbox.length > 0) {
          await this.#send(run);
          continue;
        }
        if (this.#closing && this.#isClosed(run.stall)) return;
        if (run.stall === "data" || run.stall === "key") await this.#turnGeneration(run.stall);
        await this.#tell(run.stall);
        await this.#waker.wait(this.#patience());
      }
    } finally {
      unfollow();
    }
  }

  /** The next run of segments that may go, counted but not yet charged. */
  async #collect(): Promise<Run> {
    const { listingId, feeds, meter } = this.#init;
    const run: Run = { segments: [], bytes: 0, gaps: [], bought: [], stall: "data" };
    if (this.#credit <= 0) return { ...run, stall: "credit" };
    this.#needed = undefined;
    const place = { listingId, generation: this.#generation, seq: this.#next };
    let gapFrom: bigint | undefined;
    const closeGap = (toSeq: bigint) => {
      if (gapFrom === undefined) return;
      run.gaps.push(controlFrame("GAP", { generation: this.#generation, fromSeq: gapFrom, toSeq }));
      gapFrom = undefined;
    };
    for (const entry of await feeds.read(place, MAX_RUN_BYTES)) {
      const { segment } = entry;
      const { header } = segment;
      const jump = header.seq > this.#next; // trimmed or damaged
      const verdict = this.#judge(header);
      // A gap behind segments waits for the next run, so that the order on the wire is the order of numbers.
      if ((jump || verdict.kind === "skip") && run.segments.length > 0) break;
      if (jump) gapFrom ??= this.#next;
      if (verdict.kind === "skip") {
        gapFrom ??= header.seq;
        this.#next = header.seq + 1n;
        continue;
      }
      closeGap(header.seq - 1n);
      this.#next = header.seq;
      if (verdict.kind !== "open") {
        if (verdict.kind === "payment") this.#needed = verdict.needed;
        return { ...run, stall: verdict.kind };
      }
      if (this.#credit <= 0) return { ...run, stall: "credit" };
      meter?.count(verdict);
      const last = run.bought.at(-1);
      if (last && last.toSeq + 1n === header.seq) last.toSeq = header.seq;
      else run.bought.push({ fromSeq: header.seq, toSeq: header.seq });
      run.segments.push(entry.frame);
      run.bytes += segment.bytes.length;
      this.#credit -= segment.bytes.length;
      this.#next = header.seq + 1n;
    }
    closeGap(this.#next - 1n);
    return run;
  }

  #judge(
    header: Header,
  ): { kind: "open"; accrued: bigint } | { kind: "skip" | "key" } | { kind: "payment"; needed: bigint } {
    const { meter, window } = this.#init;
    if (meter) return meter.judge(header);
    const { epochLength, from, to } = window!;
    const epoch = epochAt(header.sealedAtMs, epochLength);
    return epoch >= from && epoch <= to ? { kind: "open", accrued: 0n } : { kind: "skip" };
  }

  /** Charged on the disk first, then one write. */
  async #send(run: Run): Promise<void> {
    const { frames, meter, metrics } = this.#init;
    if (meter && run.segments.length > 0) await meter.charge(this.#next, run.bought);
    if (this.#ended) return; // cut meanwhile: what was charged and not sent is free in the next session
    const keys = this.#outbox.splice(0);
    frames.write(...keys, ...run.gaps, ...run.segments);
    this.#quietSince = performance.now();
    metrics.add("segments_sent_total", run.segments.length);
    metrics.add("bytes_sent_total", run.bytes);
  }

  #checkWindow(): void {
    const { at, refusal } = this.#init.end();
    if (!this.#closing && this.#init.now() >= at) throw refusal();
  }

  /** After a close: everything within the captured amount has been sent, or has not come in time. */
  #isClosed(stall: Stall): boolean {
    const { capture, transactionHash, until } = this.#closing!;
    const complete = stall === "payment" || this.#init.meter!.due >= capture;
    if (!complete && performance.now() < until) return false;
    this.#init.frames.send("CLOSED", { capture, transactionHash });
    return true;
  }

  /** A generation that was followed by another gets no more segments. A session belongs to one; a reader without one just goes on. */
  async #turnGeneration(stall: "data" | "key"): Promise<void> {
    const { feeds, segments, listingId, meter } = this.#init;
    const newest = await feeds.newestGeneration(listingId);
    if (this.#closing || newest <= this.#generation) return;
    const next = await segments.generationAfter(listingId, this.#generation);
    if (meter)
      throw new RefusedError(
        "StaleGeneration",
        "The stream goes on in a later generation; open a new session.",
        {
          generation: String(next ?? newest),
        },
      );
    if (stall === "key" || next === null) return;
    this.#generation = next;
    this.#next = 0n;
    this.wake();
  }

  /** Says once why nothing comes, and every few seconds that both ends live. */
  async #tell(stall: Stall): Promise<void> {
    const { frames, feeds, segments, listingId, meter, gatewayConnected } = this.#init;
    if (meter) {
      const needed = this.#needed ?? meter.due + meter.entry;
      const text = `${stall === "payment"}/${needed}/${meter.account.total}`;
      if (this.#told === undefined || (stall === "payment" && this.#told !== text))
        frames.send("BALANCE", { total: meter.account.total, due: meter.due, needed });
      this.#told = text;
    }
    if (performance.now() - this.#quietSince < HEAD_INTERVAL_MS) return;
    this.#quietSince = performance.now();
    const { generation, head } = await headOf(listingId, { feeds, segments }, this.#generation);
    frames.send("HEAD", {
      generation,
      head: head?.signedHeader ?? null,
      epochFirstSeq: head?.epochFirstSeq ?? 0n,
      next: null,
      gateway: gatewayConnected(),
    });
  }

  #patience(): number {
    const quiet = HEAD_INTERVAL_MS - (performance.now() - this.#quietSince);
    const window = (this.#init.end().at - this.#init.now()) * 1000;
    const closing = this.#closing ? this.#closing.until - performance.now() : quiet;
    return Math.max(1, Math.min(quiet, window, closing));
  }
}
