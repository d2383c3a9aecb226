// Settings: what is read from the environment, and what is refused by name.
import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ConfigInvalid, readConfig, requireFreePorts } from "../src/config.ts";

const operator = "0x90F79bf6EB2c4f870365E785982E1f101E93b906";
let folder: string;
let deployment: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "weir-config-"));
  deployment = join(folder, "31337.json");
  const contract = { address: operator, block: 3, constructorArguments: [] };
  const contracts = {
    Channels: contract,
    Subscriptions: contract,
    Hubs: contract,
    Listings: contract,
    Consents: contract,
    Grants: { ...contract, block: 1 },
    Ratings: contract,
    Relays: contract,
    Anchors: contract,
  };
  writeFileSync(deployment, JSON.stringify({ contracts }));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const env = (more: Record<string, string> = {}) => ({
  WEIR_DEPLOYMENT: deployment,
  WEIR_RELAY_OPERATOR: operator.toLowerCase(),
  ...more,
});

test("defaults are loopback, free ports, the local chain", () => {
  expect(readConfig(env())).toMatchObject({
    rpcUrl: "http://127.0.0.1:8545",
    chainId: 31337,
    operator,
    host: "127.0.0.1",
    ports: { tcp: 0, ws: 0, http: 0 },
    parentWatch: false,
    deployment: { fromBlock: 1n },
  });
});

test("the environment wins over the file", () => {
  const file = join(folder, "relay.json");
  writeFileSync(file, JSON.stringify({ WEIR_PORT_RELAY_TCP: 4001, WEIR_PORT_RELAY_WS: 4002 }));
  const config = readConfig(env({ WEIR_RELAY_CONFIG: file, WEIR_PORT_RELAY_WS: "5002" }));
  expect(config.ports).toEqual({ tcp: 4001, ws: 5002, http: 0 });
});

test.each([
  ["WEIR_RELAY_OPERATOR", { WEIR_RELAY_OPERATOR: "0x12" }],
  ["WEIR_PORT_RELAY_TCP", { WEIR_PORT_RELAY_TCP: "70000" }],
  ["WEIR_CHAIN_ID", { WEIR_CHAIN_ID: "one" }],
  ["WEIR_CONFIRMATIONS", { WEIR_CONFIRMATIONS: "-1" }],
  ["WEIR_UNCONFIRMED_BPS", { WEIR_UNCONFIRMED_BPS: "10001" }],
  ["WEIR_DEPLOYMENT", { WEIR_DEPLOYMENT: "/nowhere/31337.json" }],
  ["WEIR_LOG_LEVEL", { WEIR_LOG_LEVEL: "loud" }],
])("a wrong %s is named", (setting, more: Record<string, string>) => {
  expect(() => readConfig(env(more))).toThrow(ConfigInvalid);
  expect(() => readConfig(env(more))).toThrow(setting);
});

test("a port on which somebody listens is named", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  try {
    const ports = { tcp: 0, ws: port, http: 0 };
    await expect(requireFreePorts({ host: "127.0.0.1", ports })).rejects.toMatchObject({
      name: "ConfigInvalid",
      message: `WEIR_PORT_RELAY_WS must be free, and ${port} of 127.0.0.1 is not (EADDRINUSE).`,
    });
  } finally {
    server.close();
  }
});

test("the program says in one line what is set wrong, and ends with 2", () => {
  const { WEIR_RELAY_OPERATOR: _, ...without } = env();
  const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, "../src/main.ts")], {
    env: { PATH: process.env.PATH, ...without },
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: "WEIR_RELAY_OPERATOR must be the operator's address (0x and 40 hex digits).\n",
  });
});
