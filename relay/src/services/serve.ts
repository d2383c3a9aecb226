/** One libp2p protocol as a function over frames: greeting, refusals, ends and errors are dealt with here. */
import type { Connection, Libp2p, Stream } from "@libp2p/interface";
import type { Bytes, Delivery, Hex } from "@weir/sdk/core";
import { ClosedError, type Frame, FrameStream, RefusedError } from "@weir/sdk/wire";
import type { Address } from "viem";
import {
  DRAIN_TIMEOUT_MS,
  HANDSHAKE_TIMEOUT_MS,
  MAX_GATEWAY_QUEUE_BYTES,
  MAX_LIMIT_REPLIES,
  MAX_READER_QUEUE_BYTES,
  MAX_STREAMS_PER_PEER,
} from "../limits.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { places } from "./places.ts";
import type { Strangers } from "./strangers.ts";
import { within } from "./wait.ts";

/** The other side of a greeted stream. */
export type Peer = {
  /** Text form, for rate limits only; never logged. */
  id: string;
  /** Multihash bytes of its peer id, as the noise handshake proved it. */
  peerBytes: Uint8Array;
  /** What our HELLO asked to be signed. */
  nonce: Bytes;
  /** It has proved who it is, or has a place that nobody needs to prove anything for: until this stream ends its connection is no stranger's. */
  admitted(): void;
  /** The same of a reader, who from now on reads on this grant. */
  admittedOn(grantId: Hex): void;
  /** Whether a stream of his is admitted on this grant. */
  reads(grantId: Hex): boolean;
  /** It asks as a buyer does, on a protocol of gateways: so many streams of one connection may. @throws RefusedError Limit */
  isBuyer(): void;
  /** It has proved that it speaks for a listing: from here on more of it may wait to be read. */
  isGateway(): void;
};

export type ServeComponents = { node: Libp2p; log: Log; metrics: Metrics; strangers: Strangers };

export type Served = { start(): Promise<void>; stop(): Promise<void> };

/**
 * Greets every stream with HELLO, then hands it to `handler`. A RefusedError that the handler throws is sent as REFUSED. When the
 * handler returns, the stream is closed. Either way both sides of it end: nobody reads what would still come, and it would wait without end.
 */
export function serve(
  { node, log, metrics, strangers }: ServeComponents,
  protocol: string,
  greeting: { delivery: Delivery; operator: Address; maxFrameBytes: number; maxStreams: number },
  handler: (frames: FrameStream, peer: Peer) => Promise<void>,
): Served {
  const open = new Set<FrameStream>();
  const buyers = places("streams", Number.POSITIVE_INFINITY, "streams", MAX_STREAMS_PER_PEER);
  const tasks = new Set<Promise<void>>();

  async function take(stream: Stream, connection: Connection): Promise<void> {
    const frames = new FrameStream(stream, {
      maxFrameBytes: greeting.maxFrameBytes,
      maxQueuedBytes: MAX_READER_QUEUE_BYTES,
    });
    open.add(frames);
    const nonce = globalThis.crypto.getRandomValues(new Uint8Array(32));
    let leave: (() => void) | undefined;
    let leaveBuyers: (() => void) | undefined;
    const peer: Peer = {
      id: connection.remotePeer.toString(),
      peerBytes: connection.remotePeer.toMultihash().bytes,
      nonce,
      admitted() {
        leave ??= strangers.admit(connection);
      },
      admittedOn(grantId) {
        leave ??= strangers.admit(connection, grantId);
      },
      reads: (grantId) => strangers.reads(peer.id, grantId),
      isBuyer() {
        leaveBuyers ??= buyers.take(connection.id);
      },
      isGateway() {
        frames.maxQueuedBytes = MAX_GATEWAY_QUEUE_BYTES;
      },
    };
    try {
      frames.send("HELLO", { nonce, chainId: greeting.delivery.chainId, operator: lower(greeting.operator) });
      await handler(frames, peer);
      await frames.close();
      frames.abort(new ClosedError("all was said"));
    } catch (error) {
      await end(frames, error);
    } finally {
      open.delete(frames);
      leave?.();
      leaveBuyers?.();
    }
  }

  async function end(frames: FrameStream, error: unknown): Promise<void> {
    if (error instanceof RefusedError) {
      metrics.add("refusals_total", 1, error.name);
      log.debug({ protocol, refusal: error.name }, "refused");
      await dismiss(frames, error);
    } else if (error instanceof ClosedError || isStreamEnd(error)) {
      frames.abort(error as Error);
    } else {
      log.error({ protocol, err: error }, "a stream failed");
      frames.abort(error instanceof Error ? error : new Error(String(error)));
    }
  }

  return {
    async start() {
      const begin = (stream: Stream, connection: Connection): void => {
        const task = take(stream, connection).finally(() => tasks.delete(task));
        tasks.add(task);
      };
      await node.handle(protocol, begin, {
        maxInboundStreams: greeting.maxStreams,
        maxOutboundStreams: greeting.maxStreams,
      });
    },
    async stop() {
      await node.unhandle(protocol);
      for (const frames of open) frames.abort(new ClosedError("the relay stops"));
      await Promise.all(tasks);
    },
  };
}

/** The first frame after a greeting; silence is refused. */
export async function firstFrame(frames: FrameStream, ms = HANDSHAKE_TIMEOUT_MS): Promise<Frame> {
  const late = () => new RefusedError("Limit", "Nothing was said in time.", { limit: "handshake" });
  const frame = await within(frames.read(), ms, late);
  if (frame === null) throw new ClosedError("the stream ended during the handshake");
  if (frame.type === "REFUSED") throw new ClosedError(`the other side refused: ${frame.name}`);
  return frame;
}

/** Refuses somebody, who may be served already. Refusing closes our side only; nothing more is taken from him either, and his place is free. */
export async function dismiss(frames: FrameStream, why: RefusedError): Promise<void> {
  await frames.refuse(why);
  frames.abort(why);
}

/** Waits until more can be written; a reader that takes nothing for too long is cut. */
export async function drained(frames: FrameStream): Promise<void> {
  if (!frames.stream.writableNeedsDrain) return;
  await within(frames.drained(), DRAIN_TIMEOUT_MS, () => new ClosedError("the reader takes nothing"));
}

/** Counts the answers of one stream that said `Limit`. @throws RefusedError Limit when they were too many */
export function patience(): (error: { name: string } | null) => void {
  let left = MAX_LIMIT_REPLIES;
  return (error) => {
    if (error?.name !== "Limit") return;
    left -= 1;
    if (left === 0) throw new RefusedError("Limit", "Too much is asked for.", { limit: "requests" });
  };
}

const lower = (address: Address): Address => address.toLowerCase() as Address;

/** Names of libp2p's errors for a stream or connection that is gone. */
const STREAM_ENDS: ReadonlySet<string> = new Set([
  "StreamResetError",
  "StreamAbortedError",
  "StreamClosedError",
  "StreamStateError",
  "ConnectionClosedError",
  "ConnectionClosingError",
  "MuxerClosedError",
  "AbortError",
  "TimeoutError",
]);
const isStreamEnd = (error: unknown): boolean =>
  error instanceof Error &&
  (STREAM_ENDS.has(error.name) || (error as { code?: string }).code === "ECONNRESET");

export const sameAddress = (a: string | null, b: string): boolean =>
  a === b || (a !== null && a.toLowerCase() === b.toLowerCase());
