import { identify } from "@libp2p/identify";
import type { Libp2p, PrivateKey } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { createLibp2p } from "libp2p";
import { CONNECTIONS, IDENTIFY, MONITOR, MUXER, NODE_LIMITS, PEERS } from "./limits.ts";
import { noiseCrypto } from "./noise.ts";
import { pulse } from "./pulse.ts";
import { together } from "./transfer.ts";
import { boundedWebSockets } from "./websockets.ts";

export { boundCrowd, MAX_WAITING_REQUESTS } from "./crowd.ts";

/** A libp2p node for relays, gateways and command-line buyers. `listen` empty = dials only. */
export async function createNode(init: { privateKey?: PrivateKey; listen?: string[] } = {}): Promise<Libp2p> {
  const node = await createLibp2p({
    ...(init.privateKey === undefined ? {} : { privateKey: init.privateKey }),
    addresses: { listen: init.listen ?? [] },
    transports: [
      tcp({
        maxConnections: NODE_LIMITS.maxSockets,
        backlog: NODE_LIMITS.socketBacklog,
        inboundSocketInactivityTimeout: NODE_LIMITS.socketIdleTimeoutMs,
        outboundSocketInactivityTimeout: NODE_LIMITS.socketIdleTimeoutMs,
      }),
      boundedWebSockets(),
    ],
    connectionEncrypters: [noise({ crypto: noiseCrypto })],
    streamMuxers: [yamux(MUXER)],
    services: { identify: identify(IDENTIFY), pulse: pulse(), together: together() },
    connectionManager: CONNECTIONS,
    connectionMonitor: MONITOR,
    peerStore: PEERS,
    // Local chains, home networks and private relays are places Weir runs: no address is refused by its range.
    connectionGater: { denyDialMultiaddr: () => false },
  });
  // Peers are dialled by address, so what was learnt of one that has gone is of no use.
  node.addEventListener("peer:disconnect", ({ detail }) => {
    node.peerStore.delete(detail).catch(() => undefined);
  });
  return node;
}
