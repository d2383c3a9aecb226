// A courier of the kind that the library's documentation shows, with all limits as the library sets them: what our own are compared with.
// As a program it says where it listens, and sends every reader as many messages as a line on its standard input asks for.
import { createInterface } from "node:readline";
import { identify } from "@libp2p/identify";
import type { Libp2p, Stream } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { webSockets } from "@libp2p/websockets";
import { yamux } from "@libp2p/yamux";
import { CONNECTIONS } from "@weir/sdk/wire";
import { createLibp2p } from "libp2p";

export const PLAIN = "/plain/1";
export const MESSAGE_BYTES = 32 << 10;

/** `crowd`: takes connections as our nodes do, for a test of something else than connections. */
export const plainNode = (options: { crowd?: boolean } = {}): Promise<Libp2p> =>
  createLibp2p({
    addresses: { listen: ["/ip4/127.0.0.1/tcp/0", "/ip4/127.0.0.1/tcp/0/ws"] },
    transports: [tcp(), webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() },
    ...(options.crowd ? { connectionManager: CONNECTIONS } : {}),
  });

if (process.argv[1] === import.meta.filename) {
  const node = await plainNode({ crowd: true });
  const readers = new Set<Stream>();
  await node.handle(PLAIN, (stream) => {
    readers.add(stream);
    stream.addEventListener("close", () => readers.delete(stream));
  });
  const say = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
  const orders = createInterface({ input: process.stdin });
  orders.on("line", (count) => {
    for (let n = 0; n < Number(count); n += 1)
      for (const reader of readers) reader.send(new Uint8Array(MESSAGE_BYTES).fill(n));
    say({ readers: readers.size });
  });
  orders.once("close", () => process.exit(0)); // the test is gone
  say({ multiaddrs: node.getMultiaddrs().map(String) });
}
