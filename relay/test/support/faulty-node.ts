/** A way to a chain's node on which single questions fail as a provider's do: refused with 429, or never answered. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

/** What becomes of a request; `questions` is its body, one question or many. */
export type Fault = (questions: string) => "refuse" | "hold" | undefined;

export async function startFaultyNode(rpc: string) {
  const node = {
    rpc: "",
    fault: (() => undefined) as Fault,
    refused: 0,
    async stop() {
      server.close();
      server.closeAllConnections();
      await once(server, "close");
    },
  };
  const server = createServer(async (request, response) => {
    const body = await text(request);
    const fault = node.fault(body);
    if (fault === "hold") return; // until who asked gives up
    if (fault === "refuse") {
      node.refused += 1;
      response.writeHead(429).end();
    } else {
      const headers = { "content-type": "application/json" };
      try {
        const answer = await fetch(rpc, { method: "POST", headers, body });
        response.writeHead(answer.status, headers).end(await answer.text());
      } catch {
        response.destroy(); // the node is gone: so are we
      }
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  node.rpc = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return node;
}
