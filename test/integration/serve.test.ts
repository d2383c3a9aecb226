/**
 * The app's file server
 *   pages: `/` and `/listing` find their html although a folder of that name lies beside it; queries are ignored
 *   missing: 404.html with status 404, or plain words without one
 *   config.json: from its own path, never cached, 503 until it is there, never the one inside the folder; with a
 *     faucet or a test wallet on the development chain only
 *   outside: no path leaves the folder, however it is written
 *   headers: hashed files are immutable, pages are not; text is compressed for who accepts it; no page in a frame; a
 *     page may reach only what the configuration names
 *   methods other than GET and HEAD are refused
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Served, serve } from "../../scripts/serve.ts";

let root: string;
let served: Served;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), "weir-serve-"));
  const folder = join(root, "out");
  mkdirSync(join(folder, "_next/static/chunks"), { recursive: true });
  mkdirSync(join(folder, "listing"));
  writeFileSync(join(folder, "index.html"), "<h1>market</h1>");
  writeFileSync(join(folder, "listing.html"), "<h1>listing</h1>");
  writeFileSync(join(folder, "404.html"), "<h1>nothing here</h1>");
  writeFileSync(join(folder, "config.json"), '{"chainId":1}');
  writeFileSync(join(folder, "_next/static/chunks/a1b2.js"), `//${"x".repeat(5_000)}`);
  writeFileSync(join(root, "secret.html"), "secret");
  served = await serve({ folder, config: join(root, "config.json"), port: 0 });
});

afterAll(async () => {
  await served.close();
  rmSync(root, { recursive: true });
});

/** The path exactly as written: `fetch` would tidy it up first. */
function raw(path: string, method = "GET"): Promise<{ status: number; body: string }> {
  const { hostname, port } = new URL(served.url);
  return new Promise((resolve, reject) => {
    const sent = request({ hostname, port, path, method }, (response) => {
      let body = "";
      response.setEncoding("utf8");
      response.on("data", (part: string) => {
        body += part;
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body }));
    });
    sent.on("error", reject);
    sent.end();
  });
}

describe("pages", () => {
  it.each([
    ["/", "market"],
    ["/listing", "listing"],
    ["/listing?id=7", "listing"],
    ["/listing/", "listing"],
    ["/listing.html", "listing"],
  ])("%s", async (path, words) => {
    const response = await fetch(served.url + path);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(await response.text()).toContain(words);
  });

  it("what is missing gets the page that says so", async () => {
    const response = await fetch(`${served.url}/nope`);
    expect(response.status).toBe(404);
    expect(await response.text()).toContain("nothing here");
  });
});

describe("config.json", () => {
  it("is 503 until it is written, then itself, never cached", async () => {
    const path = join(root, "config.json");
    expect((await fetch(`${served.url}/config.json`)).status).toBe(503);
    writeFileSync(path, '{"chainId": 31337, "rpc": "http://127.0.0.1:8545"}');
    const response = await fetch(`${served.url}/config.json`);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(await response.json()).toEqual({ chainId: 31337, rpc: "http://127.0.0.1:8545" });
  });

  it.each([
    ["faucet", { faucet: true }],
    ["faucetKey", { faucetKey: "0x1" }],
    ["testWallet", { testWallet: { privateKey: "0x1", label: "buyer1" } }],
  ])("with %s is given on the development chain only", async (field, more) => {
    const path = join(root, "config.json");
    const of = (chainId: number) => JSON.stringify({ chainId, rpc: "http://127.0.0.1:8545", ...more });
    writeFileSync(path, of(31337));
    expect(await (await fetch(`${served.url}/config.json`)).json()).toMatchObject(more);
    writeFileSync(path, of(1));
    const refused = await fetch(`${served.url}/config.json`);
    expect(refused.status).toBe(503);
    const message = `${field}: is for chain 31337 only`;
    expect(await refused.json()).toEqual({ error: { name: "LocalOnly", message } });
  });
});

describe("outside", () => {
  it.each([
    "/../secret.html",
    "/..%2fsecret.html",
    "/%2e%2e/secret.html",
    "/listing/../../secret",
    "/%5c..%5csecret.html",
    "/%00",
    "/%",
    "//secret.html",
  ])("%s", async (path) => {
    const { status, body } = await raw(path);
    expect(status).toBe(404);
    expect(body).not.toContain("secret");
  });
});

describe("headers", () => {
  it("a hashed file is immutable and compressed for who accepts it", async () => {
    const response = await fetch(`${served.url}/_next/static/chunks/a1b2.js`);
    expect(response.headers.get("cache-control")).toContain("immutable");
    expect(response.headers.get("content-encoding")).toBe("gzip");
    expect(await response.text()).toHaveLength(5_002);
  });

  it("a page is asked for anew, stays out of frames and reaches only what the configuration names", async () => {
    const relay = { http: "http://127.0.0.1:4003", multiaddrs: ["/ip4/127.0.0.1/tcp/4002/ws/p2p/12D3"] };
    const config = { rpc: "http://127.0.0.1:8545/x", indexers: ["http://127.0.0.1:42069"], relays: [relay] };
    writeFileSync(join(root, "config.json"), JSON.stringify(config));
    const { headers } = await fetch(`${served.url}/`);
    expect(headers.get("cache-control")).toBe("no-cache");
    expect(headers.get("x-frame-options")).toBe("DENY");
    const policy = headers.get("content-security-policy") ?? "";
    expect(policy).toContain(
      "connect-src 'self' http://127.0.0.1:8545 http://127.0.0.1:42069 http://127.0.0.1:4003 ws://127.0.0.1:4002;",
    );
    expect(policy).toContain("frame-ancestors 'none'");
  });
});

describe("methods", () => {
  it("HEAD gives the headers alone", async () => {
    expect(await raw("/", "HEAD")).toEqual({ status: 200, body: "" });
  });
  it("others are refused", async () => expect((await raw("/", "POST")).status).toBe(405));
});
