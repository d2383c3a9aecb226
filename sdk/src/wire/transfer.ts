/**
 * Two things that js-libp2p does for every piece of data, and a stream of small segments cannot afford. Both use parts that the library's types
 * leave out; its exact versions are pinned and sdk/test/transfer.test.ts covers them.
 *
 * - One message of noise is four buffers, and the library writes each by itself: four system calls, and up to four events over there. Here what
 *   is handed down together goes out together.
 * - yamux answers each piece of data with a window update, which the other side reads, decrypts and looks at. Here it comes when half of the
 *   window is used up, as the protocol's authors have it: as much is under way, and a reader is silent as long as he just reads.
 */
import type { Connection, Libp2pEvents, Stream, TypedEventTarget } from "@libp2p/interface";
import { NODE_LIMITS } from "./limits.ts";

type Socket = { cork(): void; uncork(): void; write(bytes: Uint8Array): boolean };
/** Bytes in pieces, as `uint8arraylist` has them. */
type Pieces = Iterable<Uint8Array> & { byteLength: number };
type Joinable = Pieces & { subarray(from: number, to: number): Uint8Array };
type Sent = { sentBytes: number; canSendMore: boolean };
type Inner = Connection & { maConn: { socket?: Socket; sendData(data: Pieces): Sent } };

/** A service for `createLibp2p`: every connection writes what it is given in one go. */
export const together =
  () =>
  ({ events }: { events: TypedEventTarget<Libp2pEvents> }) => {
    const opened = ({ detail: connection }: CustomEvent<Connection>): void => {
      const { maConn } = connection as Inner;
      const { socket } = maConn;
      const send = maConn.sendData.bind(maConn);
      maConn.sendData = (data) => (socket ? writeTogether(socket, data) : send(joined(data as Joinable)));
    };
    return {
      start: () => events.addEventListener("connection:open", opened),
      stop: () => events.removeEventListener("connection:open", opened),
    };
  };

/** TCP: one system call. As the library does, it stops where the socket has enough. */
function writeTogether(socket: Socket, data: Pieces): Sent {
  let canSendMore = true;
  let sentBytes = 0;
  socket.cork();
  try {
    for (const bytes of data) {
      sentBytes += bytes.byteLength;
      canSendMore = socket.write(bytes);
      if (!canSendMore) break;
    }
  } finally {
    socket.uncork();
  }
  return { sentBytes, canSendMore };
}

/** WebSocket: one message, or a few if it is long. */
const joined = (data: Joinable): Pieces => ({
  byteLength: data.byteLength,
  *[Symbol.iterator]() {
    const { byteLength } = data;
    for (let at = 0; at < byteLength; at += NODE_LIMITS.webSocketPieceBytes)
      yield data.subarray(at, Math.min(byteLength, at + NODE_LIMITS.webSocketPieceBytes));
  },
});

type Window = Stream & { recvWindow: number; recvWindowCapacity: number; sendWindowUpdate(): void };

/** Lets a stream's window be used up to its half before it is opened again. For streams whose protocol is agreed on; others than yamux's stay as they are. */
export function lazyWindow(stream: Stream): void {
  const window = stream as Window;
  if (window.sendWindowUpdate === undefined) return;
  const update = window.sendWindowUpdate.bind(window);
  window.sendWindowUpdate = () => {
    if (window.recvWindowCapacity <= window.recvWindow / 2) update();
  };
}
