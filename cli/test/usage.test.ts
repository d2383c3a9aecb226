// What is wrong before anybody is asked has exit code 2 and names the word and its rule; what is not there has exit code 4.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { run } from "../src/run.ts";

let folder: string;
let out: string[];
const path = (name: string) => join(folder, name);
const KEPT = [
  "WEIR_KEYSTORE",
  "WEIR_PASSPHRASE",
  "WEIR_PASSPHRASE_FILE",
  "WEIR_MARKET",
  "WEIR_RPC_URL",
  "WEIR_INDEXER_URL",
];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "weir-usage-"));
  writeFileSync(path("words.json"), '{"hello": 1}');
  writeFileSync(path("passphrase"), "short\n");
  writeFileSync(path("market.json"), '{"relays": [{"operator": "me", "multiaddrs": []}]}');
});
beforeEach(() => {
  out = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void out.push(line));
  for (const name of KEPT) vi.stubEnv(name, undefined);
  vi.stubEnv("WEIR_DATA_DIR", folder);
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  process.exitCode = undefined;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const DEAD = ["--rpc", "http://127.0.0.1:9"];

test.each<[what: string, code: number, words: RegExp, args: () => string[]]>([
  ["no such command", 2, /unknown command 'sell'/, () => ["sell"]],
  ["no such option", 2, /unknown option '--cheap'/, () => ["buy", "1", "--cheap"]],
  ["a listing that is no number", 2, /'listing'. It is a number from 1 up/, () => ["buy", "seven"]],
  ["a listing beyond all numbers", 2, /number from 1 up/, () => ["buy", "99999999999999999999"]],
  ["a grant that is too short", 2, /64 hexadecimal/, () => ["channel", "withdraw", "0x12"]],
  [
    "an address with a mistyped letter",
    2,
    /checksum/,
    () => ["hub", "role", "1", "0x70997970C51812dc3A010C7d01b50e0d17dc79c8", "manager"],
  ],
  [
    "a role that is none",
    2,
    /manager, treasurer, publisher/,
    () => ["hub", "role", "1", `0x${"11".repeat(20)}`, "king"],
  ],
  ["a device's name", 2, /letters, digits/, () => ["device", "register", "1", "buoy/8"]],
  ["a time", 2, /90s, 15m, 24h/, () => ["buy", "1", "--for", "soon"]],
  ["a way to pay", 2, /Allowed choices/, () => ["buy", "1", "--funding", "gold"]],
  [
    "a token for too long",
    2,
    /--for: /,
    () => ["device", "token", "1", "a", "--key", "x", "--gateway", "g", "--for", "2d"],
  ],
  [
    "a key that is none",
    2,
    /no private key in PEM/,
    () => ["device", "token", "1", "a", "--key", path("words.json"), "--gateway", "g"],
  ],
  [
    "a score that is none",
    2,
    /^--scores: are four numbers/,
    () => ["rating", "give", `0x${"11".repeat(32)}`, "--scores", "5,5,6,5"],
  ],
  ["no keystore", 2, /^--keystore: name/, () => ["wallet", "new"]],
  ["no passphrase", 2, /^--passphrase-file: name/, () => ["wallet", "new", "--keystore", path("w.json")]],
  [
    "a passphrase that is guessed",
    3,
    /at least 8 characters/,
    () => ["wallet", "new", "--keystore", path("w.json"), "--passphrase-file", path("passphrase")],
  ],
  [
    "a keystore that is none",
    2,
    /no Web3 keystore/,
    () => ["wallet", "show", "--keystore", path("words.json")],
  ],
  [
    "a market's file that is wrong",
    2,
    /--market: relays\[0\]\.operator in .* is an address/,
    () => ["listing", "show", "1", "--market", path("market.json")],
  ],
  [
    "a market's file that is not there",
    2,
    /does not exist/,
    () => ["listing", "show", "1", "--market", path("none.json")],
  ],
  ["an export that is not there", 2, /^file: /, () => ["verify", path("none.jsonl")]],
  ["a chain that is not there", 4, /HTTP request failed/, () => ["listing", "show", "1", ...DEAD]],
  [
    "an indexer that is not there",
    4,
    /--indexer: /,
    () => ["listing", "list", "--indexer", "http://127.0.0.1:9"],
  ],
  [
    "a fee above the cap",
    2,
    /--fee: /,
    () => ["relay", "register", "--endpoint", "/ip4/1.2.3.4/tcp/1/p2p/x", "--fee", "31"],
  ],
  [
    "an endpoint that is none",
    2,
    /--endpoint: /,
    () => ["relay", "register", "--endpoint", "relay.example:4001"],
  ],
  [
    "two peers in one relay",
    2,
    /the same everywhere/,
    () => ["relay", "register", "--endpoint", "/ip4/1.2.3.4/tcp/1/p2p/a,/ip4/1.2.3.4/tcp/2/p2p/b"],
  ],
])("%s: exit code %i", async (_, code, words, args) => {
  await run([...args(), "--json"]);
  const [line] = out;
  const { error } = JSON.parse(line!) as { error: { message: string } };
  expect(error.message).toMatch(words);
  expect(process.exitCode).toBe(code);
});
