import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** So many sockets that ask for a page again and again and take none of the answers; the result ends them. */
export async function askAndNeverRead(http: string, count: number): Promise<() => void> {
  const { hostname, port } = new URL(http);
  const sockets: Socket[] = [];
  for (let n = 0; n < count; n += 1) {
    const socket = connect(Number(port), hostname);
    socket.on("error", () => undefined);
    sockets.push(socket);
    await once(socket, "connect");
    socket.pause();
    socket.write("GET /healthz HTTP/1.1\r\nHost: weir\r\n\r\n".repeat(5));
  }
  return () => {
    for (const socket of sockets) socket.destroy();
  };
}
