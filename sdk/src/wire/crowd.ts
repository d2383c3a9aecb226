import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { networkOf } from "./network.ts";

/** Requests of one connection. Browsers and Node send the next one when the last is answered. */
const MAX_UNANSWERED = 8;

/**
 * Bounds an HTTP server's connections without shutting anybody out: beyond `most` the one that has been quiet longest goes, of the address that
 * has the most. Node's own `maxConnections` turns away whoever comes, so that a stranger who holds all of them would close the server for good.
 * One that neither takes nor sends anything for `stallMs` goes, too, and one that asks on while `MAX_UNANSWERED` of its requests have no answer:
 * Node reads all that came in one piece before it looks at what is written.
 */
export function boundCrowd(server: Server, { most, stallMs }: { most: number; stallMs: number }): void {
  /** Quiet longest first, each with its network: the address is gone with the connection. */
  const sockets = new Map<Socket, string>();
  const heard = (socket: Socket): void => {
    const network = sockets.get(socket);
    if (network === undefined) return;
    sockets.delete(socket);
    sockets.set(socket, network);
  };

  /** Of the address with the most: a flood from one leaves the others alone. */
  function quietest(): Socket | undefined {
    const counts = new Map<string, number>();
    for (const network of sockets.values()) counts.set(network, (counts.get(network) ?? 0) + 1);
    const fullest = Math.max(...counts.values());
    for (const [socket, network] of sockets) if (counts.get(network) === fullest) return socket;
    return undefined;
  }

  server.setTimeout(stallMs);
  server.on("connection", (socket: Socket) => {
    // Before the newcomer is among them: he has had no time to say anything.
    const quiet = sockets.size >= most ? quietest() : undefined;
    if (quiet) {
      sockets.delete(quiet); // its end is told later; the place is free at once
      quiet.destroy();
    }
    sockets.set(socket, networkOf(socket.remoteAddress ?? ""));
    socket.once("close", () => sockets.delete(socket));
  });
  const unanswered = new WeakMap<Socket, number>();
  const count = (socket: Socket, by: number): number => {
    const now = (unanswered.get(socket) ?? 0) + by;
    unanswered.set(socket, now);
    return now;
  };
  // In front of whatever answers.
  server.prependListener("request", ({ socket }: IncomingMessage, response: ServerResponse) => {
    heard(socket);
    if (count(socket, 1) > MAX_UNANSWERED) socket.destroy();
    response.once("finish", () => heard(socket));
    response.once("close", () => count(socket, -1));
  });
}
