/** What a page's head asks for before its scripts are there, run as the browser runs it, against a server that counts. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { runInThisContext } from "node:vm";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { earlyConfig, loadConfig } from "../src/lib/config.ts";
import { arrivedEarly, earlyScript, takeEarly } from "../src/lib/early.ts";

const PATH = "/v1/listings?state=open&limit=48";
const LISTINGS = { items: [{ id: "1" }], next: null };
let server: Server;
let origin: string;
let asked: string[];
let config: unknown;

/** Runs the head's lines as on a page at `path`, whose own server and indexer are the same. */
function openPage(path: string, search = ""): void {
  vi.stubGlobal("window", globalThis);
  vi.stubGlobal("location", { pathname: path, search });
  vi.stubGlobal("document", { querySelector: () => null });
  const real = globalThis.fetch;
  vi.stubGlobal("fetch", (url: string | URL, options: RequestInit) => real(new URL(url, origin), options));
  runInThisContext(earlyScript(PATH));
}

const answers = () => Promise.all(Object.values(window.weirEarly?.asked ?? {}));

beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.url ?? "");
    const body = request.url === "/config.json" ? config : LISTINGS;
    response.writeHead(body === undefined ? 503 : 200).end(JSON.stringify(body ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  config = { chainId: 1, rpc: origin, contracts: {}, indexers: [origin] };
});

afterEach(() => {
  vi.unstubAllGlobals();
  delete (globalThis as { weirEarly?: unknown }).weirEarly;
  server.closeAllConnections();
  server.close();
});

describe("the market page", () => {
  it("asks for settings and listings once, and gives each answer once", async () => {
    openPage("/");
    await answers();
    expect(asked).toEqual(["/config.json", PATH]);
    expect(arrivedEarly("listings")).toEqual(LISTINGS);
    expect(arrivedEarly("listings")).toBeUndefined();
    expect(await takeEarly("listings")).toBeUndefined();
    expect(await loadConfig()).toMatchObject({ chainId: 1, rpc: origin });
    expect(asked).toHaveLength(2);
    expect(await loadConfig()).toMatchObject({ chainId: 1 });
    expect(asked).toEqual(["/config.json", PATH, "/config.json"]);
  });

  it("waits for an answer on its way, and what came after that is not given again", async () => {
    openPage("/");
    expect(arrivedEarly("listings")).toBeUndefined();
    const taken = takeEarly("listings");
    expect(await taken).toEqual(LISTINGS);
    expect(arrivedEarly("listings")).toBeUndefined();
  });

  it("asks for no listings where it shows others: a search, another page", async () => {
    openPage("/", "?q=rain");
    await answers();
    openPage("/sell");
    await answers();
    expect(asked).toEqual(["/config.json", "/config.json"]);
  });
});

describe("what fails early is met again by the page", () => {
  it("no settings: the page asks itself and says the status", async () => {
    config = undefined;
    openPage("/");
    await answers();
    expect(earlyConfig()).toBeUndefined();
    await expect(loadConfig()).rejects.toThrow("status 503");
    expect(asked).toEqual(["/config.json", "/config.json"]);
  });

  it("settings without a field: named", async () => {
    config = { chainId: 1, rpc: origin, contracts: {} };
    openPage("/");
    await answers();
    expect(earlyConfig()).toBeUndefined();
    await expect(loadConfig()).rejects.toThrow("indexers is empty");
  });
});
