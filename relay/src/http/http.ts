/**
 * The relay's small HTTP side: health for supervisors, metrics, the public heads and samples. Read only; the only segments here are those whose
 * keys their publisher has given away.
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { boundCrowd } from "@weir/sdk/wire/node";
import type { Admission } from "../chain/admission.ts";
import {
  HTTP_CHECK_INTERVAL_MS,
  HTTP_KEEP_ALIVE_MS,
  HTTP_REQUEST_TIMEOUT_MS,
  HTTP_SHARED_MS,
  HTTP_STALL_MS,
  MAX_HTTP_CONNECTIONS,
  MAX_HTTP_HEADER_BYTES,
  MAX_SHARED_ANSWERS,
} from "../limits.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { Statements } from "../services/statements.ts";
import { within } from "../services/wait.ts";
import type { Head, SegmentStore } from "../store/segments.ts";
import { headItem, sampleItem } from "./items.ts";

export type HttpComponents = {
  segments: SegmentStore;
  statements: Statements;
  admission: Admission;
  metrics: Metrics;
  log: Log;
};
export type HttpService = { start(): Promise<void>; stop(): Promise<void>; url(): string };

/** `/v1/listings/<id>/<name>`. */
const LISTING_PATH = /^\/v1\/listings\/(\d{1,20})\/([a-z]+)$/;

type Answer = { status: number; type: string; body: Buffer };
const json = (status: number, value: unknown): Answer => ({
  status,
  type: "application/json",
  body: Buffer.from(JSON.stringify(value)),
});

export const httpService =
  (init: { host: string; port: number }) =>
  ({ segments, statements, admission, metrics, log }: HttpComponents): HttpService => {
    const toItem = (head: Head) => headItem(head, statements.head(head.header.listingId));
    const routes: Record<string, () => Promise<Answer>> = {
      "/healthz": async () => json(200, { ok: true }),
      "/readyz": shared<void>(ready),
      "/metrics": async () => ({
        status: 200,
        type: "text/plain; version=0.0.4",
        body: Buffer.from(metrics.text()),
      }),
      "/v1/heads": shared<void>(async () =>
        json(200, { items: (await segments.heads()).map(toItem), next: null }),
      ),
    };
    /** Of one listing: `/v1/listings/<id>/<name>`. */
    const ofListing: Record<string, (listingId: bigint) => Promise<Answer>> = {
      async head(listingId) {
        const head = await segments.head(listingId);
        return head
          ? json(200, toItem(head))
          : missing("NoHead", `Nothing of listing ${listingId} is stored here.`);
      },
      /** Null is an answer: most young listings have none, and a browser would report anything but 200 as an error of the page. */
      sample: shared(async (listingId) => {
        const sample = await statements.sample(listingId);
        return json(200, sample && sampleItem(listingId, sample));
      }),
    };

    let isReady = true;
    async function ready(): Promise<Answer> {
      try {
        await within(admission.ping(), HTTP_REQUEST_TIMEOUT_MS, () => new Error("timeout"));
        if (!isReady) log.info("ready again: the chain answers");
        isReady = true;
        return json(200, { ready: true });
      } catch (error) {
        if (isReady) log.warn({ error: (error as Error).name }, "not ready: the chain does not answer");
        isReady = false;
        return json(503, {
          ready: false,
          error: { name: "ChainUnreachable", message: "The chain node does not answer." },
        });
      }
    }

    function routeOf(path: string): (() => Promise<Answer>) | undefined {
      if (Object.hasOwn(routes, path)) return routes[path];
      const [, id, name] = LISTING_PATH.exec(path) ?? [];
      if (id === undefined || name === undefined || !Object.hasOwn(ofListing, name)) return undefined;
      return async () => {
        const listingId = BigInt(id);
        if (listingId >= 1n << 64n) return missing("UnknownListing", "A listing's id has 64 bits.");
        return ofListing[name]!(listingId);
      };
    }

    const missing = (name: string, message: string): Answer => json(404, { error: { name, message } });

    async function answer(method: string | undefined, path: string): Promise<Answer> {
      const route = routeOf(path);
      if (!route) return missing("NotFound", "No such resource.");
      if (method !== "GET" && method !== "HEAD")
        return json(405, { error: { name: "MethodNotAllowed", message: "Read only." } });
      return route();
    }

    const server: Server = createServer(
      {
        requestTimeout: HTTP_REQUEST_TIMEOUT_MS,
        headersTimeout: HTTP_REQUEST_TIMEOUT_MS,
        connectionsCheckingInterval: HTTP_CHECK_INTERVAL_MS,
        keepAliveTimeout: HTTP_KEEP_ALIVE_MS,
        maxHeaderSize: MAX_HTTP_HEADER_BYTES,
      },
      (request, response) => {
        const path = (request.url ?? "/").split("?", 1)[0]!;
        answer(request.method, path)
          .catch((error: unknown) => {
            log.error({ err: error, path }, "a request failed");
            return json(500, { error: { name: "InternalError", message: "The relay could not answer." } });
          })
          .then(({ status, type, body }) => {
            response.writeHead(status, {
              "content-type": type,
              "content-length": body.length,
              "access-control-allow-origin": "*",
              "x-content-type-options": "nosniff",
              "cache-control": "no-store",
            });
            response.end(request.method === "HEAD" ? undefined : body);
          });
      },
    );
    boundCrowd(server, { most: MAX_HTTP_CONNECTIONS, stallMs: HTTP_STALL_MS });

    return {
      start: () =>
        new Promise((resolve, reject) => {
          server.once("error", reject);
          server.listen(init.port, init.host, () => resolve());
        }),
      async stop() {
        server.closeAllConnections();
        await new Promise<void>((resolve) => server.close(() => resolve()));
      },
      url() {
        const { port } = server.address() as AddressInfo;
        return `http://${init.host.includes(":") ? `[${init.host}]` : init.host}:${port}`;
      },
    };
  };

/**
 * One answer for everybody who asks the same while it is made and a moment after: it asks the chain's node, reads every listing's head, or a MiB of
 * segments, whose bytes all who ask then share.
 */
function shared<Asked>(make: (asked: Asked) => Promise<Answer>): (asked: Asked) => Promise<Answer> {
  const answers = new Map<Asked, Promise<Answer>>();
  return (asked) => {
    const known = answers.get(asked);
    if (known) return known;
    const drop = () => void (answers.get(asked) === answer && answers.delete(asked));
    const forget = () => void setTimeout(drop, HTTP_SHARED_MS).unref();
    const answer = make(asked);
    if (answers.size >= MAX_SHARED_ANSWERS) answers.delete(answers.keys().next().value!);
    answers.set(asked, answer);
    answer.then(forget, forget);
    return answer;
  };
}
