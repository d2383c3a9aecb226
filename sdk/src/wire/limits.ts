/** What libp2p is told on both sides, each with its reason. docs/limits.md repeats the table. Browsers only dial and take what concerns them. */
export const NODE_LIMITS = {
  // ---- connections
  /** Open connections; beyond it new ones are refused, old ones are not dropped. More than those who pay nothing may have together. */
  maxConnections: 4500,
  /** Sockets that have not shown who they are. With the library's 10, ten silent ones lock everybody out. One costs a descriptor and a few KiB. */
  maxIncomingPendingConnections: 4096,
  /** New connections a second and host. A proxy or a school may stand behind one address; the library's 5 would shut it out. */
  inboundConnectionThreshold: 2000,
  /** A silent socket is gone after this. */
  inboundUpgradeTimeoutMs: 5000,
  /** Sockets of one listener, silent ones among them: descriptors are never used up, so files and HTTP go on. */
  maxSockets: 8192,
  /** Accepted by the system and not yet by us: a burst of reconnecting readers fits. The system may cap it lower. */
  socketBacklog: 4096,
  /** A socket without a byte for so long is dead: heads and the muxer's pings come every 15 and 30 s. */
  socketIdleTimeoutMs: 120_000,
  /** Graceful end of a connection; after it the socket is torn down. */
  connectionCloseTimeoutMs: 1000,
  // ---- dialling
  /** Attempts at a time: a gateway's relays, a reader's listings. */
  maxParallelDials: 64,
  /** Attempts that wait for their turn. */
  maxDialQueueLength: 256,
  /** Addresses that are tried of one peer: a relay announces about ten at most. */
  maxPeerAddrsToDial: 16,
  /** All addresses of one peer together, and each of them. */
  dialTimeoutMs: 10_000,
  addressDialTimeoutMs: 6000,
  /** Our own links dial again, with their own pauses. */
  reconnectRetries: 0,
  // ---- streams
  /** Four streams a listing and gateway, one a reader's listing. */
  maxStreamsPerConnection: 1024,
  /** From a stream's opening to its protocol's name. */
  protocolNegotiationTimeoutMs: 5000,
  /** Largest piece of one yamux frame: others get their turn in between. */
  maxMuxerMessageBytes: 64 << 10,
  /** How often each side sends a ping of the muxer, which the other answers at once: nobody alive is silent for longer. */
  muxerKeepAliveMs: 30_000,
  /** What a stream may be sent unread, at first (the specification's figure) … */
  initialStreamWindowBytes: 256 << 10,
  /** … and at most. The library's 16 MiB is above its own read buffer: a paused reader would be reset. */
  streamWindowBytes: 1 << 20,
  /** Received and not yet taken by us; more resets the stream. */
  streamReadBufferBytes: 4 << 20,
  /** Written and not yet sent; more resets the stream. The library has no bound. We stop at the first `false` of send, long before. */
  streamWriteBufferBytes: 4 << 20,
  /** A stream of the library's own (identify, ping) without traffic. Ours are quiet for as long as they like: heads say who is alive. */
  streamIdleTimeoutMs: 30_000,
  // ---- WebSockets
  /** One WebSocket message. The library would gather 100 MiB of an unknown peer. */
  maxWebSocketMessageBytes: 4 << 20,
  /** What we send as one: enough that four buffers of one write are not four messages. */
  webSocketPieceBytes: 256 << 10,
  /** Written to a WebSocket and not yet with the system; beyond it writers wait. */
  webSocketBufferBytes: 4 << 20,
  /** How often a full WebSocket is looked at. */
  webSocketPollMs: 10,
  /** The HTTP request that becomes a WebSocket: its head, its time, and how often that is looked at. */
  maxHttpHeaderBytes: 8 << 10,
  httpHeadersTimeoutMs: 5000,
  httpCheckIntervalMs: 1000,
  // ---- who is there
  /** How often it is looked at of whom something was heard: any byte counts, and the muxer's pings see to it that there are some. */
  pulseIntervalMs: 20_000,
  /** Looks in a row without a byte after which a connection is ended: two of the muxer's pings and their answers fit in between. */
  maxSilentPulses: 3,
  /** What a peer says of itself. */
  maxIdentifyBytes: 8 << 10,
  identifyTimeoutMs: 5000,
  /** Guesses at our own address that peers may leave. */
  maxObservedAddresses: 10,
  /** What is known of a peer that is connected; it is forgotten when it goes, or strangers would fill the memory. */
  peerAgeMs: 3_600_000,
} as const;

/** How streams are multiplexed over one connection. */
export const MUXER = {
  enableKeepAlive: true,
  keepAliveInterval: NODE_LIMITS.muxerKeepAliveMs,
  maxInboundStreams: NODE_LIMITS.maxStreamsPerConnection,
  maxOutboundStreams: NODE_LIMITS.maxStreamsPerConnection,
  // Streams opened before the protocol is agreed on: a gateway opens four a listing right after dialling.
  maxEarlyStreams: NODE_LIMITS.maxStreamsPerConnection,
  maxMessageSize: NODE_LIMITS.maxMuxerMessageBytes,
  streamOptions: {
    initialStreamWindowSize: NODE_LIMITS.initialStreamWindowBytes,
    maxStreamWindowSize: NODE_LIMITS.streamWindowBytes,
    maxReadBufferLength: NODE_LIMITS.streamReadBufferBytes,
    maxWriteBufferLength: NODE_LIMITS.streamWriteBufferBytes,
    inactivityTimeout: NODE_LIMITS.streamIdleTimeoutMs,
  },
} as const;

/** How a peer tells who it is. */
export const IDENTIFY = {
  maxMessageSize: NODE_LIMITS.maxIdentifyBytes,
  timeout: NODE_LIMITS.identifyTimeoutMs,
  maxInboundStreams: 1,
  maxOutboundStreams: 1,
  maxObservedAddresses: NODE_LIMITS.maxObservedAddresses,
} as const;

/** Connections, in and out. */
export const CONNECTIONS = {
  maxConnections: NODE_LIMITS.maxConnections,
  maxIncomingPendingConnections: NODE_LIMITS.maxIncomingPendingConnections,
  inboundConnectionThreshold: NODE_LIMITS.inboundConnectionThreshold,
  inboundUpgradeTimeout: NODE_LIMITS.inboundUpgradeTimeoutMs,
  connectionCloseTimeout: NODE_LIMITS.connectionCloseTimeoutMs,
  inboundStreamProtocolNegotiationTimeout: NODE_LIMITS.protocolNegotiationTimeoutMs,
  outboundStreamProtocolNegotiationTimeout: NODE_LIMITS.protocolNegotiationTimeoutMs,
  maxParallelDials: NODE_LIMITS.maxParallelDials,
  maxDialQueueLength: NODE_LIMITS.maxDialQueueLength,
  maxPeerAddrsToDial: NODE_LIMITS.maxPeerAddrsToDial,
  dialTimeout: NODE_LIMITS.dialTimeoutMs,
  addressDialTimeout: NODE_LIMITS.addressDialTimeoutMs,
  reconnectRetries: NODE_LIMITS.reconnectRetries,
} as const;

/** The library's pings are off: `pulse` tells a dead peer from a quiet one. */
export const MONITOR = { enabled: false } as const;

/** What is remembered of peers. */
export const PEERS = {
  maxAddressAge: NODE_LIMITS.peerAgeMs,
  maxPeerAge: NODE_LIMITS.peerAgeMs,
} as const;
