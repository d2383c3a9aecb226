// What costs something is made once for all who ask at a time.
//
// - readiness: one question to the node, one line in the log for each change
// - all heads: read once for all
// - a sample: read once for all, each listing's by itself
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { nativeCrypto } from "@weir/sdk/native";
import { pino } from "pino";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { admission } from "../src/chain/admission.ts";
import { type HttpService, httpService } from "../src/http/http.ts";
import { HTTP_SHARED_MS } from "../src/limits.ts";
import { createMetrics } from "../src/metrics.ts";
import { type Statements, statements } from "../src/services/statements.ts";
import { type Database, openDatabase } from "../src/store/database.ts";
import { SCHEMA } from "../src/store/schema.ts";
import { type SegmentStore, segmentStore } from "../src/store/segments.ts";
import { segmentAt } from "./support/stored.ts";

const ZERO = `0x${"00".repeat(20)}` as const;
const said: string[] = [];
let questions = 0;
let answers = true;
/** Where the relay's chain node would be. */
const node = createServer(async (request, response) => {
  questions += 1;
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  if (!answers) return void response.writeHead(503).end();
  const asked = JSON.parse(Buffer.concat(chunks).toString()) as { id: number } | { id: number }[];
  const reply = [asked].flat().map(({ id }) => ({ jsonrpc: "2.0", id, result: "0x1" }));
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(Array.isArray(asked) ? reply : reply[0]));
});

let folder: string;
let database: Database;
let segments: SegmentStore;
let publishers: Statements;
let web: HttpService;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "weir-http-"));
  node.listen(0, "127.0.0.1");
  await once(node, "listening");
  const onFatal = (error: Error): never => {
    throw error;
  };
  const log = pino({ level: "info" }, { write: (line: string) => void said.push(JSON.parse(line).msg) });
  const metrics = createMetrics();
  database = openDatabase({ file: join(folder, "relay.db"), schema: SCHEMA, onFatal });
  segments = segmentStore(database, () => undefined);
  const config = {
    rpcUrl: `http://127.0.0.1:${(node.address() as AddressInfo).port}`,
    chainId: 31337,
    deployment: { contracts: {}, fromBlock: 0n } as never,
    confirmations: {},
  };
  const chain = admission({ config, onFatal })({ log, metrics });
  const delivery = { chainId: 31337, hubs: ZERO, grants: ZERO, channels: ZERO };
  const shared = { admission: chain, segments, crypto: nativeCrypto, delivery };
  publishers = statements()(shared);
  web = httpService({ host: "127.0.0.1", port: 0 })({
    ...shared,
    statements: publishers,
    metrics,
    log,
  });
  await web.start();
});

afterEach(async () => {
  await web.stop();
  database.close();
  node.closeAllConnections();
  node.close();
  rmSync(folder, { recursive: true, force: true });
});

test("readiness asks the node once for all who ask, and is logged when it changes", async () => {
  const ask = async () =>
    new Set(
      await Promise.all(Array.from({ length: 20 }, async () => (await fetch(`${web.url()}/readyz`)).status)),
    );
  expect(await ask()).toEqual(new Set([200]));
  expect(questions).toBe(1);
  answers = false;
  for (let round = 0; round < 2; round += 1) {
    await sleep(HTTP_SHARED_MS + 50);
    expect(await ask()).toEqual(new Set([503]));
  }
  answers = true;
  await sleep(HTTP_SHARED_MS + 50);
  expect(await ask()).toEqual(new Set([200]));
  expect(said).toEqual(["not ready: the chain does not answer", "ready again: the chain answers"]);
});

test("all heads are read once for all who ask", async () => {
  const heads = async () =>
    ((await (await fetch(`${web.url()}/v1/heads`)).json()) as { items: { seq: string }[] }).items;
  await segments.append([segmentAt(0)]);
  expect(await heads()).toMatchObject([{ seq: "0" }]);
  await segments.append([segmentAt(1)]);
  expect(await heads()).toMatchObject([{ seq: "0" }]);
  await expect.poll(heads, { timeout: 5_000 }).toMatchObject([{ seq: "1" }]);
});

test("a sample is read once for all who ask for this listing's", async () => {
  const read = vi.spyOn(publishers, "sample");
  const ask = async (listing: number) => (await fetch(`${web.url()}/v1/listings/${listing}/sample`)).json();
  expect(await Promise.all([1, 2, 1, 2, 1].map(ask))).toEqual([null, null, null, null, null]);
  expect(read.mock.calls).toHaveLength(2);
});
