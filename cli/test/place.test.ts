// From which block a command reads: a public chain is asked in few requests, and programs are not sent to its beginning.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CONTRACT_NAMES } from "@weir/sdk/chain";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { writeDeployment } from "../src/deployment-file.ts";
import { openPlace } from "../src/place.ts";
import { run } from "../src/run.ts";
import { alone } from "./support/alone.ts";

const PUBLIC_CHAIN = 1;
const LOCAL_CHAIN = 31337;
const LATEST = 21_000_000;
const DEPLOYED = 20_995_000;

type Asked = { method: string; params: unknown[] };

let folder: string;
let endpoint: Server;
let rpc: string;
let chainId: number;
let asked: Asked[];
const out = alone(() => folder);

const hex = (value: number): string => `0x${value.toString(16)}`;

/** A node of which only the height matters: it has seen nothing of ours. */
const answerTo = ({ method }: Asked): unknown =>
  ({ eth_chainId: hex(chainId), eth_blockNumber: hex(LATEST), eth_getLogs: [] })[method];

const marketFile = (more: Record<string, unknown> = {}): string => {
  const path = join(folder, "config.json");
  const contracts = Object.fromEntries(CONTRACT_NAMES.map((name, i) => [name, `0x${`${i + 1}`.repeat(40)}`]));
  writeFileSync(path, JSON.stringify({ rpc, contracts, ...more }));
  return path;
};
const logsAsked = () => asked.filter(({ method }) => method === "eth_getLogs");

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "weir-place-"));
  endpoint = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    const call = JSON.parse(body) as Asked & { id: number };
    asked.push(call);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ jsonrpc: "2.0", id: call.id, result: answerTo(call) }));
  });
  await new Promise<void>((resolve) => endpoint.listen(0, "127.0.0.1", resolve));
  rpc = `http://127.0.0.1:${(endpoint.address() as AddressInfo).port}`;
});
beforeEach(() => {
  [chainId, asked] = [PUBLIC_CHAIN, []];
});
afterAll(async () => {
  await new Promise((resolve) => {
    endpoint.close(resolve);
    endpoint.closeAllConnections();
  });
  rmSync(folder, { recursive: true, force: true });
});

describe("openPlace", () => {
  it("takes the deployment's block from the market's file, as a number or a decimal string", async () => {
    for (const fromBlock of [DEPLOYED, String(DEPLOYED)]) {
      const place = await openPlace({ market: marketFile({ fromBlock }) });
      expect(place.fromBlock).toBe(BigInt(DEPLOYED));
    }
  });

  it("without one knows none on a public chain, and begins at the first block of the local one", async () => {
    expect((await openPlace({ market: marketFile() })).fromBlock).toBeUndefined();
    chainId = LOCAL_CHAIN;
    expect((await openPlace({ market: marketFile() })).fromBlock).toBe(0n);
  });

  it.each([-1, 1.5, "0x10", "latest", null])("refuses %j for a block", async (fromBlock) => {
    const opened = openPlace({ market: marketFile({ fromBlock }) });
    await expect(opened).rejects.toThrow(/--market: fromBlock in .* is a block's number/);
  });
});

describe("a public chain of 21 million blocks", () => {
  it.each([
    ["names its first block", { fromBlock: DEPLOYED }, hex(DEPLOYED)],
    ["names none", {}, "0x0"],
  ])("is read in one request where the market's file %s", async (_, more, from) => {
    await run(["listing", "list", "--hub", "1", "--market", marketFile(more), "--json"]);
    expect(out()).toEqual([]);
    expect(logsAsked().map(({ params }) => params[0])).toMatchObject([
      { fromBlock: from, toBlock: hex(LATEST) },
    ]);
  });

  it("is followed by no program from its beginning", async () => {
    const unknown = await openPlace({ market: marketFile() });
    expect(() => writeDeployment(unknown, undefined)).toThrow(/^--deployment: .*fromBlock/);
    expect(writeDeployment(unknown, "named.json")).toBe("named.json");
    const known = await openPlace({ market: marketFile({ fromBlock: DEPLOYED }) });
    const written = await openPlace({ rpc, deployment: writeDeployment(known, undefined) });
    expect(written).toMatchObject({ contracts: known.contracts, fromBlock: BigInt(DEPLOYED) });
  });
});
