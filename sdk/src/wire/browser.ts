import { identify } from "@libp2p/identify";
import type { Libp2p } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { webSockets } from "@libp2p/websockets";
import { yamux } from "@libp2p/yamux";
import { createLibp2p } from "libp2p";

/** A libp2p node for a page: dials WebSocket relays, listens nowhere. `allowPrivate` for local chains only. */
export const createBrowserNode = (init: { allowPrivate: boolean }): Promise<Libp2p> =>
  createLibp2p({
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux({ streamOptions: { maxStreamWindowSize: 1 << 20, maxReadBufferLength: 4 << 20 } })],
    services: { identify: identify() },
    ...(init.allowPrivate ? { connectionGater: { denyDialMultiaddr: () => false } } : {}),
  });
