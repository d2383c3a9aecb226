/**
 * Tells a dead peer from a quiet or a busy one, in place of the library's monitor. That one wants the answer to a ping within seconds, and the
 * answer queues behind everything else on the connection: a reader with four megabytes before him, or on a busy machine, was cut although he was
 * reading. Here a peer is alive as long as anything at all is heard of him, and the muxer's pings (`muxerKeepAliveMs`) make everybody speak.
 */
import { type Connection, type Libp2pEvents, TimeoutError, type TypedEventTarget } from "@libp2p/interface";
import { NODE_LIMITS } from "./limits.ts";

type Heard = { bytes: boolean; silence: number };
/** Under a connection lies its transport's, which the types leave out; the exact version is pinned and sdk/test/pulse.test.ts covers it. */
type Inner = Connection & { maConn: { addEventListener(event: "message", act: () => void): void } };

export type Pulse = {
  start(): void;
  stop(): void;
  /** Ends the connections of which nothing was heard since so many looks. Done by itself every `pulseIntervalMs`. */
  look(): void;
};

/** A service for `createLibp2p`, whose own connection monitor has to be off. */
export const pulse =
  () =>
  ({ events }: { events: TypedEventTarget<Libp2pEvents> }): Pulse => {
    const connections = new Map<Connection, Heard>();
    let timer: ReturnType<typeof setInterval> | undefined;

    const opened = ({ detail: connection }: CustomEvent<Connection>): void => {
      const heard: Heard = { bytes: true, silence: 0 };
      connections.set(connection, heard);
      (connection as Inner).maConn.addEventListener("message", () => {
        heard.bytes = true;
      });
    };
    const closed = ({ detail }: CustomEvent<Connection>): void => void connections.delete(detail);

    function look(): void {
      for (const [connection, heard] of connections) {
        // Looks are counted and not seconds: a program that was stopped itself finds what has come meanwhile before its next look.
        heard.silence = heard.bytes ? 0 : heard.silence + 1;
        heard.bytes = false;
        if (heard.silence >= NODE_LIMITS.maxSilentPulses)
          connection.abort(new TimeoutError("nothing was heard of the other side"));
      }
    }

    return {
      start() {
        events.addEventListener("connection:open", opened);
        events.addEventListener("connection:close", closed);
        timer = setInterval(look, NODE_LIMITS.pulseIntervalMs);
      },
      stop() {
        clearInterval(timer);
        events.removeEventListener("connection:open", opened);
        events.removeEventListener("connection:close", closed);
        connections.clear();
      },
      look,
    };
  };
