// A free grant's keys: one cover from here to the end of the plan's notice, asked on a short stream of its own.
import {
  type Bytes,
  createUnsealer,
  type PublicKey,
  SESSION_ID_BYTES,
  type Seal,
  SealPurpose,
} from "../core/index.ts";
import { type FrameOf, type FrameStream, RefusedError } from "../wire/index.ts";
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
    throw new RefusedError((error?.name ?? "NoGrant") as never, error?.message ?? "no key was given");
  }
  const unsealer = createUnsealer(crypto, {
    delivery,
    listingId: listing.id,
    generation: at.generation,
    buyer: purchase.buyer,
    encryptionKey: purchase.encryptionKey,
    purpose: SealPurpose.cover,
    sessionId: new Uint8Array(SESSION_ID_BYTES),
    privateKey: keys.encryptionPrivateKey,
  });
  const plain = await unsealer.unseal(sealOf(seal), publisherKey(seal.keyId));
  return { epochFrom: seal.epochFrom, epochTo: seal.epochTo, keys: plain };
}
