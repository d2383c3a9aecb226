// Sockets that have not logged in yet: a bounded number of them, in which who says nothing makes way for who comes.
import type { Socket } from "node:net";

export type Waiting = {
  /** Takes a place, for which a silent one may have to go; false when all have spoken and there is none. */
  add(socket: Socket): boolean;
  /** It has logged in or is gone. */
  remove(socket: Socket): void;
};

export function createWaiting(most: number): Waiting {
  /** Longest here first. */
  const sockets = new Set<Socket>();

  /** Of the address that has the most here: a flood from one leaves the others alone. */
  function longestSilent(): Socket | undefined {
    const silent = new Map<string, Socket[]>();
    for (const socket of sockets) {
      if (socket.bytesRead > 0) continue; // its CONNECT is being looked at
      const from = socket.remoteAddress ?? "";
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
    remove: (socket) => void sockets.delete(socket),
  };
}
