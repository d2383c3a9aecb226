// A peer that is dead is found, and one that is only behind is kept: what he sends shows that he lives, however late his answers are.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { identify } from "@libp2p/identify";
import type { Connection, Libp2p, Stream } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p } from "libp2p";
import { afterEach, expect, it } from "vitest";
import { NODE_LIMITS } from "../src/wire/limits.ts";
import { createNode } from "../src/wire/node.ts";
import type { Pulse } from "../src/wire/pulse.ts";

const PROTOCOL = "/pulse/1";
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A way to `port` whose two directions can be stopped one by one; what is sent waits in the system's buffers. */
async function way(port: number) {
  const pairs: { near: Socket; far: Socket }[] = [];
  const server = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    for (const socket of [near, far]) socket.on("error", () => undefined);
    pairs.push({ near, far });
    near.pipe(far).pipe(near);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => {
    for (const { near, far } of pairs) {
      near.destroy();
      far.destroy();
    }
    server.close();
  });
  const stop = (side: "near" | "far") => {
    for (const pair of pairs) pair[side].unpipe().pause();
  };
  return { port: (server.address() as AddressInfo).port, stop };
}

/** `node` connected with a peer over such a way; the peer's end of a stream speaks when it is told to. */
async function connected(node: Libp2p) {
  const peer = await createNode({ listen: ["/ip4/127.0.0.1/tcp/0"] });
  ends.push(() => peer.stop());
  const theirs = Promise.withResolvers<Stream>();
  await peer.handle(PROTOCOL, (stream) => theirs.resolve(stream));
  const between = await way(Number(peer.getMultiaddrs()[0]!.toString().split("/")[4]));
  const connection: Connection = await node.dial(
    multiaddr(`/ip4/127.0.0.1/tcp/${between.port}/p2p/${peer.peerId}`),
  );
  const ours = await connection.newStream(PROTOCOL);
  const stream = await theirs.promise;
  let received = 0;
  let act: () => void = () => undefined;
  ours.addEventListener("message", ({ data }) => {
    received += data.byteLength;
    act();
  });
  return {
    between,
    connection,
    /** The peer says so many bytes; resolves when they are here. */
    async hear(bytes: number) {
      const until = received + bytes;
      const arrived = new Promise<void>((resolve) => {
        act = () => received >= until && resolve();
      });
      stream.send(new Uint8Array(bytes));
      await arrived;
    },
  };
}

const pulseOf = (node: Libp2p) => (node.services as unknown as { pulse: Pulse }).pulse;

it("ends a connection of which nothing is heard", async () => {
  const node = await createNode();
  ends.push(() => node.stop());
  const { between, connection, hear } = await connected(node);
  await hear(1);
  between.stop("far");
  pulseOf(node).look(); // something was heard since the last one
  for (let silent = 1; silent < NODE_LIMITS.maxSilentPulses; silent++) pulseOf(node).look();
  expect(connection.status).toBe("open");
  pulseOf(node).look();
  expect(connection.status).not.toBe("open");
});

it("keeps a peer that answers nothing and is heard all the same", async () => {
  const node = await createNode();
  ends.push(() => node.stop());
  const { between, connection, hear } = await connected(node);
  between.stop("near"); // no question reaches the peer any more
  for (let round = 0; round < 4 * NODE_LIMITS.maxSilentPulses; round++) {
    await hear(1_000);
    pulseOf(node).look();
  }
  expect(connection.status).toBe("open");
});

it("is one that the library's own monitor cuts", async () => {
  const pingTimeout = { minTimeout: 500, maxTimeout: 500 };
  const node = await createLibp2p({
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    services: { identify: identify() },
    connectionMonitor: { pingInterval: 200, pingTimeout },
    connectionGater: { denyDialMultiaddr: () => false },
  });
  ends.push(() => node.stop());
  const { between, connection, hear } = await connected(node);
  between.stop("near");
  while (connection.status === "open") await Promise.race([hear(1_000), once(closing(connection), "end")]);
});

/** A connection's end as an event of Node's kind. */
function closing(connection: Connection) {
  const target = new EventTarget();
  connection.addEventListener("close", () => target.dispatchEvent(new Event("end")));
  return target;
}
