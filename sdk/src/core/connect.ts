import { type Address, type Bytes, concat, type Hex, label, sized, uint, unhex } from "./bytes.ts";

/** How far ahead a session or an authorisation may end (docs/protocol/segment.md). */
export const MAX_CONNECT_SECONDS = 3600;

export type Connect = {
  chainId: number;
  contract: Address; // Grants for a buyer, Hubs for a gateway
  relayPeer: Uint8Array; // multihash bytes of the peer ids
  ownPeer: Uint8Array;
  relayNonce: Uint8Array; // 32, from HELLO
  listingId: bigint;
  paymentId: Hex; // 0 for a gateway
  expiry: number; // unix seconds
};

/** What a connection's authorisation signs: a buyer its SHA-256 (secp256k1), a gateway the message itself (ES256). */
export const connectMessage = (c: Connect): Bytes =>
  concat(
    label("weir/connect/1"),
    uint(c.chainId, 32),
    unhex(c.contract),
    sized(c.relayPeer),
    sized(c.ownPeer),
    c.relayNonce,
    uint(c.listingId, 8),
    unhex(c.paymentId),
    uint(c.expiry, 5),
  );

/** What the publisher signs to accept a session. */
export const sessionAckMessage = (sessionDigest: Uint8Array): Bytes =>
  concat(label("weir/session-ack/1"), sessionDigest);

/** Where a channel's account stands: what a session begins with that continues it. */
export type SessionBase = { generation: number; fromSeq: bigint; baseTotal: bigint };

/** What the publisher signs to refuse a session that does not continue the channel's account: good for no other session. */
export const wrongBaseMessage = (
  sessionDigest: Uint8Array,
  { generation, fromSeq, baseTotal }: SessionBase,
): Bytes =>
  concat(
    label("weir/wrong-base/1"),
    sessionDigest,
    uint(generation, 4),
    uint(fromSeq, 8),
    uint(baseTotal, 12),
  );
