// Sends one listing's stored segments to one relay, in order, and takes its acknowledgements.
import { decodeHeader, equalBytes, HEADER_BYTES, parseSegment } from "@weir/sdk/core";
import { type FrameStream, RefusedError, segmentFrame } from "@weir/sdk/wire";
import type { Logger } from "pino";
import type { Address } from "viem";
import { HANDSHAKE_TIMEOUT_MS, HEAD_INTERVAL_MS, MAX_UNACKED_BYTES, SAMPLE_INTERVAL_MS } from "../limits.ts";
import { endStream, type Identity } from "../link.ts";
import type { Pipeline } from "./pipeline.ts";
import type { Statements } from "./statements.ts";
import type { SegmentStore } from "./store.ts";

/** Segments that go out together: large enough to be cheap, small enough to keep other listings moving. */
const MAX_WRITE_BYTES = 256 * 1024;

export type Publisher = {
  /** Generation to authenticate with: older ones are finished first. */
  generation(): number;
  attend(frames: FrameStream, identity: Identity): Promise<void>;
  /** There is a new segment. */
  wake(): void;
  /** The last one that the relay has on disk; undefined = nothing known. */
  acked(): { generation: number; seq: number } | undefined;
  /** The relay does not take this generation any more. */
  skip(generation: number): void;
};

export type PublisherInit = {
  pipeline: Pipeline;
  store: SegmentStore;
  relay: Address;
  log: Logger;
  /** What is said besides the segments; told to the relay at once and then as often as it says. */
  statements: Statements;
  onDeadEnd: DeadEnd;
};

/** This generation cannot go on: a later one begins, above `atLeast`. `isCopy`: the relay holds what this data file does not know. */
export type DeadEnd = (atLeast: number, isCopy: boolean) => void;

export function createPublisher(init: PublisherInit): Publisher {
  const { pipeline, store, relay, log } = init;
  const { listingId } = pipeline;
  let acked: { generation: number; seq: number } | undefined;
  let wakeUp: () => void = () => undefined;
  let refusedBelow = 0;

  const isNewer = (generation: number, seq: number): boolean =>
    acked === undefined ||
    generation > acked.generation ||
    (generation === acked.generation && seq > acked.seq);

  /** Reads acknowledgements until the stream ends. */
  async function listen(frames: FrameStream, sending: Sending): Promise<void> {
    try {
      for (;;) {
        const frame = await frames.expect(["ACK", "NEED"]);
        if (frame.generation !== sending.generation) continue;
        const seq = Number(frame.seq);
        // Believed, it would end the sending: as if all that is sealed from here on were on the relay's disk.
        if (sending.generation === pipeline.generation && seq >= pipeline.nextSeq)
          throw new RefusedError("BadFrame", `${frame.type}: segment ${frame.seq} was never sealed`);
        if (frame.type === "ACK") {
          if (isNewer(frame.generation, seq)) acked = { generation: frame.generation, seq };
          sending.acknowledge(seq);
        } else sending.back(seq);
        wakeUp();
      }
    } finally {
      wakeUp();
    }
  }

  /** Where to go on, or undefined if what the relay has is not the past of what we hold. */
  function place(generation: number, head: Uint8Array | null): number | undefined {
    if (head === null) return store.firstHeld(listingId, generation)?.seq ?? pipeline.nextSeq;
    const header = decodeHeader(head.subarray(0, HEADER_BYTES));
    const seq = Number(header.seq);
    const ours = store.bytesOf(listingId, generation, seq);
    const foreign =
      ours !== undefined && !equalBytes(parseSegment(ours).headerBytes, head.subarray(0, HEADER_BYTES));
    if (foreign || (generation === pipeline.generation && seq >= pipeline.nextSeq)) return undefined;
    return seq + 1;
  }

  async function send(frames: FrameStream, sending: Sending): Promise<void> {
    while (!frames.closed) {
      const run: Uint8Array[] = [];
      let bytes = 0;
      while (bytes < MAX_WRITE_BYTES && sending.unackedBytes < MAX_UNACKED_BYTES) {
        const segment = store.bytesOf(listingId, sending.generation, sending.next);
        if (!segment) break;
        run.push(segmentFrame(segment));
        bytes += segment.length;
        sending.sent(segment.length);
      }
      if (run.length > 0) {
        if (!frames.write(...run)) await frames.drained();
        continue;
      }
      if (sending.unackedBytes < MAX_UNACKED_BYTES && missing(sending)) return;
      await new Promise<void>((resolve) => {
        wakeUp = resolve;
      });
    }
  }

  /** Says where the stream stands, now and at every interval, and each new sample once. Returns what ends it. */
  function tell(frames: FrameStream): () => void {
    let told = -1;
    const sample = (): void => {
      const newest = init.statements.sample();
      if (!newest || newest.atMs === told || frames.closed) return;
      told = newest.atMs;
      frames.send("SAMPLE", newest);
    };
    const head = (): void => {
      const now = init.statements.head();
      if (now && !frames.closed) frames.send("SIGNED_HEAD", now);
    };
    head();
    sample();
    const timers = [setInterval(head, HEAD_INTERVAL_MS), setInterval(sample, SAMPLE_INTERVAL_MS)];
    return () => timers.forEach(clearInterval);
  }

  /** Whether this stream has come to an end: an older generation is done, or what the relay needs is held no longer. */
  function missing({ generation, next, unackedBytes }: Sending): boolean {
    if (generation === pipeline.generation) {
      if (next >= pipeline.nextSeq) return false;
      log.warn(
        { event: "gap", relay, listing: String(listingId) },
        `segment ${generation}/${next} is held no longer; a new generation begins`,
      );
      init.onDeadEnd(0, false);
      return true;
    }
    return unackedBytes === 0;
  }

  return {
    generation() {
      const held = store.firstUnacked(listingId, relay)?.generation;
      return held !== undefined && held >= refusedBelow ? held : pipeline.generation;
    },
    acked: () => acked,
    wake: () => wakeUp(),
    skip(generation) {
      refusedBelow = generation;
    },
    async attend(frames, { generation }) {
      const { head } = await frames.expect("HEAD", { signal: AbortSignal.timeout(HANDSHAKE_TIMEOUT_MS) });
      const next = place(generation, head);
      if (next === undefined) {
        log.warn(
          { event: "fork", relay, listing: String(listingId) },
          "the relay holds segments that this data file does not know; a new generation begins",
        );
        refusedBelow = generation + 1;
        if (generation === pipeline.generation) init.onDeadEnd(0, true);
        return;
      }
      if (next > 0 && head !== null && isNewer(generation, next - 1)) acked = { generation, seq: next - 1 };
      const sending = new Sending(generation, next);
      log.info(
        { event: "publishing", relay, listing: String(listingId), generation, seq: next },
        "a relay takes segments",
      );
      frames.onClose(() => wakeUp());
      const silence = generation === pipeline.generation ? tell(frames) : () => undefined;
      const both = [listen(frames, sending), send(frames, sending)];
      try {
        await Promise.race(both);
      } finally {
        silence();
        await endStream(frames);
        wakeUp();
        await Promise.allSettled(both);
      }
    },
  };
}

/** What is under way on one stream. */
class Sending {
  readonly generation: number;
  next: number;
  unackedBytes = 0;
  #sizes: { seq: number; bytes: number }[] = [];

  constructor(generation: number, next: number) {
    this.generation = generation;
    this.next = next;
  }

  sent(bytes: number): void {
    this.#sizes.push({ seq: this.next, bytes });
    this.unackedBytes += bytes;
    this.next += 1;
  }

  acknowledge(seq: number): void {
    while (this.#sizes[0] && this.#sizes[0].seq <= seq) this.unackedBytes -= this.#sizes.shift()!.bytes;
  }

  /** Sends again from here. */
  back(seq: number): void {
    while (this.#sizes.at(-1) && this.#sizes.at(-1)!.seq >= seq)
      this.unackedBytes -= this.#sizes.pop()!.bytes;
    this.next = seq;
  }
}
