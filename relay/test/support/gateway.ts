/** The seller's side of the wire, scripted: it seals real segments and answers as a gateway would, one step at a time. */
import type { Libp2p } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import {
  type Bytes,
  type Crypto,
  connectMessage,
  coverKeys,
  createSealer,
  epochKey,
  type Hex,
  headMessage,
  hex,
  SESSION_ID_BYTES,
  SealPurpose,
  type Session,
  type SessionBase,
  sealSegment,
  sessionAckMessage,
  sessionDigest,
  streamSecret,
  wrongBaseMessage,
  ZERO_HASH,
} from "@weir/sdk/core";
import { nativeCrypto } from "@weir/sdk/native";
import { type Fields, type FrameOf, FrameStream, PROTOCOLS, segmentFrame } from "@weir/sdk/wire";
import type { World } from "./world.ts";

export type Address = { peerId: string; multiaddrs: string[] };

/** Dials one protocol over TCP or WebSockets and reads the greeting. */
export async function dial(
  node: Libp2p,
  relay: Address,
  protocol: string,
  transport: "tcp" | "ws" = "tcp",
): Promise<{ frames: FrameStream; hello: FrameOf<"HELLO">; relayPeer: Uint8Array }> {
  const address = relay.multiaddrs.find((text) => text.includes("/ws") === (transport === "ws"))!;
  const connection = await node.dial(multiaddr(address));
  const frames = new FrameStream(await connection.newStream(protocol, { maxOutboundStreams: 256 }));
  const hello = await frames.expect("HELLO");
  return { frames, hello, relayPeer: connection.remotePeer.toMultihash().bytes };
}

export type Sealed = { bytes: Bytes; segmentId: Bytes; seq: bigint; epoch: number; sealedAtMs: number };

export type GatewayOptions = {
  listingId: bigint;
  generation?: number;
  keyId?: number;
  privateKey?: Bytes;
};

export class ScriptedGateway {
  readonly world: World;
  readonly listingId: bigint;
  readonly generation: number;
  readonly keyId: number;
  readonly privateKey: Bytes;
  readonly secret: Bytes;
  readonly node: Libp2p;
  readonly #relay: Address;
  #prev: Bytes = new Uint8Array(32);
  #seq = 0n;

  constructor(world: World, node: Libp2p, relay: Address, options: GatewayOptions) {
    this.world = world;
    this.node = node;
    this.#relay = relay;
    this.listingId = options.listingId;
    this.generation = options.generation ?? Math.floor(Date.now() / 1000);
    this.keyId = options.keyId ?? world.keyId;
    this.privateKey = options.privateKey ?? world.publisherPrivateKey;
    this.secret = streamSecret(new Uint8Array(32).fill(7), world.delivery, this.listingId, this.generation);
  }

  static async start(world: World, relay: Address, options: GatewayOptions): Promise<ScriptedGateway> {
    return new ScriptedGateway(world, await world.node(), relay, options);
  }

  /** Connects and authenticates; the caller reads what comes back. */
  async connect(
    protocol: string,
    more: { expiry?: number; generation?: number; transport?: "tcp" | "ws" } = {},
  ): Promise<FrameStream> {
    const { frames, hello, relayPeer } = await dial(this.node, this.#relay, protocol, more.transport);
    const expiry = more.expiry ?? Math.floor(Date.now() / 1000) + 600;
    const message = connectMessage({
      chainId: this.world.chain.chainId,
      contract: this.world.delivery.hubs,
      relayPeer,
      ownPeer: this.node.peerId.toMultihash().bytes,
      relayNonce: hello.nonce,
      listingId: this.listingId,
      paymentId: ZERO_HASH,
      expiry,
    });
    frames.send("AUTH", {
      listingId: this.listingId,
      keyId: this.keyId,
      generation: more.generation ?? this.generation,
      expiry,
      signature: nativeCrypto.es256Sign(this.privateKey, message),
    });
    return frames;
  }

  /** Connects to publish and returns the stream behind HEAD. */
  async publish(transport: "tcp" | "ws" = "tcp"): Promise<{ frames: FrameStream; head: FrameOf<"HEAD"> }> {
    const frames = await this.connect(PROTOCOLS.publish, { transport });
    return { frames, head: await frames.expect("HEAD") };
  }

  /** Seals the next segment of the line. `more` may break a rule on purpose. */
  async seal(
    more: {
      count?: number;
      sealedAtMs?: number;
      epoch?: number;
      seq?: bigint;
      prevHash?: Bytes;
      privateKey?: Bytes;
      keep?: boolean;
      text?: string;
      crypto?: Crypto;
    } = {},
  ): Promise<Sealed> {
    const sealedAtMs = more.sealedAtMs ?? Date.now();
    const epoch = more.epoch ?? Math.floor(sealedAtMs / 1000);
    const seq = more.seq ?? this.#seq;
    const messages = Array.from({ length: more.count ?? 1 }, (_, index) => ({
      device: "probe",
      topic: "air",
      timeMs: sealedAtMs,
      payload: new TextEncoder().encode(JSON.stringify({ seq: Number(seq), index, text: more.text ?? "" })),
    }));
    const { bytes, segmentId } = await sealSegment(more.crypto ?? nativeCrypto, {
      delivery: this.world.delivery,
      publisherPrivateKey: more.privateKey ?? this.privateKey,
      publisherKeyId: this.keyId,
      epochKey: epochKey(nativeCrypto, this.secret, epoch),
      listingId: this.listingId,
      generation: this.generation,
      epoch,
      seq,
      sealedAtMs,
      prevHash: more.prevHash ?? this.#prev,
      salt: globalThis.crypto.getRandomValues(new Uint8Array(16)),
      messages,
    });
    if (more.keep !== false) {
      this.#prev = segmentId;
      this.#seq = seq + 1n;
    }
    return { bytes, segmentId, seq, epoch, sealedAtMs };
  }

  /** Publishes `segments` and waits until the last one is acknowledged. */
  async deliver(frames: FrameStream, ...segments: readonly Sealed[]): Promise<void> {
    for (const { bytes } of segments) frames.write(segmentFrame(bytes));
    const last = segments.at(-1)!.seq;
    for (;;) if ((await frames.expect("ACK")).seq >= last) return;
  }

  /** Where the stream stands: behind what was sealed, or anywhere. */
  head(atMs = Date.now()): Fields<"SIGNED_HEAD"> {
    const said = { generation: this.generation, nextSeq: this.#seq, segmentId: this.#prev, atMs };
    const message = headMessage(this.world.delivery, { ...said, listingId: this.listingId });
    return { ...said, keyId: this.keyId, signature: nativeCrypto.es256Sign(this.privateKey, message) };
  }

  async vouchers(): Promise<FrameStream> {
    return this.connect(PROTOCOLS.vouchers);
  }

  /** The publisher's acceptance of a session as the relay forwarded it. */
  accept(session: FrameOf<"SESSION">, baseAccrued: bigint): Fields<"SESSION_ACK"> {
    const { channelId, sessionNo } = session;
    const digest = sessionDigest(this.world.delivery, session);
    return {
      channelId,
      sessionNo,
      signature: nativeCrypto.es256Sign(this.privateKey, sessionAckMessage(digest)),
      baseAccrued,
      keyId: this.keyId,
    };
  }

  /** The detail of the publisher's refusal: the account stands elsewhere. */
  wrongBase(session: Session, base: SessionBase): Record<string, string> {
    const digest = sessionDigest(this.world.delivery, session);
    const signature = nativeCrypto.es256Sign(this.privateKey, wrongBaseMessage(digest, base));
    return {
      generation: String(base.generation),
      fromSeq: String(base.fromSeq),
      baseTotal: String(base.baseTotal),
      keyId: String(this.keyId),
      baseSignature: hex(signature),
    };
  }

  /** A release of these epochs. The seal's content is of no interest to a relay. */
  release(channelId: Hex, sessionNo: bigint, epochFrom: number, epochTo: number, n = 0n): Fields<"RELEASE"> {
    return { channelId, sessionNo, seal: this.someSeal(1, epochFrom, epochTo, n) };
  }

  someSeal(purpose: number, epochFrom: number, epochTo: number, n = 0n): Fields<"RELEASE">["seal"] {
    return {
      keyId: this.keyId,
      generation: this.generation,
      purpose,
      sessionId: new Uint8Array(16),
      n,
      epochFrom,
      epochTo,
      enc: new Uint8Array(32),
      ct: coverKeys(nativeCrypto, this.secret, epochFrom, epochTo),
      signature: new Uint8Array(64),
    };
  }

  /** A cover as a gateway seals it to this key. */
  async cover(
    to: { buyer: Hex; encryptionKey: Hex },
    epochFrom: number,
    epochTo: number,
  ): Promise<Fields<"RELEASE">["seal"]> {
    const sealer = await createSealer(nativeCrypto, {
      delivery: this.world.delivery,
      listingId: this.listingId,
      generation: this.generation,
      ...to,
      purpose: SealPurpose.cover,
      sessionId: new Uint8Array(SESSION_ID_BYTES),
      publisherKeyId: this.keyId,
      publisherPrivateKey: this.privateKey,
    });
    return sealer.seal(epochFrom, epochTo, coverKeys(nativeCrypto, this.secret, epochFrom, epochTo));
  }

  async stop(): Promise<void> {
    await this.node.stop();
  }
}
