// A static file server for the built app: one folder, correct types, and config.json from outside the build.
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { constants, createGzip } from "node:zlib";

const TYPES: Record<string, string> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".txt": "text/plain; charset=utf-8",
  ".svg": "image/svg+xml",
  ".ico": "image/x-icon",
  ".png": "image/png",
  ".webp": "image/webp",
  ".woff2": "font/woff2",
  ".wasm": "application/wasm",
  ".map": "application/json; charset=utf-8",
};
const COMPRESSED = new Set([".html", ".js", ".css", ".json", ".txt", ".svg", ".map"]);
/** Below one network packet compressing gains nothing. */
const COMPRESS_FROM_BYTES = 1_400;
/** Files whose name carries the hash of their content never change. */
const HASHED = `${sep}_next${sep}static${sep}`;

export type ServeParameters = {
  /** Folder of the build. */
  folder: string;
  /** Path of the file that answers /config.json, read at every request. */
  config: string;
  /** 0 = any free one. */
  port: number;
  host?: string;
};

export type Served = { url: string; close(): Promise<void> };

type Found = { path: string; bytes: number };

async function fileAt(path: string): Promise<Found | undefined> {
  try {
    const found = await stat(path);
    return found.isFile() ? { path, bytes: found.size } : undefined;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") return undefined;
    throw error;
  }
}

/** The file of a request path inside `folder`; undefined if there is none or the path tries to leave it. */
async function find(folder: string, pathname: string): Promise<Found | undefined> {
  let decoded: string;
  try {
    decoded = decodeURIComponent(pathname);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
  if (decoded.includes("\0")) return undefined;
  const root = normalize(folder + sep);
  const path = normalize(join(root, decoded));
  if (!path.startsWith(root)) return undefined;
  if (path === root) return fileAt(join(root, "index.html"));
  const bare = path.endsWith(sep) ? path.slice(0, -1) : path;
  return (await fileAt(bare)) ?? (await fileAt(`${bare}.html`));
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
const originOf = (address: unknown): string[] => {
  if (typeof address !== "string" || !URL.canParse(address)) return [];
  return [new URL(address).origin];
};

/** `/ip4/127.0.0.1/tcp/9001/ws/p2p/…` → `ws://127.0.0.1:9001`. */
function socketOrigin(multiaddr: unknown): string[] {
  const match = /^\/(?:ip4|dns|dns4)\/([^/]+)\/tcp\/(\d+)\/(?:tls\/)?(wss?)(?:\/|$)/.exec(String(multiaddr));
  if (!match) return [];
  const secure = match[3] === "wss" || String(multiaddr).includes("/tls/");
  return [`${secure ? "wss" : "ws"}://${match[1]}:${match[2]}`];
}

/** Everything the page may talk to, from its own configuration: a page that holds keys reaches nothing else. */
function policy(config: unknown): string {
  const known = isRecord(config) ? config : {};
  const relays = Array.isArray(known.relays) ? known.relays.filter(isRecord) : [];
  const indexers = Array.isArray(known.indexers) ? known.indexers : [];
  const gateways = Array.isArray(known.gateways) ? known.gateways.filter(isRecord) : [];
  const reachable = [
    ...originOf(known.rpc),
    ...indexers.flatMap(originOf),
    ...relays.flatMap((relay) => originOf(relay.http)),
    ...gateways.flatMap((gateway) => originOf(gateway.http)),
    ...relays.flatMap((relay) =>
      Array.isArray(relay.multiaddrs) ? relay.multiaddrs.flatMap(socketOrigin) : [],
    ),
  ];
  return [
    "default-src 'self'",
    `connect-src 'self' ${[...new Set(reachable)].join(" ")}`,
    "script-src 'self' 'unsafe-inline' 'wasm-unsafe-eval'", // Next starts its pages with inline scripts
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:", // wallets announce their icons as data: addresses
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join("; ");
}

/** What a development chain alone may have: keys that the whole world knows, and money for who asks. */
const LOCAL_FIELDS = ["testWallet", "faucet", "faucetKey"] as const;
const LOCAL_CHAIN = 31337;

/** The field of a configuration that its chain must not have, if any. */
function misplaced(config: unknown): string | undefined {
  if (!isRecord(config) || config.chainId === LOCAL_CHAIN) return undefined;
  return LOCAL_FIELDS.find((field) => config[field] !== undefined && config[field] !== false);
}

const refusalOf = (field: string | undefined): string =>
  JSON.stringify({
    error:
      field === undefined
        ? { name: "ConfigMissing", message: "not written yet" }
        : { name: "LocalOnly", message: `${field}: is for chain ${LOCAL_CHAIN} only` },
  });

async function readConfig(path: string): Promise<{ text: string; value: unknown } | undefined> {
  try {
    const text = await readFile(path, "utf8");
    return { text, value: JSON.parse(text) };
  } catch (error) {
    // Not written yet, or being written: the page says so and tries again.
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function send(
  request: IncomingMessage,
  response: ServerResponse,
  file: Found,
  status: number,
): Promise<void> {
  const type = extname(file.path);
  const gzip =
    COMPRESSED.has(type) &&
    file.bytes >= COMPRESS_FROM_BYTES &&
    /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
  response.writeHead(status, {
    "content-type": TYPES[type] ?? "application/octet-stream",
    "cache-control": file.path.includes(HASHED) ? "public, max-age=31536000, immutable" : "no-cache",
    vary: "accept-encoding",
    ...(gzip ? { "content-encoding": "gzip" } : { "content-length": file.bytes }),
  });
  if (request.method === "HEAD") response.end();
  else if (gzip) {
    // The fast level: the file is compressed again for every reader.
    await pipeline(createReadStream(file.path), createGzip({ level: constants.Z_BEST_SPEED + 3 }), response);
  } else await pipeline(createReadStream(file.path), response);
}

async function answer(p: ServeParameters, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.setHeader("x-content-type-options", "nosniff");
  response.setHeader("referrer-policy", "no-referrer");
  response.setHeader("x-frame-options", "DENY");
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.writeHead(405, { allow: "GET, HEAD" }).end();
    return;
  }
  // Cut by hand: a URL parser would take the first part of "//…" for a host.
  const [pathname = "/"] = (request.url ?? "/").split("?");
  const config = await readConfig(p.config);
  if (pathname === "/config.json") {
    const field = misplaced(config?.value);
    const isServed = config !== undefined && field === undefined;
    const body = isServed ? config.text : refusalOf(field);
    response.writeHead(isServed ? 200 : 503, { "content-type": TYPES[".json"], "cache-control": "no-store" });
    response.end(request.method === "HEAD" ? undefined : body);
    return;
  }
  const file = await find(p.folder, pathname);
  const page = file ?? (await fileAt(join(p.folder, "404.html")));
  if (!page) {
    response.writeHead(404, { "content-type": "text/plain; charset=utf-8" }).end("Not found\n");
    return;
  }
  if (extname(page.path) === ".html") response.setHeader("content-security-policy", policy(config?.value));
  await send(request, response, page, file ? 200 : 404);
}

/** A reader who leaves in the middle of a file is no fault of ours. */
const left = (error: unknown): boolean =>
  ["ERR_STREAM_PREMATURE_CLOSE", "ECONNRESET", "EPIPE"].includes((error as NodeJS.ErrnoException).code ?? "");

/** Serves a static export. `/listing` finds `listing.html`; what is missing gets 404.html; nothing outside `folder` is read. */
export async function serve(p: ServeParameters): Promise<Served> {
  const server = createServer((request, response) => {
    answer(p, request, response).catch((error: unknown) => {
      if (left(error)) return;
      process.stderr.write(`app server: ${error instanceof Error ? error.stack : String(error)}\n`);
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    });
  });
  const host = p.host ?? "127.0.0.1";
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(p.port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host}:${port}`,
    close: () =>
      new Promise<void>((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}
