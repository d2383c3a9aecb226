/** The buyer's side of the wire, scripted: one step at a time, honest unless told otherwise. */
import type { Libp2p } from "@libp2p/interface";
import {
  type Bytes,
  closeNoticeDigest,
  connectMessage,
  decodeHeader,
  HEADER_BYTES,
  type Hex,
  receiptDigest,
  sessionDigest,
  voucherDigest,
} from "@weir/sdk/core";
import { nativeCrypto } from "@weir/sdk/native";
import { type Fields, type Frame, type FrameOf, type FrameStream, PROTOCOLS } from "@weir/sdk/wire";
import type { HDAccount } from "viem";
import { SIGNER, type TestPurchase } from "../../../test/support/market.ts";
import { type Address, dial } from "./gateway.ts";
import type { World } from "./world.ts";

type SessionFields = NonNullable<Fields<"OPEN">["session"]>;

export class ScriptedBuyer {
  readonly world: World;
  readonly purchase: TestPurchase;
  readonly node: Libp2p;
  readonly key: Bytes;
  readonly #relay: Address;

  constructor(world: World, node: Libp2p, relay: Address, purchase: TestPurchase) {
    this.world = world;
    this.node = node;
    this.#relay = relay;
    this.purchase = purchase;
    this.key = privateKeyOf(world.chain.accounts[SIGNER]!);
  }

  static async start(world: World, relay: Address, purchase: TestPurchase): Promise<ScriptedBuyer> {
    return new ScriptedBuyer(world, await world.node(), relay, purchase);
  }

  get channelId(): Hex {
    return this.purchase.paymentId;
  }

  dial(transport: "tcp" | "ws" = "tcp") {
    return dial(this.node, this.#relay, PROTOCOLS.subscribe, transport);
  }

  dialKeys() {
    return dial(this.node, this.#relay, PROTOCOLS.keys);
  }

  dialCommands() {
    return dial(this.node, this.#relay, PROTOCOLS.command);
  }

  voucher(cumulative: bigint, relay = this.world.relayOperator, key = this.key): Fields<"PAY"> {
    const digest = voucherDigest(this.world.delivery, { channelId: this.channelId, cumulative, relay });
    return { cumulative, signature: nativeCrypto.signSecp(key, digest) };
  }

  session(
    fields: Omit<SessionFields, "signature" | "expiry"> & { expiry?: number },
    key = this.key,
  ): SessionFields {
    const expiry = fields.expiry ?? Math.floor(Date.now() / 1000) + 600;
    const digest = sessionDigest(this.world.delivery, {
      ...fields,
      expiry,
      channelId: this.channelId,
      relay: this.world.relayOperator,
    });
    return { ...fields, expiry, signature: nativeCrypto.signSecp(key, digest) };
  }

  close(deadline = Math.floor(Date.now() / 1000) + 600, epoch = 0): Fields<"CLOSE"> {
    const digest = closeNoticeDigest(this.world.delivery, { channelId: this.channelId, epoch, deadline });
    return { epoch, deadline, signature: nativeCrypto.signSecp(this.key, digest) };
  }

  receipt(segmentId: Hex, cumulative: bigint): Fields<"RECEIPT"> {
    const digest = receiptDigest(this.world.delivery, { channelId: this.channelId, segmentId, cumulative });
    return { segmentId, cumulative, signature: nativeCrypto.signSecp(this.key, digest) };
  }

  /** Dials, if it is not over a stream that was dialled before, and sends an OPEN; the caller reads what comes back. */
  async open(
    more: Partial<Fields<"OPEN">> & {
      transport?: "tcp" | "ws";
      over?: Awaited<ReturnType<typeof dial>>;
      key?: Bytes;
    } = {},
  ): Promise<FrameStream> {
    const { transport, over, key = this.key, ...fields } = more;
    const { frames, hello, relayPeer } = over ?? (await this.dial(transport));
    const { purchase, paymentId, grantId } = this.purchase;
    const expiry = more.expiry ?? Math.floor(Date.now() / 1000) + 600;
    const message = connectMessage({
      chainId: this.world.chain.chainId,
      contract: this.world.delivery.grants,
      relayPeer,
      ownPeer: this.node.peerId.toMultihash().bytes,
      relayNonce: hello.nonce,
      listingId: purchase.listingId,
      paymentId,
      expiry,
    });
    frames.send("OPEN", {
      listingId: purchase.listingId,
      version: purchase.version,
      plan: purchase.plan,
      grantId,
      paymentId,
      expiry,
      signature: nativeCrypto.signSecp(key, nativeCrypto.sha256(message)),
      position: null,
      fromStart: false,
      credit: 1 << 20,
      transactionHash: null,
      session: null,
      voucher: null,
      ...fields,
    });
    return frames;
  }

  async stop(): Promise<void> {
    await this.node.stop();
  }
}

/** Reads until `count` segments have come; gives their numbers. Other frames are collected into `others`. */
export async function readSegments(
  frames: FrameStream,
  count: number,
  others: Frame[] = [],
): Promise<bigint[]> {
  const numbers: bigint[] = [];
  while (numbers.length < count) {
    const frame = await frames.read();
    if (frame === null) throw new Error(`the stream ended after segments ${numbers.join(", ")}`);
    if (frame.type === "REFUSED")
      throw new Error(`${frame.name}: ${frame.message} ${JSON.stringify(frame.detail)}`);
    if (frame.type === "SEGMENT") numbers.push(decodeHeader(frame.bytes.subarray(0, HEADER_BYTES)).seq);
    else others.push(frame);
  }
  return numbers;
}

/** Reads until a frame of this type comes. Fails on a segment: use where none may come. */
export async function until<N extends Frame["type"]>(frames: FrameStream, type: N): Promise<FrameOf<N>> {
  for (;;) {
    const frame = await frames.read();
    if (frame === null) throw new Error(`the stream ended before ${type}`);
    if (frame.type === type) return frame as FrameOf<N>;
    if (frame.type === "SEGMENT") throw new Error(`a segment came before ${type}`);
    if (frame.type === "REFUSED")
      throw new Error(`${frame.name}: ${frame.message} ${JSON.stringify(frame.detail)}`);
  }
}

/** Reads until the relay says no; gives the refusal. Segments on the way are counted. */
export async function untilRefused(frames: FrameStream): Promise<FrameOf<"REFUSED"> & { segments: number }> {
  for (let segments = 0; ; ) {
    const frame = await frames.read();
    if (frame === null) throw new Error("the stream ended without a refusal");
    if (frame.type === "SEGMENT") segments += 1;
    if (frame.type === "REFUSED") return { ...frame, segments };
  }
}

const privateKeyOf = (account: HDAccount): Bytes => new Uint8Array(account.getHdKey().privateKey!);
