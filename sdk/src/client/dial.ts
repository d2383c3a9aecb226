// A stream to one relay, and what every OPEN on it says of the purchase.
import type { Connection } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { connectMessage } from "../core/index.ts";
import { type Fields, type FrameOf, FrameStream, RefusedError } from "../wire/index.ts";
import type { FeedContext, RelayAddress } from "./session.ts";

/** How long the authorisation of a connection is good for; relays take an hour at most. */
const CONNECT_SECONDS = 3540;

export async function dialRelay(
  { node }: FeedContext,
  { multiaddrs }: RelayAddress,
  protocol: string,
  signal: AbortSignal,
): Promise<{ frames: FrameStream; connection: Connection }> {
  const connection = await node.dial(
    multiaddrs.map((text) => multiaddr(text)),
    { signal },
  );
  return { frames: new FrameStream(await connection.newStream(protocol, { signal })), connection };
}

/** @throws RefusedError NotServed: a relay of another chain, or not the one that the listing names */
export function checkHello(
  { delivery }: FeedContext,
  { operator }: RelayAddress,
  hello: FrameOf<"HELLO">,
): void {
  if (hello.chainId !== delivery.chainId) {
    throw new RefusedError("NotServed", `the relay serves chain ${hello.chainId}`);
  }
  if (hello.operator.toLowerCase() !== operator.toLowerCase()) {
    throw new RefusedError("NotServed", "the relay belongs to another operator");
  }
}

/** Which purchase is meant, and that its owner is on this connection. */
export function whoOpens(
  { node, crypto, delivery, listing, purchase, keys, transactionHash }: FeedContext,
  connection: Connection,
  { nonce }: FrameOf<"HELLO">,
): Omit<Fields<"OPEN">, "position" | "fromStart" | "credit" | "session" | "voucher"> {
  const expiry = Math.floor(Date.now() / 1000) + CONNECT_SECONDS;
  const connect = connectMessage({
    chainId: delivery.chainId,
    contract: delivery.grants,
    relayPeer: connection.remotePeer.toMultihash().bytes,
    ownPeer: node.peerId.toMultihash().bytes,
    relayNonce: nonce,
    listingId: listing.id,
    paymentId: purchase.paymentId,
    expiry,
  });
  return {
    listingId: listing.id,
    version: purchase.version,
    plan: purchase.plan,
    grantId: purchase.grantId,
    paymentId: purchase.paymentId,
    expiry,
    signature: crypto.signSecp(keys.signerPrivateKey, crypto.sha256(connect)),
    transactionHash,
  };
}
