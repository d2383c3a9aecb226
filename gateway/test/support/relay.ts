/** The relay's side of the wire, scripted: it stores what it gets, asks as a relay would, and misbehaves when told to. */
import type { Libp2p, Stream } from "@libp2p/interface";
import {
  type Bytes,
  checkSegment,
  HEADER_BYTES,
  type Header,
  parseSegment,
  SIGNATURE_BYTES,
} from "@weir/sdk/core";
import { nativeCrypto } from "@weir/sdk/native";
import { type Frame, type FrameOf, FrameStream, PROTOCOLS, type RefusedError } from "@weir/sdk/wire";
import { createNode } from "@weir/sdk/wire/node";
import type { Address } from "viem";
import type { World } from "./world.ts";

/** Frames of one stream as they come; `next` waits for one that fits. */
export class Inbox {
  readonly frames: FrameStream;
  readonly seen: Frame[] = [];
  #waiting: (() => void)[] = [];
  #ended = false;

  constructor(frames: FrameStream) {
    this.frames = frames;
    void this.#read();
  }

  async #read(): Promise<void> {
    try {
      for (;;) {
        const frame = await this.frames.read();
        if (frame === null) break;
        this.seen.push(frame);
        for (const wake of this.#waiting.splice(0)) wake();
      }
    } catch (error) {
      if (!(error instanceof Error)) throw error; // a stream that was cut ends like one that was closed
    }
    this.#ended = true;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** The first frame of one of these types that fits; it is taken out. */
  async next<N extends Frame["type"]>(
    types: N | readonly N[],
    fits: (frame: FrameOf<N>) => boolean = () => true,
  ): Promise<FrameOf<N>> {
    const wanted: readonly string[] = Array.isArray(types) ? types : [types];
    for (;;) {
      const at = this.seen.findIndex((frame) => wanted.includes(frame.type) && fits(frame as FrameOf<N>));
      if (at >= 0) return this.seen.splice(at, 1)[0] as FrameOf<N>;
      if (this.#ended) throw new Error(`the stream ended before ${wanted.join(" or ")}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}

export class ScriptedRelay {
  readonly world: World;
  readonly operator: Address;
  node!: Libp2p;
  /** Everything stored, in order of arrival; duplicates included. */
  readonly arrived: { header: Header; bytes: Bytes }[] = [];
  /** What stands in HEAD: the last segment of its generation. */
  stored: { header: Header; bytes: Bytes } | undefined;
  /** False: segments are taken and not acknowledged. */
  acknowledge = true;
  /** Refused with this when a gateway authenticates. */
  refusal: ((auth: FrameOf<"AUTH">) => RefusedError | undefined) | undefined;
  publishStreams: FrameStream[] = [];
  /** What publishers have said of where they stand. */
  readonly heads: FrameOf<"SIGNED_HEAD">[] = [];
  #links = new Map<string, Inbox>();
  #waiting: (() => void)[] = [];

  private constructor(world: World, operator: Address) {
    this.world = world;
    this.operator = operator;
  }

  static async start(world: World, operator: Address): Promise<ScriptedRelay> {
    const relay = new ScriptedRelay(world, operator);
    relay.node = await createNode({ listen: ["/ip4/127.0.0.1/tcp/0"] });
    const on = (protocol: string, act: (frames: FrameStream, auth: FrameOf<"AUTH">) => Promise<void>) =>
      relay.node.handle(protocol, (stream) => void relay.#greet(stream, act));
    await on(PROTOCOLS.publish, (frames, auth) => relay.#publish(frames, auth));
    await on(PROTOCOLS.vouchers, async (frames, auth) => relay.#link(`vouchers/${auth.listingId}`, frames));
    await on(PROTOCOLS.command, async (frames, auth) => relay.#link(`command/${auth.listingId}`, frames));
    await on(PROTOCOLS.keys, async (frames, auth) => relay.#link(`keys/${auth.listingId}`, frames));
    return relay;
  }

  get address(): { operator: Address; multiaddrs: string[] } {
    return { operator: this.operator, multiaddrs: this.node.getMultiaddrs().map(String) };
  }

  async #greet(
    stream: Stream,
    act: (frames: FrameStream, auth: FrameOf<"AUTH">) => Promise<void>,
  ): Promise<void> {
    const frames = new FrameStream(stream);
    try {
      const nonce = crypto.getRandomValues(new Uint8Array(32));
      frames.send("HELLO", {
        nonce,
        chainId: this.world.chain.chainId,
        operator: this.operator.toLowerCase() as Address,
      });
      const auth = await frames.expect("AUTH");
      const refusal = this.refusal?.(auth);
      if (refusal) return void (await frames.refuse(refusal));
      await act(frames, auth);
    } catch (error) {
      frames.abort(error as Error);
    }
  }

  async #publish(frames: FrameStream, auth: FrameOf<"AUTH">): Promise<void> {
    this.publishStreams.push(frames);
    const held = this.stored?.header.generation === auth.generation ? this.stored : undefined;
    const head = held ? held.bytes.slice(0, HEADER_BYTES + SIGNATURE_BYTES) : null;
    frames.send("HEAD", { generation: auth.generation, head, epochFirstSeq: 0n, next: null, gateway: true });
    this.#wake();
    for (;;) {
      const frame = await frames.read();
      if (frame === null) return;
      if (frame.type === "SAMPLE") continue; // the real relay's tests look at these
      if (frame.type === "SIGNED_HEAD") {
        this.heads.push(frame);
        this.#wake();
        continue;
      }
      if (frame.type !== "SEGMENT") throw new Error(`${frame.type} came in place of SEGMENT`);
      const { header } = parseSegment(frame.bytes);
      this.arrived.push({ header, bytes: frame.bytes });
      this.stored = { header, bytes: frame.bytes };
      if (this.acknowledge) frames.send("ACK", { generation: header.generation, seq: header.seq });
      this.#wake();
    }
  }

  #link(key: string, frames: FrameStream): void {
    this.#links.set(key, new Inbox(frames));
    this.#wake();
  }

  #wake(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }

  async until<T>(look: () => T | undefined | false): Promise<T> {
    for (;;) {
      const found = look();
      if (found !== undefined && found !== false) return found;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Waits until the segment with this number is here. */
  segment = (seq: bigint) => this.until(() => this.arrived.find(({ header }) => header.seq === seq));

  /** The gateway's standing connection for a listing. */
  vouchers = (listingId: bigint): Promise<Inbox> => this.until(() => this.#open(`vouchers/${listingId}`));
  keys = (listingId: bigint): Promise<Inbox> => this.until(() => this.#open(`keys/${listingId}`));
  commands = (listingId: bigint): Promise<Inbox> => this.until(() => this.#open(`command/${listingId}`));
  publisher = (): Promise<FrameStream> => this.until(() => this.publishStreams.find(({ closed }) => !closed));
  #open(key: string): Inbox | undefined {
    const inbox = this.#links.get(key);
    return inbox && !inbox.frames.closed ? inbox : undefined;
  }

  /** Ends every publishing stream, as a relay that restarts would. */
  async dropPublishers(): Promise<void> {
    const streams = this.publishStreams.splice(0);
    await Promise.all(streams.map((frames) => frames.close()));
  }

  /** Checks every stored segment as any relay does. */
  async check(): Promise<void> {
    const { contracts, chainId } = this.world.chain;
    const delivery = {
      chainId,
      hubs: contracts.Hubs,
      grants: contracts.Grants,
      channels: contracts.Channels,
    };
    for (const { bytes } of this.arrived)
      await checkSegment(nativeCrypto, delivery, parseSegment(bytes), this.world.secrets.publisherKey);
  }

  stop = () => this.node.stop();
}
