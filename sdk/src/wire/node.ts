import { identify } from "@libp2p/identify";
import type { Libp2p, PrivateKey } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { tcp } from "@libp2p/tcp";
import { webSockets } from "@libp2p/websockets";
import { yamux } from "@libp2p/yamux";
import { createLibp2p } from "libp2p";

/** Every limit of the library set on purpose; docs/limits.md lists them with their reasons. */
export const NODE_LIMITS = {
  maxConnections: 2000, // open connections; beyond it new ones are refused, not old ones dropped
  maxIncomingPendingConnections: 256, // the default of 10 lets ten silent sockets lock everybody out
  inboundConnectionThreshold: 200, // a second and host: a proxy or a school may stand behind one address
  inboundUpgradeTimeoutMs: 5000, // a silent socket is gone after this
  maxStreamsPerConnection: 1024, // four streams a listing and gateway, one a reader's listing
  streamWindowBytes: 1 << 20, // above 4 MiB a paused reader would be reset by its own read buffer
} as const;

/** A libp2p node for relays, gateways and command-line buyers. `listen` empty = dials only. */
export async function createNode(init: { privateKey?: PrivateKey; listen?: string[] } = {}): Promise<Libp2p> {
  return createLibp2p({
    ...(init.privateKey === undefined ? {} : { privateKey: init.privateKey }),
    addresses: { listen: init.listen ?? [] },
    transports: [tcp(), webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [
      yamux({
        maxInboundStreams: NODE_LIMITS.maxStreamsPerConnection,
        maxOutboundStreams: NODE_LIMITS.maxStreamsPerConnection,
        // Streams opened before the protocol is agreed on: a gateway opens four a listing right after dialling.
        maxEarlyStreams: NODE_LIMITS.maxStreamsPerConnection,
        streamOptions: {
          initialStreamWindowSize: 256 << 10,
          maxStreamWindowSize: NODE_LIMITS.streamWindowBytes,
          maxReadBufferLength: 4 << 20,
        },
      }),
    ],
    services: { identify: identify() },
    connectionManager: {
      maxConnections: NODE_LIMITS.maxConnections,
      maxIncomingPendingConnections: NODE_LIMITS.maxIncomingPendingConnections,
      inboundConnectionThreshold: NODE_LIMITS.inboundConnectionThreshold,
      inboundUpgradeTimeout: NODE_LIMITS.inboundUpgradeTimeoutMs,
    },
    // Local chains, home networks and private relays are places Weir runs: no address is refused by its range.
    connectionGater: { denyDialMultiaddr: () => false },
  });
}
