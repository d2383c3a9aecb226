import type { Stream } from "@libp2p/interface";
import { LengthPrefixedDecoder } from "@libp2p/utils";
import * as varint from "uint8-varint";
import { concat } from "../core/index.ts";
import {
  decodeFrame,
  encodeFrame,
  type Fields,
  type Frame,
  type FrameName,
  type FrameOf,
  MAX_SEGMENT_BYTES,
  SEGMENT_PREFIX,
} from "./messages.ts";
import { RELAY_REFUSALS, RefusedError, type RelayRefusal } from "./refusals.ts";
import { lazyWindow } from "./transfer.ts";

/** The stream ended while something was still expected of it. */
export class ClosedError extends Error {
  override readonly name = "ClosedError";
}

/** Received frames that nobody has read yet; a peer that sends more is cut. Credit keeps honest ones far below. */
const MAX_QUEUED_BYTES = 16 << 20;
/** What each of them counts beside its bytes: the smallest frame is an object, too. */
const QUEUED_FRAME_BYTES = 256;
/** Beyond this the library resets the stream; we stop at the first `false` of send, long before. */
const MAX_WRITE_BUFFER_BYTES = 4 << 20;

/** Of the largest frame's length. */
const LENGTH_BYTES = 3;
/** What may come in one read behind a frame that is not whole. */
const MAX_UNREAD_BYTES = 4 << 20;

const prefixed = (frame: Uint8Array): Uint8Array => concat(varint.encode(frame.length), frame);

/** A stored segment as it goes over the wire, encoded once for all readers. */
export const segmentFrame = (segment: Uint8Array): Uint8Array =>
  concat(varint.encode(SEGMENT_PREFIX.length + segment.length), SEGMENT_PREFIX, segment);
/** A control frame as it goes over the wire. */
export const controlFrame = <N extends FrameName>(name: N, fields: Fields<N>): Uint8Array =>
  prefixed(encodeFrame(name, fields));

/** Bytes as they come → frames, types in front: RefusedError BadFrame when a length breaks a rule. */
export const frameDecoder = (
  maxFrameBytes = SEGMENT_PREFIX.length + MAX_SEGMENT_BYTES,
): LengthPrefixedDecoder =>
  new LengthPrefixedDecoder({
    lengthDecoder: (bytes) =>
      decodeLength(bytes.subarray(0, Math.min(LENGTH_BYTES, bytes.byteLength)), maxFrameBytes),
    maxDataLength: maxFrameBytes,
    maxBufferSize: maxFrameBytes + MAX_UNREAD_BYTES,
  });

/** The library's own decoder leaves an empty frame out, and reads a longer form as a length with a body behind it. */
function decodeLength(start: Uint8Array, most: number): number {
  let length = 0;
  for (const [n, byte] of start.entries()) {
    length += (byte & 0x7f) << (7 * n);
    if (length > most) throw new RefusedError("BadFrame", `a frame's length is at most ${most} here`);
    if (byte >= 0x80) continue;
    if (length === 0) throw new RefusedError("BadFrame", "a frame's length is at least 1: its type");
    if (byte === 0) throw new RefusedError("BadFrame", "a frame's length is in its shortest form");
    return length;
  }
  if (start.length === LENGTH_BYTES)
    throw new RefusedError("BadFrame", `a frame's length has at most ${LENGTH_BYTES} bytes`);
  throw new RangeError("more of the length is to come"); // the library's sign to wait
}

type Waiter = { resolve(frame: Frame | null): void; reject(error: Error): void };

/**
 * One libp2p stream as a sequence of frames. Reads are queued with a bound (an async iterator over the stream has
 * none), writes report back-pressure through `send` and `drained` (the library's own promise works only once).
 */
export class FrameStream {
  readonly stream: Stream;
  /** What may wait to be read. Raised for a peer that has shown who it is. */
  maxQueuedBytes: number;
  readonly #decoder: LengthPrefixedDecoder;
  readonly #queue: { frame: Frame; bytes: number }[] = [];
  #queuedBytes = 0;
  #waiter: Waiter | undefined;
  #ended = false;
  #error: Error | undefined;
  #closing: Promise<void> | undefined;
  readonly #onClose: (() => void)[] = [];

  constructor(stream: Stream, options: { maxFrameBytes?: number; maxQueuedBytes?: number } = {}) {
    this.stream = stream;
    this.maxQueuedBytes = options.maxQueuedBytes ?? MAX_QUEUED_BYTES;
    this.#decoder = frameDecoder(options.maxFrameBytes);
    stream.maxWriteBufferLength = MAX_WRITE_BUFFER_BYTES;
    lazyWindow(stream);
    // A quiet stream is normal: our heads and heartbeats say who is alive.
    stream.inactivityTimeout = 0x7fffffff;
    stream.addEventListener("message", (event) => this.#take(event.data as Uint8Array));
    stream.addEventListener("remoteCloseWrite", () => this.#end(undefined));
    stream.addEventListener("close", (event) => this.#end(event.error));
  }

  /** True once no further frame can come or go. */
  get closed(): boolean {
    return this.#ended || this.stream.status !== "open";
  }

  /** Calls back once when the stream has ended, whichever side ended it. */
  onClose(act: () => void): void {
    if (this.#ended) act();
    else this.#onClose.push(act);
  }

  /** Sends one control frame. False: wait for `drained()` before the next. Nothing happens on a closed stream. */
  send<N extends FrameName>(name: N, fields: Fields<N>): boolean {
    return this.write(controlFrame(name, fields));
  }

  /** Sends encoded frames (see segmentFrame, controlFrame) in one write. */
  write(...frames: readonly Uint8Array[]): boolean {
    if (this.stream.writeStatus !== "writable") return false;
    try {
      return this.stream.send(frames.length === 1 ? frames[0]! : concat(...frames));
    } catch (error) {
      this.abort(error instanceof Error ? error : new Error(String(error)));
      return false;
    }
  }

  /** Resolves when more can be written, or the stream has ended. */
  async drained(): Promise<void> {
    while (!this.closed && this.stream.writableNeedsDrain) {
      await new Promise<void>((resolve) => {
        const done = () => {
          this.stream.removeEventListener("drain", done);
          this.stream.removeEventListener("close", done);
          resolve();
        };
        this.stream.addEventListener("drain", done);
        this.stream.addEventListener("close", done);
      });
    }
  }

  /** The next frame, or null when the other side has ended. Rejects when the signal aborts or a frame is malformed. */
  async read(options: { signal?: AbortSignal } = {}): Promise<Frame | null> {
    const queued = this.#queue.shift();
    if (queued !== undefined) {
      this.#queuedBytes -= queued.bytes;
      return queued.frame;
    }
    if (this.#error !== undefined) throw this.#error;
    if (this.#ended) return null;
    if (this.#waiter !== undefined) throw new Error("one reader at a time");
    const { signal } = options;
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiter = undefined;
        reject(signal?.reason instanceof Error ? signal.reason : new ClosedError("aborted"));
      };
      signal?.addEventListener("abort", onAbort, { once: true });
      const settle = () => signal?.removeEventListener("abort", onAbort);
      this.#waiter = {
        resolve: (value) => {
          settle();
          resolve(value);
        },
        reject: (error) => {
          settle();
          reject(error);
        },
      };
    });
  }

  /** The next frame, which must be one of these; a REFUSED frame is thrown as RefusedError, an end as ClosedError. */
  async expect<N extends Frame["type"]>(
    types: N | readonly N[],
    options: { signal?: AbortSignal } = {},
  ): Promise<FrameOf<N>> {
    const frame = await this.read(options);
    const wanted: readonly string[] = Array.isArray(types) ? types : [types];
    if (frame === null) throw new ClosedError(`the stream ended before ${wanted.join(" or ")}`);
    if (wanted.includes(frame.type)) return frame as FrameOf<N>;
    if (frame.type === "REFUSED") throw refusedError(frame);
    throw new RefusedError("BadFrame", `${frame.type} came in place of ${wanted.join(" or ")}`);
  }

  /** Says why, then ends the stream. */
  async refuse(error: RefusedError): Promise<void> {
    this.send("REFUSED", { name: error.name, message: error.message, detail: { ...error.detail } });
    await this.close();
  }

  /** Ends our side after what was written has left; at most five seconds. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.stream.status !== "open") return;
    try {
      await this.stream.close({ signal: AbortSignal.timeout(5000) });
    } catch (error) {
      this.abort(error instanceof Error ? error : new Error(String(error)));
    }
  }

  abort(error: Error): void {
    this.#end(error);
    this.stream.abort(error);
  }

  #take(data: Uint8Array): void {
    if (this.#ended) return;
    try {
      for (const raw of this.#decoder.decode(data))
        this.#deliver(decodeFrame(raw.subarray()), raw.byteLength);
    } catch (error) {
      const refusal =
        error instanceof RefusedError
          ? error
          : new RefusedError("BadFrame", error instanceof Error ? error.message : String(error));
      // Said before the end: an ended stream writes nothing.
      void this.refuse(refusal);
      this.#end(refusal);
    }
  }

  #deliver(frame: Frame, bytes: number): void {
    if (this.#waiter !== undefined) {
      const waiter = this.#waiter;
      this.#waiter = undefined;
      waiter.resolve(frame);
      return;
    }
    const queued = { frame, bytes: bytes + QUEUED_FRAME_BYTES };
    this.#queue.push(queued);
    this.#queuedBytes += queued.bytes;
    if (this.#queuedBytes > this.maxQueuedBytes) {
      throw new RefusedError("Limit", "too many frames are waiting to be read", { limit: "queued frames" });
    }
  }

  #end(error: Error | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    const waiter = this.#waiter;
    this.#waiter = undefined;
    if (waiter !== undefined) {
      if (error === undefined) waiter.resolve(null);
      else waiter.reject(error);
    }
    for (const act of this.#onClose) act();
  }
}

/** A REFUSED frame → the error it stands for. An unknown name is kept in the message: the other side may be newer. */
export function refusedError(frame: {
  name: string;
  message: string;
  detail: Record<string, string>;
}): RefusedError {
  const known = (RELAY_REFUSALS as readonly string[]).includes(frame.name);
  return known
    ? new RefusedError(frame.name as RelayRefusal, frame.message, frame.detail)
    : new RefusedError("BadFrame", `${frame.name}: ${frame.message}`, frame.detail);
}
