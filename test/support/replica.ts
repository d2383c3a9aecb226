/** A node that can fall behind: between a chain and whoever reads it, as a slow replica behind a public endpoint does. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export type Replica = {
  url: string;
  /** From now on `follower` sees no newer head than block `head`; everything else is answered as the chain does. */
  hold: (head: bigint) => void;
  release: () => void;
  stop: () => Promise<void>;
};

type Call = { method: string; params?: unknown[] };

/** `follower` tells whose question for the head it is: programs of one process share the address. */
export async function startReplica(rpc: string, follower: (call: Call) => boolean): Promise<Replica> {
  let held: bigint | undefined;
  const server = createServer(async (request, response) => {
    try {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const call = JSON.parse(Buffer.concat(parts).toString("utf8")) as Call;
      if (held !== undefined && follower(call))
        call.params = [`0x${held.toString(16)}`, ...call.params!.slice(1)];
      const headers = { "content-type": "application/json" };
      const answer = await fetch(rpc, { method: "POST", headers, body: JSON.stringify(call) });
      response.writeHead(answer.status, headers).end(Buffer.from(await answer.arrayBuffer()));
    } catch {
      // The chain is away: so is its replica.
      request.socket.destroy();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    hold(head) {
      held = head;
    },
    release() {
      held = undefined;
    },
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
}
