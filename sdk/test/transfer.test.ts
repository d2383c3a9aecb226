// What is sent together leaves together, on both transports; a window is opened again when half of it is used up, and not for every piece.
import type { Stream } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { afterAll, beforeAll, expect, it } from "vitest";
import { FrameStream, NODE_LIMITS, segmentFrame } from "../src/wire/index.ts";
import { createNode } from "../src/wire/node.ts";

const PROTOCOL = "/weir/test/1";
type Node = Awaited<ReturnType<typeof createNode>>;
let server: Node;
let client: Node;
let accept: (stream: Stream) => void;

beforeAll(async () => {
  server = await createNode({ listen: ["/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/tcp/0/ws"] });
  await server.handle(PROTOCOL, (stream: Stream) => accept(stream));
});
afterAll(() => server.stop());

type Socket = { _write(...args: never[]): void; _writev(...args: never[]): void };
type WebSocket = { addEventListener(event: "message", act: (event: { data: ArrayBuffer }) => void): void };
type Inner = { maConn: { socket?: Socket; websocket?: WebSocket } };
type Counted = { sendFrame(...args: never[]): boolean; sendWindowUpdate(): void };

/** A stream from a node of its own to the server; both ends and what lies under the node's. */
async function pair(transport: "tcp" | "ws") {
  client = await createNode();
  const accepted = new Promise<Stream>((resolve) => {
    accept = resolve;
  });
  const address = server
    .getMultiaddrs()
    .find((text) => String(text).includes("/ws") === (transport === "ws"))!;
  const connection = await client.dial(multiaddr(String(address)));
  const near = await connection.newStream(PROTOCOL);
  const far = await accepted;
  return { near, far, inner: (connection as unknown as Inner).maConn, end: () => client.stop() };
}

/** Writes a segment at one end and reads it at the other; `written` is called in between. */
async function carried(
  reader: FrameStream,
  writer: FrameStream,
  segment: Uint8Array,
  written: () => void = () => undefined,
): Promise<void> {
  writer.write(segmentFrame(segment));
  written();
  const frame = await reader.read();
  expect(frame).toMatchObject({ type: "SEGMENT" });
  expect(Buffer.compare((frame as { bytes: Uint8Array }).bytes, segment)).toBe(0);
}

const bytesOf = (length: number) => new Uint8Array(length).map((_, i) => i * 7);
/** Messages of noise in so many bytes of one write, and their parts: nothing is counted that they would not explain. */
const noiseMessages = (length: number): number => Math.ceil(length / 65_519);

it("one write is one system call", async () => {
  const { near, far, inner, end } = await pair("tcp");
  let calls = 0;
  const socket = inner.socket!;
  for (const name of ["_write", "_writev"] as const) {
    const act = socket[name].bind(socket);
    socket[name] = (...args) => {
      calls += 1;
      act(...args);
    };
  }
  const [writer, reader] = [new FrameStream(near), new FrameStream(far)];
  calls = 0; // what was said before, the library's own among it
  await carried(reader, writer, bytesOf(6_000), () => expect(calls).toBe(1));
  await carried(reader, writer, bytesOf(200_000)); // longer than what a socket takes without waiting
  await end();
});

it("one write is one message of a WebSocket, or a few", async () => {
  const { near, far, inner, end } = await pair("ws");
  const sizes: number[] = [];
  inner.websocket!.addEventListener("message", ({ data }) => sizes.push(data.byteLength));
  const [reader, writer] = [new FrameStream(near), new FrameStream(far)];
  const before = sizes.length;
  await carried(reader, writer, bytesOf(6_000));
  expect(sizes.slice(before).filter((size) => size > 6_000)).toHaveLength(1); // noise and all
  const long = 1 << 20;
  await carried(reader, writer, bytesOf(long));
  expect(Math.max(...sizes)).toBeLessThanOrEqual(NODE_LIMITS.webSocketPieceBytes);
  expect(sizes.length).toBeLessThan(noiseMessages(long) * 2);
  await end();
});

it("a window is opened again when half of it is used up", async () => {
  const { near, far, end } = await pair("tcp");
  const [reader, writer] = [new FrameStream(near), new FrameStream(far)];
  let said = 0;
  const counted = near as unknown as Counted;
  const act = counted.sendFrame;
  counted.sendFrame = (...args) => {
    said += 1;
    return act(...args);
  };
  const step = 1_000;
  const half = NODE_LIMITS.initialStreamWindowBytes / 2;
  for (let sent = 0; sent + step + 10 < half; sent += step + 10) await carried(reader, writer, bytesOf(step));
  expect(said).toBe(0);
  for (let i = 0; i < 40; i++) await carried(reader, writer, bytesOf(100_000)); // as many windows as it takes
  expect(said).toBeGreaterThan(0);
  expect(said).toBeLessThan(80);
  await end();
});
