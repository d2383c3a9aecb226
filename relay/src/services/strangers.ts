/**
 * Connections that nobody has vouched for. A handshake costs a stranger nothing, and the muxer's pings keep what came of it open for ever; so
 * who has no stream on which a gateway or reader has been admitted is a stranger, may stay for a while, and goes first when places run out.
 */
import type { Connection, Libp2p } from "@libp2p/interface";
import type { Hex } from "@weir/sdk/core";
import { networkOf } from "@weir/sdk/wire";
import {
  MAX_CONNECTIONS_PER_ADDRESS,
  MAX_STRANGERS,
  STRANGER_CHECK_MS,
  STRANGER_TIMEOUT_MS,
} from "../limits.ts";
import type { Metrics } from "../metrics.ts";

export type Strangers = {
  start(): void;
  stop(): void;
  /** Somebody on this connection was admitted, as a reader on `grantId`; the result takes that back. A connection that has gone gets no place. */
  admit(connection: Connection, grantId?: Hex): () => void;
  /** Whether this peer reads on this grant now. */
  reads(peerId: string, grantId: Hex): boolean;
  /** Ends those whose time is over. Done by itself every `STRANGER_CHECK_MS`. */
  look(): void;
  count(): number;
};

export type StrangersInit = { timeoutMs?: number; most?: number; mostPerAddress?: number };

type Place = { address: string; admitted: number; sinceMs: number };

/** A service of the relay's node. */
export const strangers =
  ({
    timeoutMs = STRANGER_TIMEOUT_MS,
    most = MAX_STRANGERS,
    mostPerAddress = MAX_CONNECTIONS_PER_ADDRESS,
  }: StrangersInit = {}) =>
  ({ node, metrics }: { node: Libp2p; metrics: Metrics }): Strangers => {
    const places = new Map<Connection, Place>();
    const perAddress = new Map<string, number>();
    /** Of each address, longest here first. */
    const unknown = new Map<string, Set<Connection>>();
    /** Streams that are admitted on a grant, by peer and grant: noise has proved the peer, so any connection of his will do. */
    const reading = new Map<string, number>();
    let count = 0;
    let timer: ReturnType<typeof setInterval> | undefined;

    function opened({ detail: connection }: CustomEvent<Connection>): void {
      if (connection.direction !== "inbound" || connection.status !== "open") return;
      const address = addressOf(connection);
      places.set(connection, { address, admitted: 0, sinceMs: performance.now() });
      const own = (perAddress.get(address) ?? 0) + 1;
      perAddress.set(address, own);
      add(address, connection);
      // The longest here goes and not the newest: who has something to say gets in, however many there are that have nothing.
      if (own > mostPerAddress && !OWN_MACHINE.has(address)) cut(unknown.get(address)!, "address");
      else if (count > most) cut(fullest(), "full");
    }

    function closed({ detail: connection }: CustomEvent<Connection>): void {
      const place = places.get(connection);
      if (!place) return;
      places.delete(connection);
      const own = perAddress.get(place.address)! - 1;
      if (own > 0) perAddress.set(place.address, own);
      else perAddress.delete(place.address);
      remove(place.address, connection);
    }

    function add(address: string, connection: Connection): void {
      const some = unknown.get(address) ?? new Set();
      unknown.set(address, some.add(connection));
      count += 1;
    }

    function remove(address: string, connection: Connection): void {
      const some = unknown.get(address);
      if (!some?.delete(connection)) return;
      count -= 1;
      if (some.size === 0) unknown.delete(address);
    }

    /** Those of the address that has the most, so that a flood from one leaves the others alone. */
    function fullest(): Set<Connection> {
      let largest = new Set<Connection>();
      for (const some of unknown.values()) if (some.size > largest.size) largest = some;
      return largest;
    }

    function cut(some: Set<Connection>, why: "late" | "full" | "address"): void {
      const [connection] = some;
      if (!connection) return;
      // Its end is told later; the place is free at once.
      remove(places.get(connection)!.address, connection);
      metrics.add("strangers_cut_total", 1, why);
      connection.abort(new Error("nobody was admitted on this connection"));
    }

    function countReader(key: string, by: 1 | -1): void {
      const streams = (reading.get(key) ?? 0) + by;
      if (streams > 0) reading.set(key, streams);
      else reading.delete(key);
    }

    function admitTo(connection: Connection): () => void {
      const place = places.get(connection);
      if (!place) return () => undefined;
      place.admitted += 1;
      remove(place.address, connection);
      return () => {
        place.admitted -= 1;
        if (place.admitted > 0 || !places.has(connection)) return;
        place.sinceMs = performance.now();
        add(place.address, connection);
      };
    }

    function look(): void {
      const before = performance.now() - timeoutMs;
      for (const some of [...unknown.values()])
        for (const connection of [...some]) {
          if (places.get(connection)!.sinceMs > before) break; // the others came later
          cut(new Set([connection]), "late");
        }
    }

    return {
      start() {
        node.addEventListener("connection:open", opened);
        node.addEventListener("connection:close", closed);
        timer = setInterval(look, Math.min(STRANGER_CHECK_MS, timeoutMs));
      },
      stop() {
        clearInterval(timer);
        node.removeEventListener("connection:open", opened);
        node.removeEventListener("connection:close", closed);
      },
      admit(connection, grantId) {
        const leave = admitTo(connection);
        if (!grantId) return leave;
        const key = readerOf(connection.remotePeer.toString(), grantId);
        countReader(key, 1);
        return () => {
          countReader(key, -1);
          leave();
        };
      },
      reads: (peerId, grantId) => reading.has(readerOf(peerId, grantId)),
      look,
      count: () => count,
    };
  };

const readerOf = (peerId: string, grantId: Hex): string => `${peerId} ${grantId.toLowerCase()}`;

/** Programs beside the relay, and a proxy before it, behind which everybody is: their number says nothing. */
const OWN_MACHINE: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "::ffff:7f00:1"]);

function addressOf(connection: Connection): string {
  const ip = connection.remoteAddr.getComponents().find(({ name }) => name === "ip4" || name === "ip6");
  const text = ip?.value ?? "";
  return OWN_MACHINE.has(text) ? text : networkOf(text);
}
