/** What every plaintext broker looks like to a publisher and a reader of a bench: a bare socket and as little work as its protocol allows. */
import { connect, type Socket } from "node:net";

export type PlainSocket = {
  socket: Socket;
  /** Resolves when the broker has the subscription. */
  subscribe(topic: string): Promise<void>;
  /** A message as it goes over the wire. `qos` 1 asks for an acknowledgement; `id` is needed then. */
  encode(topic: string, payload: Uint8Array, qos: 0 | 1, id?: number): Buffer;
  /** Called for every message that comes unasked (QoS 0); the payload is a view of what was read. */
  onMessage: (payload: Buffer) => void;
  /** Called with how many acknowledgements have come together. */
  onAcknowledged: (count: number) => void;
  /** Called when the connection is lost. */
  onLost: (error: Error) => void;
};

/** A socket whose losses are told to `client`. */
export function openSocket(port: number, name: string, client: () => PlainSocket): Socket {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  socket.on("error", () => undefined); // "close" follows
  socket.on("close", () => client().onLost(new Error(`the broker at port ${port} closed ${name}`)));
  return socket;
}

/** Joins what was read to what was left of the time before; `take` says how much of it was whole. */
export function readWhole(socket: Socket, take: (data: Buffer) => number): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    const data = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    rest = data.subarray(take(data));
  });
}
