import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { networkOf } from "./network.ts";

/** Requests of one connection that wait while another one is answered. Node reads all that come in one packet before it looks at what
 * their answers hold; programs that send a second request before the first one's answer are rare. */
export const MAX_WAITING_REQUESTS = 8;

/**
 * Bounds an HTTP server's connections without shutting anybody out: beyond `most` the one that has been quiet longest goes, of the address that
 * has the most. Node's own `maxConnections` turns away whoever comes, so that a stranger who holds all of them would close the server for good.
 * One that neither takes nor sends anything for `stallMs` goes, too. Of each connection one request is answered at a time: the next one
 * is looked at when the answer has left, and whoever has more than `MAX_WAITING_REQUESTS` waiting is cut. Called when the server has its
 * handlers.
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

  /** Of each connection on which a request is being answered: those behind it. */
  const waiting = new WeakMap<Socket, (() => void)[]>();
  const handlers = server.listeners("request");

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    heard(socket);
    response.once("finish", () => heard(socket));
    response.once("close", () => next(socket));
    for (const handler of handlers) handler.call(server, request, response);
  }

  function next(socket: Socket): void {
    const turn = socket.destroyed ? undefined : waiting.get(socket)?.shift();
    if (turn) turn();
    else waiting.delete(socket);
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
  server.removeAllListeners("request");
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const { socket } = request;
    if (socket.destroyed) return; // the rest of the packet for which it was cut
    const turns = waiting.get(socket);
    if (!turns) {
      waiting.set(socket, []);
      answer(request, response);
    } else if (turns.length < MAX_WAITING_REQUESTS) turns.push(() => answer(request, response));
    else socket.destroy();
  });
}
