// What the gateway's file says: about claims, and what is no such file.
//
// nothing said: the defaults · everything said · each wrong field is named with its rule
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadConfig } from "../src/config.ts";

const TOKEN = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const COIN = `0x${"00".repeat(20)}`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "weir-config-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const FILE = { id: "gateway-1", hubs: [{ hubId: "1", secrets: "hub.json" }], relays: [], corsOrigins: [] };

function read(file: unknown) {
  const path = join(folder, "gateway.json");
  writeFileSync(path, JSON.stringify(file));
  return loadConfig({
    WEIR_GATEWAY_CONFIG: path,
    WEIR_GATEWAY_PASSPHRASE: "a passphrase of a test",
    WEIR_CHAIN_ID: "31337",
    WEIR_RPC_URL: "http://127.0.0.1:8545",
    WEIR_DATA_DIR: folder,
  });
}

async function load(claims?: unknown) {
  const { claims: rules } = await read({ ...FILE, claims });
  return { ...rules, values: Object.fromEntries(rules.values) };
}

test("nothing said: a hundredth of the coin, an hour, a minute", async () => {
  const defaults = { values: { [COIN]: 10n ** 16n }, ageSeconds: 3_600, replaceSeconds: 60 };
  expect(await load()).toEqual(defaults);
  expect(await load({})).toEqual(defaults);
});

test("what is said goes before it, a token in any letters", async () => {
  expect(
    await load({ values: { [COIN]: "5", [TOKEN]: "25000000" }, ageSeconds: 60, replaceSeconds: 5 }),
  ).toEqual({
    values: { [COIN]: 5n, [TOKEN.toLowerCase()]: 25_000_000n },
    ageSeconds: 60,
    replaceSeconds: 5,
  });
});

test.each([
  [[], "claims is an object"],
  ["often", "claims is an object"],
  [{ value: {} }, "claims.value is not a field of claims"],
  [{ values: [] }, "claims.values is an object: token addresses and amounts"],
  [{ values: { ETH: "5" } }, "claims.values.ETH begins with a token's address"],
  ...["0", "-1", "1.5", "1e18", 5, "9".repeat(30)].map((amount): [unknown, string] => [
    { values: { [TOKEN]: amount } },
    `claims.values.${TOKEN} is an amount above 0 in the smallest unit, as a text`,
  ]),
  ...[0, -5, 1.5, "60", 604_801].map((ageSeconds): [unknown, string] => [
    { ageSeconds },
    "claims.ageSeconds is a whole number of seconds from 1 to 604800",
  ]),
  [{ replaceSeconds: 3_601 }, "claims.replaceSeconds is a whole number of seconds from 1 to 3600"],
])("%j: %s", async (claims, message) => {
  await expect(load(claims)).rejects.toMatchObject({ name: "ConfigError", message });
});

test.each([
  [null, "WEIR_GATEWAY_CONFIG names a file that holds one JSON object"],
  [[], "WEIR_GATEWAY_CONFIG names a file that holds one JSON object"],
  [{ ...FILE, id: "gateway 1" }, "id has 1 to 64 letters, digits, dots, dashes, underscores"],
  [{ ...FILE, hubs: [null] }, "hubs[0] is an object"],
  [{ ...FILE, relays: ["0x"] }, "relays[0] is an object"],
  [{ ...FILE, padded: ["seven"] }, "padded[0] is a number"],
  [{ ...FILE, sources: [1] }, "sources[0] is an object"],
])("%j: %s", async (file, message) => {
  await expect(read(file)).rejects.toMatchObject({ name: "ConfigError", message });
});
