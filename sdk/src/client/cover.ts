// Keys of a grant that is not metered: covers from here to the end of the plan's notice, each asked on a short stream of its own, the
// next one long before the last one ends.
import {
  type Bytes,
  createUnsealer,
  type KeyRing,
  type PublicKey,
  SESSION_ID_BYTES,
  type Seal,
  SealPurpose,
} from "../core/index.ts";
import { type FrameOf, type FrameStream, RefusedError, refusedError } from "../wire/index.ts";
import type { FeedContext } from "./session.ts";

/** Far more than any notice: the gateway answers with what the grant may have. */
const COVER_EPOCHS = 2 ** 31;
const LAST_EPOCH = 2 ** 32 - 1;

/** A seal as it came over the wire. */
export const sealOf = (seal: FrameOf<"KEYS">["seal"]): Seal => ({
  ...seal,
  sessionId: seal.sessionId as Bytes,
  enc: seal.enc as Bytes,
  ct: seal.ct as Bytes,
  signature: seal.signature as Bytes,
});

/** Asks for the cover from `epochFrom` on; `frames` is a stream of the keys protocol after HELLO. @throws RefusedError, SealError */
export async function fetchCover(
  frames: FrameStream,
  context: FeedContext,
  at: { generation: number; epochFrom: number },
  publisherKey: (keyId: number) => PublicKey,
  signal: AbortSignal,
): Promise<{ epochFrom: number; epochTo: number; keys: Bytes }> {
  const { listing, purchase, crypto, delivery, keys } = context;
  frames.send("KEY_REQUEST", {
    requestId: 1,
    listingId: listing.id,
    grantId: purchase.grantId,
    generation: at.generation,
    epochFrom: at.epochFrom,
    epochTo: Math.min(at.epochFrom + COVER_EPOCHS, LAST_EPOCH),
  });
  const { seal, error } = await frames.expect("KEY_REPLY", { signal });
  if (seal === null) {
    throw error
      ? refusedError({ ...error, detail: {} })
      : new RefusedError("BadFrame", "KEY_REPLY: a seal or an error");
  }
  const unsealer = createUnsealer(crypto, {
    delivery,
    listingId: listing.id,
    generation: at.generation,
    buyer: purchase.buyer,
    encryptionKey: keys.encryptionKey,
    purpose: SealPurpose.cover,
    sessionId: new Uint8Array(SESSION_ID_BYTES),
    privateKey: keys.encryptionPrivateKey,
  });
  const plain = await unsealer.unseal(sealOf(seal), publisherKey(seal.keyId));
  return { epochFrom: seal.epochFrom, epochTo: seal.epochTo, keys: plain };
}

/** A renewal is asked for no more often than this: gateways give ten covers a minute. */
const MIN_RENEWAL_MS = 10_000;
/** setTimeout's largest delay. */
const MAX_TIMER_MS = 2 ** 31 - 1;

export type CoverInit = {
  /** Seconds. */
  epochLength: number;
  /** Fetches the cover from an epoch on. */
  fetch: (epochFrom: number) => Promise<{ epochFrom: number; epochTo: number; keys: Bytes }>;
  ring: KeyRing;
};

/**
 * Keeps the ring ahead of the stream: a cover is renewed when half of it is over. A renewal that fails is tried again at half of what is
 * then left; only an epoch that has come and has no key makes the failure the session's.
 */
export class Cover {
  readonly #init: CoverInit;
  #epochTo = -1;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #asking: Promise<void> | undefined;
  #stopped = false;

  constructor(init: CoverInit) {
    this.#init = init;
  }

  /** The first cover. @throws RefusedError, SealError */
  async begin(epochFrom: number): Promise<void> {
    await this.#ask(epochFrom);
  }

  /** The key of an epoch that has come, asked for now if need be. @throws RefusedError, SealError */
  async keyFor(epoch: number): Promise<Bytes | undefined> {
    const known = this.#init.ring.keyFor(epoch);
    if (known !== undefined) return known;
    await this.#asking?.catch(() => undefined); // what it could not get is asked for below
    if (this.#init.ring.keyFor(epoch) === undefined) await this.#ask(epoch);
    return this.#init.ring.keyFor(epoch);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  #ask(epochFrom: number): Promise<void> {
    const asking = this.#init.fetch(epochFrom).then(({ epochFrom: from, epochTo, keys }) => {
      this.#init.ring.addCover(from, epochTo, keys);
      this.#epochTo = Math.max(this.#epochTo, epochTo);
    });
    this.#asking = asking;
    const settled = () => {
      if (this.#asking === asking) this.#asking = undefined;
      this.#schedule();
    };
    asking.then(settled, settled);
    return asking;
  }

  #schedule(): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    const left = (this.#epochTo + 1) * this.#init.epochLength * 1000 - Date.now();
    const wait = Math.min(Math.max(left / 2, MIN_RENEWAL_MS), MAX_TIMER_MS);
    // A failure is not lost: the epoch without a key asks again, and that one is thrown.
    this.#timer = setTimeout(() => void this.#ask(this.#epochTo + 1).catch(() => undefined), wait);
  }
}
