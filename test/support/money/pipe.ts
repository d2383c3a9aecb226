// A network inside one process: streams with the few parts of a libp2p stream that FrameStream uses, delivered in order, cut or muted at will.
import type { Libp2p, Stream } from "@libp2p/interface";
import * as varint from "uint8-varint";

type Listener = (event: { data?: Uint8Array; error?: Error }) => void;

/** Who is at an end: a program, and which life of it. */
export type Party = { name: string; alive: boolean };

/** One end of a stream. */
export class End {
  readonly net: Net;
  readonly party: Party;
  peer!: End;
  status: "open" | "closed" | "aborted" = "open";
  writeStatus: "writable" | "closed" = "writable";
  writableNeedsDrain = false;
  maxWriteBufferLength = 0;
  inactivityTimeout = 0;
  /** A machine that lost its cable: nothing comes or goes, nobody is told. */
  muted = false;
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(net: Net, party: Party) {
    this.net = net;
    this.party = party;
  }

  addEventListener(type: string, act: Listener): void {
    const set = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, set.add(act));
  }
  removeEventListener(type: string, act: Listener): void {
    this.#listeners.get(type)?.delete(act);
  }
  #tell(type: string, event: Parameters<Listener>[0]): void {
    for (const act of [...(this.#listeners.get(type) ?? [])]) act(event);
  }

  send(bytes: Uint8Array): boolean {
    if (!this.muted) this.net.left(this, bytes);
    this.inject(bytes);
    return true;
  }

  /** Puts bytes on the wire that the program at this end never sent. */
  inject(bytes: Uint8Array): void {
    const { peer } = this;
    queueMicrotask(() => {
      if (peer.status === "open" && this.status !== "aborted" && !this.muted && !peer.muted)
        peer.#tell("message", { data: bytes });
    });
  }

  async close(): Promise<void> {
    if (this.status !== "open" || this.writeStatus === "closed") return;
    this.writeStatus = "closed";
    const { peer } = this;
    queueMicrotask(() => {
      if (peer.status !== "open" || peer.muted || this.muted) return;
      peer.#tell("remoteCloseWrite", {});
      if (peer.writeStatus === "closed") for (const end of [this, peer]) end.#finish("closed", undefined);
    });
  }

  abort(error: Error): void {
    if (this.status !== "open") return;
    this.#finish("aborted", error);
    const { peer } = this;
    if (this.muted) return;
    queueMicrotask(() => {
      if (peer.muted || peer.status !== "open") return;
      peer.#finish("aborted", Object.assign(new Error("reset"), { name: "StreamResetError" }));
    });
  }

  #finish(status: "closed" | "aborted", error: Error | undefined): void {
    if (this.status !== "open") return;
    this.status = status;
    this.writeStatus = "closed";
    this.#tell("close", error ? { error } : {});
  }
}

type Handler = (stream: Stream, connection: unknown) => void;
type Host = { party: Party; peerBytes: Uint8Array; handlers: Map<string, Handler> };

/** All streams of one schedule. */
export class Net {
  /** Counts everything that happens, so that a test knows when nothing does. */
  activity = 0;
  /** Called with whole frames as a program hands them to the network. */
  onFrame: (from: End, frame: Uint8Array) => void = () => undefined;
  /** Called after each thing that happens. */
  onActivity: () => void = () => undefined;
  readonly #hosts = new Map<string, Host>();
  readonly #ends = new Set<End>();
  readonly #muted = new Set<End>();

  bump(): void {
    this.activity += 1;
    this.onActivity();
  }

  left(from: End, bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const length = varint.decode(bytes, at);
      at += varint.encodingLength(length);
      this.onFrame(from, bytes.subarray(at, at + length));
      at += length;
    }
    this.bump();
  }

  /** A stream between two parties; both ends live until they are closed or cut. */
  pair(a: Party, b: Party): [End, End] {
    const ends: [End, End] = [new End(this, a), new End(this, b)];
    [ends[0].peer, ends[1].peer] = [ends[1], ends[0]];
    for (const end of ends) this.#ends.add(end);
    return ends;
  }

  /** What a program's node has of libp2p: protocols to serve, hosts to dial. */
  node(party: Party, address: string, peerBytes: Uint8Array): Libp2p {
    const handlers = new Map<string, Handler>();
    const peer = { toString: () => party.name, toMultihash: () => ({ bytes: peerBytes }) };
    const node = {
      peerId: peer,
      handle: async (protocol: string, handler: Handler) => {
        handlers.set(protocol, handler);
        this.#hosts.set(address, { party, peerBytes, handlers });
      },
      unhandle: async (protocol: string) => void handlers.delete(protocol),
      dial: async (addresses: { toString(): string }[]) => {
        const host = this.#hosts.get(String(addresses[0]));
        if (!host?.party.alive || !party.alive) throw new Error("nobody answers");
        return {
          remotePeer: { toMultihash: () => ({ bytes: host.peerBytes }) },
          newStream: async (protocol: string) => {
            const handler = host.handlers.get(protocol);
            if (!handler || !host.party.alive || !party.alive) throw new Error("nobody answers");
            const [mine, theirs] = this.pair(party, host.party);
            queueMicrotask(() => handler(theirs as unknown as Stream, { remotePeer: peer }));
            return mine;
          },
        };
      },
    };
    return node as unknown as Libp2p;
  }

  /** The other sides of vanished machines notice it at last; what has ended is forgotten. */
  reap(): void {
    for (const end of this.#muted) end.abort(Object.assign(new Error("timeout"), { name: "TimeoutError" }));
    this.#muted.clear();
    for (const end of this.#ends) if (end.status !== "open") this.#ends.delete(end);
  }

  /** Live streams that end at this party. */
  ends(party: Party): End[] {
    return [...this.#ends].filter((end) => end.party === party && end.status === "open");
  }

  /** Ends all streams of a party at once, or silences them. */
  cut(party: Party, how: "reset" | "mute"): void {
    for (const end of this.ends(party)) {
      if (how === "mute") {
        end.muted = true;
        this.#muted.add(end.peer);
      } else end.abort(Object.assign(new Error("cut"), { name: "StreamResetError" }));
      this.#ends.delete(end);
    }
  }
}
