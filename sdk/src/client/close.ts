// The end of a channel by its seller: who is told of it through which relay, and whose answer counts.
import { pause } from "../chain/wait.ts";
import { type FrameOf, PROTOCOLS, RefusedError } from "../wire/index.ts";
import { checkHello, dialRelay, whoOpens } from "./dial.ts";
import type { FeedContext, RelayAddress, Session, SignedNotice } from "./session.ts";

/** Between two tries at a relay, which takes twenty at once and one a second. */
const AGAIN_MS = 1000;
/** How long the session's relay is alone with the notice: a close takes less, and the others need not be dialled. */
const LEAD_MS = 3000;

/** Whether the same relay may reach the seller a moment later: one of the two was away. */
const isPassing = (error: unknown): boolean =>
  !(error instanceof RefusedError) || error.name === "GatewayOffline";

export type Close<T> = {
  relays: readonly RelayAddress[];
  notice: SignedNotice;
  /** Nobody signs a CLOSED. @throws RefusedError CloseFailed when it is not so */
  borneOut: (closed: FrameOf<"CLOSED">) => Promise<T>;
  signal: AbortSignal;
};

/**
 * Through the open session, if there is one, which then serves the rest; through the other relays as soon as that fails, or when it takes long:
 * its relay may keep the notice to itself. The first answer that is borne out counts.
 *
 * @throws RefusedError why none has
 */
export async function closeBySeller<T>(
  context: FeedContext,
  session: Session | undefined,
  close: Close<T>,
): Promise<T> {
  const { relays, notice, borneOut } = close;
  if (!session?.isOpen) return await closeThroughAny(context, close);
  const done = new AbortController();
  const signal = AbortSignal.any([close.signal, done.signal]);
  try {
    const own = session.closeBy(notice, signal).then(borneOut);
    const failure = await Promise.race([
      own.then(
        () => null,
        (error: unknown) => error,
      ),
      pause(LEAD_MS, signal),
    ]);
    if (failure === null) return await own;
    const again = failure !== undefined && isPassing(failure);
    const others = again ? relays : relays.filter(({ operator }) => operator !== session.relay.operator);
    return await firstOf([own, closeThroughAny(context, { ...close, relays: others, signal })]);
  } finally {
    done.abort();
  }
}

/** To all relays at once, so that one that is silent holds up nobody, and again to those that do not reach the seller. */
async function closeThroughAny<T>(context: FeedContext, close: Close<T>): Promise<T> {
  const done = new AbortController();
  const signal = AbortSignal.any([close.signal, done.signal]);
  try {
    return await firstOf(
      close.relays.map((relay) => insist(context, relay, close.notice, signal).then(close.borneOut)),
    );
  } finally {
    done.abort();
  }
}

/** @throws RefusedError the first reason that somebody gave */
async function firstOf<T>(works: readonly Promise<T>[]): Promise<T> {
  try {
    return await Promise.any(works);
  } catch (error) {
    const reason = (error as AggregateError).errors.find((one) => one instanceof RefusedError);
    throw reason ?? new RefusedError("GatewayOffline", "the seller does not answer");
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
