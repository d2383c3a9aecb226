// The gateway's HTTP interface: passwords for devices, messages by POST, and what operators look at.
import type { Server, ServerOptions } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@hono/node-server";
import { getConnInfo } from "@hono/node-server/conninfo";
import { boundCrowd } from "@weir/sdk/wire/node";
import { type Context, Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { cors } from "hono/cors";
import type { Logger } from "pino";
import { type Hex, isAddress, isHex } from "viem";
import type { Status } from "../claims/status.ts";
import { GatewayRefusal } from "../errors.ts";
import {
  HTTP_CHECK_INTERVAL_MS,
  HTTP_HEADERS_TIMEOUT_MS,
  HTTP_KEEP_ALIVE_MS,
  HTTP_REQUEST_TIMEOUT_MS,
  HTTP_STALL_MS,
  MAX_HTTP_CONNECTIONS,
  MAX_HTTP_HEADER_BYTES,
  MAX_INGEST_BODY_BYTES,
  MAX_INGEST_MESSAGES,
  MAX_PASSWORD_BODY_BYTES,
  MAX_SIGN_IN_BODY_BYTES,
  MAX_SIGNATURE_CHARS,
  PASSWORD_REQUESTS_PER_MINUTE,
} from "../limits.ts";
import type { Metrics } from "../metrics.ts";
import type { SignIns } from "../sign-in.ts";
import { parseUser, type Speaker } from "./authorize.ts";
import type { Intake } from "./intake.ts";
import type { PasswordRequest, Passwords } from "./passwords.ts";
import { createRate } from "./rate.ts";
import type { Tokens } from "./tokens.ts";

export type HttpServer = {
  /** Listens; resolves with the port. */
  start(host: string, port: number): Promise<number>;
  stop(): Promise<void>;
};

export type HttpInit = {
  passwords: Passwords;
  tokens: Tokens;
  intake: Intake;
  status: Status;
  signIns: SignIns;
  metrics: Metrics;
  log: Logger;
  corsOrigins: readonly string[];
  /** What is not ready yet, by name; empty = ready. */
  missing: () => string[];
  /** A device has another password: end what was opened with the old one. */
  onPassword: (hubId: bigint, device: string) => void;
};

/** Topic of a message that names none. */
const DEFAULT_TOPIC = "data";
const NDJSON = "application/x-ndjson";

export function createHttp(init: HttpInit): HttpServer {
  const { passwords, tokens, intake, status, signIns, metrics, log } = init;
  const passwordRate = createRate(PASSWORD_REQUESTS_PER_MINUTE / 60, PASSWORD_REQUESTS_PER_MINUTE);
  const app = new Hono();

  app.use(
    "*",
    cors({
      origin: [...init.corsOrigins],
      allowMethods: ["GET", "POST", "DELETE"],
      allowHeaders: ["content-type", "authorization"],
    }),
  );
  app.get("/healthz", (c) => c.json({ status: "ok" }));
  app.get("/readyz", (c) => {
    const missing = init.missing();
    return c.json({ ready: missing.length === 0, missing }, missing.length === 0 ? 200 : 503);
  });
  app.get("/metrics", (c) => c.text(metrics.text()));

  app.post("/v1/sign-in/nonce", (c) => {
    c.header("cache-control", "no-store");
    return c.json(signIns.offer());
  });
  app.post("/v1/sign-in", limit(MAX_SIGN_IN_BODY_BYTES), async (c) => {
    const { message, signature } = bodyOf(await c.req.text());
    if (typeof message !== "string") throw new GatewayRefusal("BadRequest", "is a text", "message");
    const answer = await signIns.open(message, signatureOf(signature));
    log.info({ event: "signed in", account: answer.account }, "an account looks in");
    c.header("cache-control", "no-store");
    return c.json(answer);
  });
  app.delete("/v1/sign-in", (c) => {
    signIns.close(bearer(c));
    return c.body(null, 204);
  });

  app.get("/v1/channels", async (c) => {
    const shown = bearer(c);
    const hubs = status.admits(shown) ? "all" : await signIns.hubs(shown);
    if (hubs === undefined)
      throw new GatewayRefusal(
        "Unauthorised",
        "sign in first, or show what status.json of the data folder says",
      );
    c.header("cache-control", "no-store");
    return c.json({ channels: status.channels(hubs) });
  });

  app.post("/v1/devices/:hubId/:device/password", limit(MAX_PASSWORD_BODY_BYTES), async (c) => {
    const { hubId, device } = speakerOf(c);
    if (!passwordRate.tryTake(1))
      throw new GatewayRefusal(
        "TooFast",
        `at most ${PASSWORD_REQUESTS_PER_MINUTE} password requests a minute`,
      );
    const answer = await passwords.set(hubId, device, parseRequest(await c.req.text()));
    init.onPassword(hubId, device);
    log.info({ event: "password set", user: answer.user }, "a device has a new password");
    c.header("cache-control", "no-store");
    return c.json(answer);
  });

  app.post("/v1/ingest/:hubId/:device", limit(MAX_INGEST_BODY_BYTES), async (c) => {
    const speaker = await login(c);
    const topic = `${speaker.device}/${c.req.query("topic") ?? DEFAULT_TOPIC}`;
    const body = new Uint8Array(await c.req.arrayBuffer());
    const payloads =
      (c.req.header("content-type") ?? "").split(";")[0]!.trim() === NDJSON ? lines(body) : [body];
    const waitMs = await intake.take(
      speaker,
      payloads.map((payload) => ({ topic, payload })),
    );
    if (waitMs > 0) c.header("retry-after", String(Math.ceil(waitMs / 1000)));
    return c.json({ accepted: payloads.length });
  });

  app.notFound((c) => c.json({ error: { name: "NotFound", message: "there is nothing here" } }, 404));
  app.onError((error, c) => {
    if (error instanceof GatewayRefusal) {
      if (error.status === 401) c.header("www-authenticate", 'Basic realm="weir gateway", Bearer');
      const { name, message, field } = error;
      return c.json({ error: { name, message, ...(field === undefined ? {} : { field }) } }, error.status);
    }
    log.error({ event: "http", reason: error.name }, error.message);
    return c.json({ error: { name: "Fault", message: "the gateway could not do this" } }, 500);
  });

  async function login(c: Context): Promise<Speaker> {
    const wanted = speakerOf(c);
    const header = c.req.header("authorization") ?? "";
    let speaker: Speaker | undefined;
    try {
      speaker = /^Bearer /i.test(header)
        ? (await tokens.check(`${wanted.hubId}/${wanted.device}`, header.slice("Bearer ".length))).speaker
        : await byPassword(header, getConnInfo(c).remote.address);
    } catch (error) {
      if (error instanceof GatewayRefusal) metrics.count("refused_logins", { reason: error.name });
      throw error;
    }
    if (!speaker) {
      metrics.count("refused_logins", { reason: "Unauthorised" });
      throw new GatewayRefusal("Unauthorised", "wrong user or password");
    }
    if (speaker.hubId !== wanted.hubId || speaker.device !== wanted.device)
      throw new GatewayRefusal("NotOwnTopic", "a device sends for itself only", "device");
    return speaker;
  }

  async function byPassword(header: string, from: string | undefined): Promise<Speaker | undefined> {
    const [, encoded] = /^Basic ([A-Za-z0-9+/=]+)$/i.exec(header) ?? [];
    const text = Buffer.from(encoded ?? "", "base64").toString("utf8");
    const cut = text.indexOf(":");
    if (cut < 0) return undefined;
    return passwords.check(text.slice(0, cut), Buffer.from(text.slice(cut + 1)), from);
  }

  let server: ReturnType<typeof serve> | undefined;
  return {
    start: (hostname, port) =>
      new Promise((resolve, reject) => {
        server = serve({ fetch: app.fetch, hostname, port, serverOptions: SERVER }, (info: AddressInfo) =>
          resolve(info.port),
        );
        boundCrowd(server as Server, { most: MAX_HTTP_CONNECTIONS, stallMs: HTTP_STALL_MS });
        server.once("error", reject);
      }),
    stop: () =>
      new Promise((resolve) => {
        if (!server) return resolve();
        server.close(() => resolve());
        (server as { closeAllConnections?: () => void }).closeAllConnections?.();
      }),
  };
}

/** Node's own defaults wait minutes for a slow request. */
const SERVER: ServerOptions = {
  headersTimeout: HTTP_HEADERS_TIMEOUT_MS,
  requestTimeout: HTTP_REQUEST_TIMEOUT_MS,
  connectionsCheckingInterval: HTTP_CHECK_INTERVAL_MS,
  keepAliveTimeout: HTTP_KEEP_ALIVE_MS,
  maxHeaderSize: MAX_HTTP_HEADER_BYTES,
};

const limit = (maxSize: number) =>
  bodyLimit({
    maxSize,
    onError: () => {
      throw new GatewayRefusal("TooLarge", `a body has at most ${maxSize} bytes`, "body");
    },
  });

function speakerOf(c: Context): Speaker {
  const speaker = parseUser(`${c.req.param("hubId")}/${c.req.param("device")}`);
  if (!speaker) throw new GatewayRefusal("BadRequest", "the path names a hub and a device", "device");
  return speaker;
}

/** What stands behind `Bearer`, "" if nothing does. */
const bearer = (c: Context): string => /^Bearer (\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1] ?? "";

function bodyOf(text: string): Record<string, unknown> {
  let body: Record<string, unknown>;
  try {
    body = JSON.parse(text);
  } catch (error) {
    throw new GatewayRefusal("BadRequest", `the body is no JSON (${(error as Error).message})`, "body");
  }
  if (typeof body !== "object" || body === null)
    throw new GatewayRefusal("BadRequest", "the body is an object", "body");
  return body;
}

function signatureOf(value: unknown): Hex {
  if (!isHex(value) || value.length > MAX_SIGNATURE_CHARS)
    throw new GatewayRefusal("BadRequest", "is hexadecimal", "signature");
  return value;
}

function parseRequest(text: string): PasswordRequest {
  const { gatewayId, nonce, deadline, signature, account } = bodyOf(text);
  if (typeof gatewayId !== "string" || gatewayId.length > 64)
    throw new GatewayRefusal("BadRequest", "is a text", "gatewayId");
  if (!isHex(nonce) || nonce.length !== 66) throw new GatewayRefusal("BadRequest", "has 32 bytes", "nonce");
  if (typeof deadline !== "number" || !Number.isSafeInteger(deadline) || deadline < 0 || deadline >= 2 ** 40)
    throw new GatewayRefusal("BadRequest", "is a time in unix seconds", "deadline");
  if (account !== undefined && (typeof account !== "string" || !isAddress(account, { strict: false })))
    throw new GatewayRefusal("BadRequest", "is an address", "account");
  const signed = signatureOf(signature);
  return { gatewayId, nonce: nonce.toLowerCase() as typeof nonce, deadline, signature: signed, account };
}

/** NDJSON → its lines without the empty ones. */
function lines(body: Uint8Array): Uint8Array[] {
  const found: Uint8Array[] = [];
  let start = 0;
  while (start < body.length) {
    const end = body.indexOf(10, start);
    const stop = end < 0 ? body.length : end;
    const line = body.subarray(start, body[stop - 1] === 13 ? stop - 1 : stop);
    if (line.length > 0) found.push(line);
    if (found.length > MAX_INGEST_MESSAGES)
      throw new GatewayRefusal("TooLarge", `a request has at most ${MAX_INGEST_MESSAGES} messages`, "body");
    start = stop + 1;
  }
  if (found.length === 0) throw new GatewayRefusal("BadRequest", "the body has no message", "body");
  return found;
}
