// A relay's declared endpoints: multiaddrs that strangers wrote, read and tried.
import type { Libp2p } from "@libp2p/interface";
import { multiaddr } from "@multiformats/multiaddr";
import { type Hex, hex } from "../core/index.ts";
import { PROTOCOLS } from "../wire/index.ts";

/** `websocket` and `http` can be reached from a page, `tcp` from programs only. */
export type RelayEndpoint = {
  text: string;
  transport: "websocket" | "tcp" | "http";
  /** As in `/p2p/…`; undefined for `http`. */
  peerId: string | undefined;
  /** Base address of an `http` endpoint. */
  url: string | undefined;
};

/** A line is no multiaddr of a kind that relays have. */
export class EndpointInvalid extends Error {
  override readonly name = "EndpointInvalid";
  readonly text: string;

  constructor(text: string, rule: string) {
    super(`"${text}" ${rule}`);
    this.text = text;
  }
}

const HOSTS = ["ip4", "ip6", "dns", "dns4", "dns6"];

/**
 * Reads one line of a relay's entry.
 *
 * @throws EndpointInvalid
 * @example readEndpoint("/dns4/relay.example/tcp/443/tls/ws/p2p/12D3KooW…").transport // "websocket"
 */
export function readEndpoint(text: string): RelayEndpoint {
  const parts = componentsOf(text);
  const partOf = (...names: string[]) => parts.find(({ name }) => names.includes(name))?.value;
  const has = (...names: string[]) => parts.some(({ name }) => names.includes(name));
  const [host, port] = [partOf(...HOSTS), partOf("tcp")];
  if (host === undefined || port === undefined) throw new EndpointInvalid(text, "names no host and TCP port");
  if (has("http", "https")) {
    const scheme = has("https", "tls") ? "https" : "http";
    const url = `${scheme}://${has("ip6") ? `[${host}]` : host}:${port}`;
    return { text, transport: "http", peerId: undefined, url };
  }
  const peerId = partOf("p2p");
  if (peerId === undefined) throw new EndpointInvalid(text, "names no peer: /p2p/… is missing");
  return { text, transport: has("ws", "wss") ? "websocket" : "tcp", peerId, url: undefined };
}

function componentsOf(text: string) {
  try {
    return multiaddr(text).getComponents();
  } catch (cause) {
    throw new EndpointInvalid(text, `is no multiaddr (${(cause as Error).message})`);
  }
}

/** A peer id as the registry stores it: its multihash. */
export async function peerIdBytes(peerId: string): Promise<Hex> {
  const { peerIdFromString } = await import("@libp2p/peer-id");
  return hex(peerIdFromString(peerId).toMultihash().bytes);
}

/** Dials an endpoint and opens the relay's protocol on it. Resolves with the milliseconds it took; rejects with libp2p's reason. */
export async function tryEndpoint(
  node: Libp2p,
  { text }: RelayEndpoint,
  signal: AbortSignal,
): Promise<number> {
  const startedAt = performance.now();
  const connection = await node.dial(multiaddr(text), { signal, force: true });
  try {
    const stream = await connection.newStream(PROTOCOLS.subscribe, { signal });
    stream.abort(new Error("only tried"));
    return Math.round(performance.now() - startedAt);
  } finally {
    await connection.close();
  }
}
