/** The relay's small HTTP side: health for supervisors, metrics, and the public heads. Read only; nothing here is sealed data. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { hex, SIGNATURE_BYTES } from "@weir/sdk/core";
import type { Admission } from "../chain/admission.ts";
import { HTTP_REQUEST_TIMEOUT_MS, MAX_HTTP_CONNECTIONS } from "../limits.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { within } from "../services/wait.ts";
import type { Head, SegmentStore } from "../store/segments.ts";

export type HttpComponents = { segments: SegmentStore; admission: Admission; metrics: Metrics; log: Log };
export type HttpService = { start(): Promise<void>; stop(): Promise<void>; url(): string };

type Answer = { status: number; type: string; body: string };
const json = (status: number, value: unknown): Answer => ({
  status,
  type: "application/json",
  body: JSON.stringify(value),
});

export const httpService =
  (init: { host: string; port: number }) =>
  ({ segments, admission, metrics, log }: HttpComponents): HttpService => {
    const routes: Record<string, () => Promise<Answer>> = {
      "/healthz": async () => json(200, { ok: true }),
      "/readyz": ready,
      "/metrics": async () => ({ status: 200, type: "text/plain; version=0.0.4", body: metrics.text() }),
      "/v1/heads": async () => json(200, { items: (await segments.heads()).map(toItem), next: null }),
    };

    async function ready(): Promise<Answer> {
      try {
        await within(admission.ping(), HTTP_REQUEST_TIMEOUT_MS, () => new Error("timeout"));
        return json(200, { ready: true });
      } catch (error) {
        log.warn({ error: (error as Error).name }, "not ready: the chain does not answer");
        return json(503, {
          ready: false,
          error: { name: "ChainUnreachable", message: "The chain node does not answer." },
        });
      }
    }

    async function answer(method: string | undefined, path: string): Promise<Answer> {
      const route = Object.hasOwn(routes, path) ? routes[path] : undefined;
      if (!route) return json(404, { error: { name: "NotFound", message: "No such resource." } });
      if (method !== "GET" && method !== "HEAD")
        return json(405, { error: { name: "MethodNotAllowed", message: "Read only." } });
      return route();
    }

    const server: Server = createServer(
      { requestTimeout: HTTP_REQUEST_TIMEOUT_MS, headersTimeout: HTTP_REQUEST_TIMEOUT_MS },
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
              "content-length": Buffer.byteLength(body),
              "access-control-allow-origin": "*",
              "x-content-type-options": "nosniff",
              "cache-control": "no-store",
            });
            response.end(request.method === "HEAD" ? undefined : body);
          });
      },
    );
    server.maxConnections = MAX_HTTP_CONNECTIONS;

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

const toItem = ({ header, segmentId, signedHeader, receivedAtMs }: Head) => ({
  listingId: String(header.listingId),
  generation: header.generation,
  epoch: header.epoch,
  seq: String(header.seq),
  sealedAtMs: header.sealedAtMs,
  segmentId: hex(segmentId),
  header: hex(signedHeader.subarray(0, -SIGNATURE_BYTES)),
  signature: hex(signedHeader.subarray(-SIGNATURE_BYTES)),
  receivedAtMs,
});
