import { identify } from "@libp2p/identify";
import type { Libp2p } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { webSockets } from "@libp2p/websockets";
import { yamux } from "@libp2p/yamux";
import { createLibp2p } from "libp2p";
import { CONNECTIONS, IDENTIFY, MONITOR, MUXER, NODE_LIMITS, PEERS } from "./limits.ts";
import { pulse } from "./pulse.ts";
import { together } from "./transfer.ts";

/** A libp2p node for a page: dials WebSocket relays, listens nowhere. `allowPrivate` for local chains only. */
export const createBrowserNode = (init: { allowPrivate: boolean }): Promise<Libp2p> =>
  createLibp2p({
    transports: [
      webSockets({
        maxBufferedAmount: NODE_LIMITS.webSocketBufferBytes,
        bufferedAmountPollInterval: NODE_LIMITS.webSocketPollMs,
      }),
    ],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux(MUXER)],
    services: { identify: identify(IDENTIFY), pulse: pulse(), together: together() },
    connectionManager: CONNECTIONS,
    connectionMonitor: MONITOR,
    peerStore: PEERS,
    ...(init.allowPrivate ? { connectionGater: { denyDialMultiaddr: () => false } } : {}),
  });
