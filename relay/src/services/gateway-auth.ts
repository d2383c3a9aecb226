/** A gateway proves that it speaks for a listing: its publisher key signs our nonce, both peer ids, the listing, and an expiry. */
import { type Crypto, connectMessage, type Delivery, type PublicKey, ZERO_HASH } from "@weir/sdk/core";
import { type FrameOf, type FrameStream, RefusedError } from "@weir/sdk/wire";
import type { Address } from "viem";
import type { Admission, Listing } from "../chain/admission.ts";
import { MAX_EXPIRY_AHEAD_S } from "../limits.ts";
import type { SegmentStore } from "../store/segments.ts";
import { dismiss, type Peer, sameAddress } from "./serve.ts";

export type GatewayComponents = {
  admission: Admission;
  segments: SegmentStore;
  crypto: Crypto;
  delivery: Delivery;
  operator: Address;
  /** Multihash bytes of the relay's peer id. */
  relayPeer: Uint8Array;
};

export type Gateway = { listing: Listing; keyId: number; publicKey: PublicKey; generation: number };

/**
 * Ends the stream, too, once the key may no longer speak for the hub: it was revoked, or the hub has changed hands.
 *
 * @throws RefusedError Expired, UnknownListing, NotServed, BadKey, BadSignature, StaleGeneration
 */
export async function checkGateway(
  { admission, segments, crypto, delivery, operator, relayPeer }: GatewayComponents,
  frames: FrameStream,
  peer: Peer,
  auth: FrameOf<"AUTH">,
): Promise<Gateway> {
  checkExpiry(auth.expiry, Math.floor(Date.now() / 1000));
  const listing = await admission.listing(auth.listingId);
  if (!listing.terms.relays.some((relay) => sameAddress(relay, operator)))
    throw new RefusedError("NotServed", "The listing does not name this relay.");
  const { hubId } = listing;
  const publicKey = await admission.gatewayKey(hubId, auth.keyId);
  const unwatch = admission.watch(({ all, hubs }) => {
    if (!all && !hubs.has(hubId)) return;
    admission.recheck(frames, async () => {
      if (frames.closed) return;
      try {
        await admission.gatewayKey(hubId, auth.keyId);
      } catch (error) {
        if (!(error instanceof RefusedError) || error.name !== "BadKey") throw error;
        void dismiss(frames, error);
      }
    });
  });
  frames.onClose(unwatch);
  const message = connectMessage({
    chainId: delivery.chainId,
    contract: delivery.hubs,
    relayPeer,
    ownPeer: peer.peerBytes,
    relayNonce: peer.nonce,
    listingId: auth.listingId,
    paymentId: ZERO_HASH,
    expiry: auth.expiry,
  });
  if (!(await crypto.es256Verify(publicKey, message, auth.signature)))
    throw new RefusedError("BadSignature", "AUTH is not signed by the publisher key.");
  const newest = await segments.head(auth.listingId);
  if (newest && auth.generation < newest.header.generation)
    throw new RefusedError("StaleGeneration", "A later generation was published here.", {
      generation: String(newest.header.generation),
    });
  peer.admitted();
  peer.isGateway();
  return { listing, keyId: auth.keyId, publicKey, generation: auth.generation };
}

/** @throws RefusedError Expired */
export function checkExpiry(expiry: number, now: number): void {
  if (expiry <= now || expiry > now + MAX_EXPIRY_AHEAD_S)
    throw new RefusedError("Expired", "The authorisation lies in the past or more than an hour ahead.", {
      expiry: String(expiry),
      now: String(now),
    });
}
