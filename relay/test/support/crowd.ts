// Many sockets at once, and readers that stop reading them.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

export const portOf = (multiaddrs: readonly string[], transport: "tcp" | "ws"): number =>
  Number(multiaddrs.find((text) => text.includes("/ws") === (transport === "ws"))!.split("/")[4]);

/** Sockets that are open and say nothing. */
export async function silentSockets(
  port: number,
  count: number,
): Promise<{ sockets: Socket[]; end(): void }> {
  const sockets: Socket[] = [];
  for (let n = 0; n < count; n += 1) {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", () => undefined); // refused or reset: as good as closed
    sockets.push(socket);
    // In waves, as a flood comes in; all at once would be a test of the system's backlog.
    if (n % 100 === 99)
      await new Promise<void>((resolve) => socket.once("connect", resolve).once("close", () => resolve()));
  }
  return {
    sockets,
    end() {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** A way to the relay on which nothing comes through any more, in either direction, once it is stalled. */
export async function stallingProxy(multiaddrs: readonly string[]) {
  const pairs: Socket[] = [];
  const server = createServer((near) => {
    const far = connect(portOf(multiaddrs, "tcp"), "127.0.0.1");
    for (const socket of [near, far]) {
      socket.on("error", () => undefined);
      pairs.push(socket);
    }
    near.pipe(far).pipe(near);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const direct = multiaddrs.find((text) => !text.includes("/ws"))!;
  return {
    multiaddrs: [direct.replace(/\/tcp\/\d+/, `/tcp/${port}`)],
    stall() {
      for (const socket of pairs) socket.unpipe().pause();
    },
    async stop() {
      for (const socket of pairs) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Resident memory of a process in bytes (Linux). */
export function residentBytes(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))!;
  return Number(kib) * 1024;
}
