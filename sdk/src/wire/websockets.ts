/**
 * WebSockets for programs, with the bounds that the library's listener leaves open: sockets, silence, the size of one message. And it hears what
 * breaks the WebSocket protocol: nobody listens for that error in the library, so one bad frame of a stranger would end the process.
 */
import type { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import type { Listener, Transport } from "@libp2p/interface";
import { type WebSocketsComponents, webSockets } from "@libp2p/websockets";
import { NODE_LIMITS } from "./limits.ts";

/** Parts of the library's listener that its types leave out; the exact version is pinned and relay/test/flood.test.ts covers each. */
type Inner = {
  server: {
    maxConnections: number;
    prependListener(event: "connection", act: (socket: Socket) => void): void;
  };
  wsServer: {
    options: { maxPayload: number };
    handleUpgrade(request: unknown, socket: unknown, head: unknown, done: Upgraded): void;
  };
};

type Upgraded = (socket: EventEmitter, request: unknown) => void;

/** The transport for `createLibp2p`. */
export const boundedWebSockets =
  () =>
  (components: WebSocketsComponents): Transport => {
    const transport = webSockets({
      maxBufferedAmount: NODE_LIMITS.webSocketBufferBytes,
      bufferedAmountPollInterval: NODE_LIMITS.webSocketPollMs,
      http: {
        maxHeaderSize: NODE_LIMITS.maxHttpHeaderBytes,
        headersTimeout: NODE_LIMITS.httpHeadersTimeoutMs,
        requestTimeout: NODE_LIMITS.httpHeadersTimeoutMs,
        connectionsCheckingInterval: NODE_LIMITS.httpCheckIntervalMs,
      },
    })(components);
    const createListener = transport.createListener.bind(transport);
    transport.createListener = (options) => bound(createListener(options));
    return transport;
  };

function bound(listener: Listener): Listener {
  const { server, wsServer } = listener as unknown as Inner;
  server.maxConnections = NODE_LIMITS.maxSockets;
  wsServer.options.maxPayload = NODE_LIMITS.maxWebSocketMessageBytes;
  const upgrade = wsServer.handleUpgrade.bind(wsServer);
  wsServer.handleUpgrade = (request, socket, head, done) =>
    upgrade(request, socket, head, (webSocket, from) => {
      webSocket.on("error", () => undefined); // the close that follows ends the connection
      done(webSocket, from);
    });
  // The library waits for the first byte for ever; from then on the HTTP server's own times hold.
  server.prependListener("connection", (socket) => {
    const timer = setTimeout(() => {
      if (socket.bytesRead === 0) socket.destroy();
    }, NODE_LIMITS.inboundUpgradeTimeoutMs);
    socket.once("close", () => clearTimeout(timer));
  });
  return listener;
}
