// A standing, authenticated stream to one relay for one listing and protocol, dialled again whenever it ends.
import { setTimeout as delay } from "node:timers/promises";
import type { Libp2p } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { type Crypto, connectMessage, type Delivery, ZERO_HASH } from "@weir/sdk/core";
import { ClosedError, FrameStream, RefusedError } from "@weir/sdk/wire";
import type { Logger } from "pino";
import type { Address } from "viem";
import { AUTH_SECONDS, HANDSHAKE_TIMEOUT_MS, MAX_BACKOFF_MS, MIN_BACKOFF_MS } from "./limits.ts";

export type Relay = { operator: Address; multiaddrs: readonly string[] };

/** As whom the gateway speaks for a listing now. */
export type Identity = { keyId: number; generation: number; publisherPrivateKey: Uint8Array };

export type LinkInit = {
  node: Libp2p;
  relay: Relay;
  protocol: string;
  listingId: bigint;
  delivery: Delivery;
  crypto: Crypto;
  log: Logger;
  signal: AbortSignal;
  /** Undefined while the chain does not know the key: tried again later. */
  identity: () => Identity | undefined;
  /** Uses the stream until it ends. A stale generation or another refusal may be dealt with in `onRefused`. */
  attend: (frames: FrameStream, identity: Identity) => Promise<void>;
  onRefused?: (error: RefusedError) => void;
  /** Streams of one protocol that one connection may hold. */
  maxStreams: number;
};

/** The relay at this address is not the one that the listing names, or lives on another chain. */
export class WrongRelay extends Error {
  override readonly name = "WrongRelay";
}

/** Keeps the stream until the signal aborts. Never rejects. */
export async function keepLink(init: LinkInit): Promise<void> {
  const { signal, log, relay, protocol, listingId } = init;
  let backoff = MIN_BACKOFF_MS;
  while (!signal.aborted) {
    const identity = init.identity();
    if (identity) {
      try {
        const frames = await connect(init, identity);
        const before = backoff;
        backoff = MIN_BACKOFF_MS;
        const end = () => void endStream(frames);
        signal.addEventListener("abort", end, { once: true });
        try {
          await init.attend(frames, identity);
        } catch (error) {
          // A relay answers to AUTH only when it refuses: it would be asked ten times a second for ever.
          if (error instanceof RefusedError) backoff = before;
          throw error;
        } finally {
          signal.removeEventListener("abort", end);
          await endStream(frames);
        }
      } catch (error) {
        if (signal.aborted) return;
        const { name, message } = error as Error;
        if (error instanceof RefusedError) init.onRefused?.(error);
        log[error instanceof ClosedError ? "debug" : "info"](
          { event: "relay", relay: relay.operator, protocol, listing: String(listingId), reason: name },
          message,
        );
      }
    }
    await sleep(backoff, signal);
    backoff = Math.min(backoff * 2, MAX_BACKOFF_MS);
  }
}

async function connect(init: LinkInit, identity: Identity): Promise<FrameStream> {
  const { node, relay, delivery, crypto, listingId } = init;
  const signal = AbortSignal.any([init.signal, AbortSignal.timeout(HANDSHAKE_TIMEOUT_MS)]);
  const connection = await node.dial(
    relay.multiaddrs.map((address) => multiaddr(address)),
    { signal },
  );
  const stream = await connection.newStream(init.protocol, { signal, maxOutboundStreams: init.maxStreams });
  const frames = new FrameStream(stream);
  try {
    const hello = await frames.expect("HELLO", { signal });
    if (hello.chainId !== delivery.chainId || hello.operator.toLowerCase() !== relay.operator.toLowerCase())
      throw new WrongRelay(
        `the relay says it is ${hello.operator} on chain ${hello.chainId}, not ${relay.operator} on ${delivery.chainId}`,
      );
    const expiry = Math.floor(Date.now() / 1000) + AUTH_SECONDS;
    const message = connectMessage({
      chainId: delivery.chainId,
      contract: delivery.hubs,
      relayPeer: connection.remotePeer.toMultihash().bytes,
      ownPeer: node.peerId.toMultihash().bytes,
      relayNonce: hello.nonce,
      listingId,
      paymentId: ZERO_HASH,
      expiry,
    });
    const { keyId, generation, publisherPrivateKey } = identity;
    frames.send("AUTH", {
      listingId,
      keyId,
      generation,
      expiry,
      signature: crypto.es256Sign(publisherPrivateKey, message),
    });
    return frames;
  } catch (error) {
    frames.abort(error as Error);
    throw error;
  }
}

/** Lets go what was written, then ends both directions: a relay that never ends its own would keep our reader waiting. */
export async function endStream(frames: FrameStream): Promise<void> {
  await frames.close();
  frames.abort(new ClosedError("the gateway ended the stream"));
}

/** Waits, or returns early when the signal aborts. */
export async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  try {
    await delay(ms, undefined, { signal });
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}
