/**
 * Takes segments from gateways: checked, chained, on the disk, then acknowledged and shown to readers. One live publisher per
 * listing; whoever authenticates last takes over.
 */
import type { ListingTerms } from "@weir/sdk/chain";
import {
  type Bytes,
  checkSegment,
  epochAt,
  equalBytes,
  type Header,
  parseSegment,
  SegmentError,
} from "@weir/sdk/core";
import { type FrameStream, PROTOCOLS, RefusedError } from "@weir/sdk/wire";
import type { Listing } from "../chain/admission.ts";
import { isNoAnswer } from "../chain/rechecks.ts";
import {
  MAX_CLOCK_AHEAD_MS,
  MAX_SEGMENT_FRAME_BYTES,
  MAX_STREAMS_PER_GATEWAY,
  MAX_UNSTORED_BYTES,
  MAX_UNSTORED_SEGMENTS,
  REVISION_GRACE_MS,
  STATEMENTS_BURST,
  STATEMENTS_PER_MINUTE,
} from "../limits.ts";
import type { Head, Segment } from "../store/segments.ts";
import type { Feeds } from "./feeds.ts";
import { checkGateway, type Gateway, type GatewayComponents } from "./gateway-auth.ts";
import { bucket } from "./rate.ts";
import { dismiss, firstFrame, type Peer, type ServeComponents, serve } from "./serve.ts";
import type { Statements } from "./statements.ts";

export type PublishComponents = ServeComponents &
  GatewayComponents & {
    feeds: Feeds;
    statements: Statements;
    gatewayConnected: (listingId: bigint) => boolean;
  };

/** What the next segment has to continue. */
type Tail = { seq: bigint; segmentId: Bytes; sealedAtMs: number } | null;

/** One listing's line of segments: at most one publisher writes to it. */
type Line = { publisher: FrameStream | undefined; written: Promise<void> };

export const publishService = () => (components: PublishComponents) => {
  const { admission, segments, feeds, crypto, delivery, operator, log, metrics } = components;
  const lines = new Map<bigint, Line>();
  let unwatch: (() => void) | undefined;

  async function publish(frames: FrameStream, peer: Peer): Promise<void> {
    const auth = await firstFrame(frames);
    if (auth.type !== "AUTH") throw new RefusedError("BadFrame", `${auth.type} came in place of AUTH`);
    const gateway = await checkGateway(components, frames, peer, auth);
    const { listingId } = gateway.listing;
    const line = await takeOver(listingId, frames);
    try {
      const head = await segments.head(listingId, gateway.generation);
      sendHead(frames, listingId, gateway.generation, head);
      log.info({ listingId, generation: gateway.generation }, "a publisher is connected");
      await receive(frames, gateway, line, head);
    } finally {
      await line.written;
      if (line.publisher === frames) line.publisher = undefined;
    }
  }

  /** The older publisher is told, and what it had under way lands first. */
  async function takeOver(listingId: bigint, frames: FrameStream): Promise<Line> {
    const line = lines.get(listingId) ?? { publisher: undefined, written: Promise.resolve() };
    lines.set(listingId, line);
    const older = line.publisher;
    line.publisher = frames;
    if (older) await dismiss(older, new RefusedError("Superseded", "Another publisher took over."));
    await line.written;
    return line;
  }

  function sendHead(frames: FrameStream, listingId: bigint, generation: number, head: Head | null): void {
    frames.send("HEAD", {
      generation,
      head: head?.signedHeader ?? null,
      epochFirstSeq: head?.epochFirstSeq ?? 0n,
      next: null,
      gateway: components.gatewayConnected(listingId),
    });
  }

  async function receive(
    frames: FrameStream,
    gateway: Gateway,
    line: Line,
    head: Head | null,
  ): Promise<void> {
    let tail: Tail = head && {
      seq: head.header.seq,
      segmentId: head.segmentId,
      sealedAtMs: head.header.sealedAtMs,
    };
    let asked: bigint | undefined;
    const unstored = { bytes: 0, count: 0 };
    const rate = bucket(STATEMENTS_BURST, STATEMENTS_PER_MINUTE / 60);
    let failure: Error | undefined;

    function store(segment: Segment): void {
      unstored.bytes += segment.bytes.length;
      unstored.count += 1;
      line.written = segments.append([segment]).then(
        () => {
          unstored.bytes -= segment.bytes.length;
          unstored.count -= 1;
          metrics.add("segments_stored_total");
          feeds.append([segment]);
          acknowledge(segment.header);
        },
        (error: Error) => {
          if (failure) return;
          failure = error;
          // Told at once: the gateway may be waiting for acknowledgements and send nothing more.
          if (error instanceof RefusedError) void frames.refuse(error);
          else frames.abort(error);
        },
      );
    }

    // Acknowledgements are cumulative: one a turn is enough for all segments of a group commit.
    let acknowledged: Header | undefined;
    function acknowledge(header: Header): void {
      if (!acknowledged)
        queueMicrotask(() => {
          frames.send("ACK", { generation: gateway.generation, seq: acknowledged!.seq });
          acknowledged = undefined;
        });
      acknowledged = header;
    }

    for (;;) {
      const frame = await frames.read();
      if (failure) throw failure;
      if (frame === null || line.publisher !== frames) return;
      if (frame.type === "SIGNED_HEAD" || frame.type === "SAMPLE") {
        if (!rate.take()) throw new RefusedError("Limit", "Too many statements.", { limit: "statements" });
        await line.written; // what it speaks of is on the disk then
        if (failure) throw failure;
        await components.statements.take(gateway, frame);
        if (frame.type === "SIGNED_HEAD") feeds.begun(gateway.listing.listingId, frame.generation);
        continue;
      }
      if (frame.type !== "SEGMENT")
        throw new RefusedError("BadFrame", `${frame.type} came in place of SEGMENT`);
      const segment = await admission.admitted(() => accept(frame.bytes, gateway));
      // While it was judged, one before it may have found no room, or another publisher may have come.
      if (failure) throw failure;
      if (line.publisher !== frames) return;
      const { seq } = segment.header;
      if (tail && seq <= tail.seq) {
        await repeated(segment, gateway.generation);
        await line.written;
        if (failure) throw failure; // then less is on the disk than the tail says
        frames.send("ACK", { generation: gateway.generation, seq: tail.seq });
        continue;
      }
      if (tail && seq > tail.seq + 1n) {
        if (asked !== tail.seq + 1n)
          frames.send("NEED", { generation: gateway.generation, seq: tail.seq + 1n });
        asked = tail.seq + 1n;
        continue;
      }
      try {
        checkChain(segment.header, tail);
      } catch (error) {
        throw refusal(error);
      }
      tail = { seq, segmentId: segment.segmentId, sealedAtMs: segment.header.sealedAtMs };
      asked = undefined;
      store(segment);
      if (unstored.bytes > MAX_UNSTORED_BYTES || unstored.count >= MAX_UNSTORED_SEGMENTS) await line.written;
    }
  }

  /** Everything about a segment that does not depend on the one before it. */
  async function accept(bytes: Bytes, gateway: Gateway): Promise<Segment> {
    try {
      const parsed = parseSegment(bytes);
      const listing = await admission.listing(gateway.listing.listingId);
      await checkHeader(parsed.header, gateway, listing);
      const publicKey = await admission.publisherKey(listing.hubId, parsed.header.publisherKeyId);
      const segmentId = await checkSegment(crypto, delivery, parsed, publicKey);
      return { header: parsed.header, segmentId, bytes, receivedAtMs: Date.now() };
    } catch (error) {
      throw refusal(error);
    }
  }

  /** What the publisher is told; a rule of segments that he broke is counted and logged. */
  function refusal(error: unknown): unknown {
    if (!(error instanceof SegmentError)) return error;
    const { field, rule, message } = error;
    metrics.add("segments_refused_total");
    log.warn({ field, rule }, "a published segment was refused");
    return new RefusedError("BadSegment", message, { field, rule });
  }

  async function checkHeader(header: Header, gateway: Gateway, listing: Listing): Promise<void> {
    if (header.listingId !== listing.listingId) throw new SegmentError("listingId", "is the listing of AUTH");
    if (header.generation !== gateway.generation)
      throw new SegmentError("generation", "is the generation of AUTH");
    if (header.sealedAtMs > Date.now() + MAX_CLOCK_AHEAD_MS)
      throw new SegmentError("sealedAtMs", `is at most ${MAX_CLOCK_AHEAD_MS} ms ahead`);
    let broken = breaks(header, listing.terms);
    if (broken && (admission.now() - listing.revisedAt) * 1000 < REVISION_GRACE_MS)
      broken = breaks(header, await admission.terms(listing.listingId, listing.version - 1));
    if (broken) throw broken;
  }

  /** A second segment for a stored number: the same one was resent, another one is a fork. */
  async function repeated(segment: Segment, generation: number): Promise<void> {
    const { listingId, seq } = segment.header;
    const [stored] = await segments.read({ listingId, generation, seq }, 1);
    if (stored?.header.seq !== seq || equalBytes(stored.segmentId, segment.segmentId)) return;
    await segments.keepEvidence(segment);
    log.error({ listingId, generation, seq: String(seq) }, "a publisher signed two segments with one number");
    throw refusal(new SegmentError("seq", "has one segment for ever"));
  }

  return {
    ...withWatch(
      serve(
        components,
        PROTOCOLS.publish,
        { delivery, operator, maxFrameBytes: MAX_SEGMENT_FRAME_BYTES, maxStreams: MAX_STREAMS_PER_GATEWAY },
        publish,
      ),
      () => {
        // A revoked key, or a revision that drops this relay, ends the stream: the next AUTH is judged anew.
        unwatch = admission.watch(({ all, listings, hubs }) => {
          if (hubs.size === 0 && listings.size === 0 && !all) return;
          for (const [listingId, line] of lines)
            if (line.publisher && (all || hubs.size > 0 || listings.has(listingId)))
              admission.recheck(line, () => recheck(listingId, line));
        });
      },
      () => unwatch?.(),
    ),
    /** Publishers connected now. */
    count: () => [...lines.values()].filter(({ publisher }) => publisher).length,
  };

  /** @throws RefusedError when the chain does not answer: that ends no publisher */
  async function recheck(listingId: bigint, { publisher }: Line): Promise<void> {
    try {
      const { terms } = await admission.listing(listingId);
      if (!terms.relays.some((relay) => relay.toLowerCase() === operator.toLowerCase()))
        throw new RefusedError("NotServed", "The listing no longer names this relay.");
    } catch (error) {
      if (!(error instanceof RefusedError) || isNoAnswer(error)) throw error;
      if (publisher) void dismiss(publisher, error);
    }
  }
};

export type PublishService = ReturnType<ReturnType<typeof publishService>>;

/** The rule of the listing's terms that a header breaks, if any. */
function breaks(header: Header, { segment, epochLength }: ListingTerms): SegmentError | null {
  if (header.messageCount > segment.maxMessages)
    return new SegmentError("messageCount", `is at most ${segment.maxMessages}`);
  if (header.bodyBytes > segment.maxBytes)
    return new SegmentError("bodyBytes", `is at most ${segment.maxBytes}`);
  if (header.epoch !== epochAt(header.sealedAtMs, epochLength))
    return new SegmentError("epoch", "is floor(sealedAtMs / (1000 · epochLength))");
  return null;
}

function checkChain(header: Header, tail: Tail): void {
  if (header.seq === 0n && header.prevHash.some((byte) => byte !== 0))
    throw new SegmentError("prevHash", "is zero at the first segment");
  if (!tail) return;
  if (!equalBytes(header.prevHash, tail.segmentId))
    throw new SegmentError("prevHash", "is the id of the segment before");
  if (header.sealedAtMs < tail.sealedAtMs) throw new SegmentError("sealedAtMs", "never falls");
}

function withWatch<T extends { start(): Promise<void>; stop(): Promise<void> }>(
  served: T,
  begin: () => void,
  end: () => void,
): T {
  return {
    ...served,
    async start() {
      begin();
      await served.start();
    },
    async stop() {
      end();
      await served.stop();
    },
  };
}
