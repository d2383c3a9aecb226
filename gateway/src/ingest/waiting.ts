// Sockets that have not logged in yet: a bounded number of them, in which who does not say who he is makes way for who comes.
import type { Socket } from "node:net";
import { networkOf } from "@weir/sdk/wire";

export type Waiting = {
  /** Takes a place, for which a silent one may have to go; false when all have spoken and there is none. */
  add(socket: Socket): boolean;
  /** Its CONNECT has come, all of it, and is being looked at: it makes way for nobody. Single bytes cost a stranger nothing. */
  spoken(socket: object): void;
  /** It has logged in or is gone. */
  remove(socket: Socket): void;
};

export function createWaiting(most: number): Waiting {
  /** Longest here first. */
  const sockets = new Set<Socket>();
  const heard = new WeakSet<object>();

  /** Of the address that has the most here: a flood from one leaves the others alone. */
  function longestSilent(): Socket | undefined {
    const silent = new Map<string, Socket[]>();
    for (const socket of sockets) {
      if (heard.has(socket)) continue;
      const from = networkOf(socket.remoteAddress ?? "");
      const some = silent.get(from);
      if (some) some.push(socket);
      else silent.set(from, [socket]);
    }
    let fullest: Socket[] = [];
    for (const some of silent.values()) if (some.length > fullest.length) fullest = some;
    return fullest[0];
  }

  return {
    add(socket) {
      if (sockets.size >= most) {
        const silent = longestSilent();
        if (!silent) return false;
        sockets.delete(silent);
        silent.destroy();
      }
      sockets.add(socket);
      return true;
    },
    spoken: (socket) => void heard.add(socket),
    remove: (socket) => void sockets.delete(socket),
  };
}
