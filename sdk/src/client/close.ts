// The end of a channel without an open session to send its notice through: between two sessions, or where none can be opened any more.
import { pause } from "../chain/wait.ts";
import { type FrameOf, PROTOCOLS, RefusedError } from "../wire/index.ts";
import { checkHello, dialRelay, whoOpens } from "./dial.ts";
import type { FeedContext, RelayAddress, SignedNotice } from "./session.ts";

/** Between two tries at a relay, which takes twenty at once and one a second. */
const AGAIN_MS = 1000;

/** Whether the same relay may reach the seller a moment later: one of the two was away. */
const isPassing = (error: unknown): boolean =>
  !(error instanceof RefusedError) || error.name === "GatewayOffline";

/**
 * Gives the notice to all relays at once, so that one that is silent holds up nobody, and again to those that do not reach the seller, until
 * the first says that it is closed.
 *
 * @throws RefusedError why none has
 */
export async function closeThroughAny(
  context: FeedContext,
  relays: readonly RelayAddress[],
  notice: SignedNotice,
  signal: AbortSignal,
): Promise<FrameOf<"CLOSED">> {
  const done = new AbortController();
  const until = AbortSignal.any([signal, done.signal]);
  try {
    return await Promise.any(relays.map((relay) => insist(context, relay, notice, until)));
  } catch (error) {
    const reason = (error as AggregateError).errors.find((one) => one instanceof RefusedError);
    throw reason ?? new RefusedError("GatewayOffline", "the seller does not answer");
  } finally {
    done.abort();
  }
}

async function insist(
  context: FeedContext,
  relay: RelayAddress,
  notice: SignedNotice,
  signal: AbortSignal,
): Promise<FrameOf<"CLOSED">> {
  for (let said: unknown; ; ) {
    try {
      return await closeThrough(context, relay, notice, signal);
    } catch (error) {
      if (signal.aborted) throw said ?? error; // what it said last, not that it was cut off
      if (!isPassing(error)) throw error;
      said = error;
    }
    await pause(AGAIN_MS, signal);
  }
}

/** The notice is its own proof. The OPEN behind it has no session: it says which channel is meant. */
async function closeThrough(
  context: FeedContext,
  relay: RelayAddress,
  notice: SignedNotice,
  signal: AbortSignal,
): Promise<FrameOf<"CLOSED">> {
  signal.throwIfAborted();
  const { frames, connection } = await dialRelay(context, relay, PROTOCOLS.subscribe, signal);
  try {
    const hello = await frames.expect("HELLO", { signal });
    checkHello(context, relay, hello);
    frames.send("CLOSE", notice);
    const who = whoOpens(context, connection, hello);
    frames.send("OPEN", {
      ...who,
      position: null,
      fromStart: false,
      credit: 0,
      session: null,
      voucher: null,
    });
    return await frames.expect("CLOSED", { signal });
  } finally {
    void frames.close();
  }
}
