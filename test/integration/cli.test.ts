// The command line as people use it: most steps a process of its own, against a real chain, relays, gateway and indexer. Long because
// what they start serves all of it.
//   operator a relay of one's own, in the registry
//   seller   wallet, hub, role, device with a key, gateway, listing from a file
//   trade    the kit's own lines publish; buy, watch into an export, a table and a broker; close; verify
//   revision the next version names that relay alone; keys are rotated on the way; it pulls its cut
//   rating   by who has paid, answered once
//   devices  a token, another key, the end of a device
//   time     a subscription is bought for a day and cancelled
//   request  a restricted listing is asked for, declined, approved, bought
//   doctor   all well; what is wrong, each on its line
//   channel  topped up, closed without the seller, withdrawn after the challenge
//   errors   each with its exit code: 2 usage, 3 refused by rule, 4 unreachable
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Aedes } from "aedes";
import { createPublicClient, createTestClient, createWalletClient, type Hex, http, parseEther } from "viem";
import { waitForTransactionReceipt } from "viem/actions";
import { hardhat } from "viem/chains";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { accountOf } from "../../scripts/stack/accounts.ts";
import { type Stack, startStack } from "../../scripts/stack/stack.ts";
import { ABIS, getRotations } from "../../sdk/src/chain/index.ts";
import { type Cli, cliIn, end, type Row } from "../support/cli.ts";

// A story is many processes, and a busy machine takes seconds to start each.
vi.setConfig({ testTimeout: 600_000 });

const PRICE = "0.0000001";
const MESSAGES = 120;

let folder: string;
let stack: Stack;
let gateway: ChildProcess | undefined;
let relay: ChildProcess | undefined;
let weir: Cli["weir"];
let done: Cli["done"];
let quick: Cli["quick"];
let quickly: Cli["quickly"];
let running: Cli["running"];
/** What the steps before have made. */
const made: { [name in "hub" | "listing" | "grant" | "paid" | "manager" | "carrier" | "gateway"]?: string } =
  {};
const path = (name: string) => join(folder, name);

/** A line that was meant to be pasted into a shell. */
async function shell(line: string, input = ""): Promise<number | null> {
  const child = spawn("sh", ["-c", line], { stdio: [input === "" ? "ignore" : "pipe", "ignore", "inherit"] });
  // A program that ends before it has read everything says why by its exit code.
  child.stdin?.on("error", () => undefined).end(input);
  const [code] = (await once(child, "close")) as [number | null];
  return code;
}

const LISTING = {
  title: "Tides at the pier",
  description: "Height of the water, every second.",
  category: "environment",
  keywords: ["tide", "water"],
  place: { name: "The pier", latitude: 53.5, longitude: 8.1 },
  licence: "CC-BY-4.0",
  source: { kind: "live", rate: "as it is published", origin: "a test" },
  schema: {
    fields: { n: { type: "number", title: "Number" }, value: { type: "number", unit: "m", title: "Height" } },
  },
  feed: { devices: ["buoy-7"] },
  plans: [
    { kind: "message", price: PRICE },
    { kind: "period", price: "0.001", period: "1d", notice: "1h" },
  ],
  relayCut: 5,
  challenge: "1h",
  flags: ["store", "analyse", "attribute"],
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weir-cli-"));
  ({ weir, done, quick, quickly, running } = cliIn(folder));
  stack = await startStack({ folder: path("run"), listings: [], indexer: true, log: () => undefined });
  await writeFile(path("stack.json"), JSON.stringify({ ...stack.file, gateways: [] }));
  await writeFile(path("passphrase"), "correct horse battery\n");
  await writeFile(path("listing.json"), JSON.stringify(LISTING));
});
afterAll(async () => {
  await end(gateway);
  await end(relay);
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** A new account with some ether. */
async function newWallet(name: string): Promise<string> {
  const { address } = await quickly(["wallet", "new"], name);
  const wallet = createWalletClient({
    account: accountOf("buyer3").account,
    chain: hardhat,
    transport: http(stack.file.rpc),
  });
  const hash = await wallet.sendTransaction({ to: address as `0x${string}`, value: parseEther("10") });
  await waitForTransactionReceipt(wallet, { hash, pollingInterval: 50 });
  return String(address);
}

test("an operator runs a relay and enters it into the registry; the checklist says what is missing", async () => {
  made.carrier = await newWallet("carrier");
  const { child, ready } = await running<{ multiaddrs: string[]; http: string }>(["relay", "run"], "carrier");
  relay = child;
  const checks = async () => {
    const { code, rows } = await quick(["relay", "status"], "carrier");
    return { code, missing: rows.filter(({ ok }) => ok !== true).map(({ check }) => check) };
  };
  expect(await checks()).toEqual({ code: 3, missing: ["registered"] });
  const { hostname, port } = new URL(ready.http);
  const endpoints = [...ready.multiaddrs, `/ip4/${hostname}/tcp/${port}/http`];
  const register = ["relay", "register", "--region", "pier", "--endpoint"];
  const entered = await quickly([...register, ready.multiaddrs[0]!, "--stake", "2"], "carrier");
  expect(entered).toMatchObject({ operator: made.carrier, feeBps: 500, stake: String(parseEther("2")) });
  const changed = await quickly([...register, endpoints.join(), "--fee", "3"], "carrier");
  expect(changed).toMatchObject({ endpoints, feeBps: 300, stake: String(parseEther("2")) });
  // Everything answers, and there is nothing to carry yet.
  expect(await checks()).toEqual({ code: 4, missing: ["serving"] });
  // The gateway is told of it by a file of its own. Everybody else has to find it in the registry.
  const relays = [{ operator: made.carrier, multiaddrs: ready.multiaddrs }];
  await writeFile(
    path("relays.json"),
    JSON.stringify({ ...stack.file, relays: [...stack.file.relays, ...relays] }),
  );
});

describe("seller", () => {
  test("makes a wallet, a hub, and a manager who registers a device", async () => {
    await newWallet("seller");
    made.manager = await newWallet("manager");
    expect(await quickly(["wallet", "show"], "manager")).toMatchObject({
      address: made.manager,
      balance: String(parseEther("10")),
    });
    const hub = await done(["hub", "create", "--name", "Harbour"], "seller");
    made.hub = String(hub.hub);
    await quickly(["hub", "role", made.hub, made.manager, "manager"], "seller");
    await quickly(["device", "register", made.hub, "buoy-7", "--key", path("buoy.pem")], "manager");
    const shown = await quickly(["hub", "show", made.hub]);
    expect(shown).toMatchObject({ owner: hub.owner, roles: [{ account: made.manager, roles: ["manager"] }] });
    expect(shown.devices).toMatchObject([{ name: "buoy-7", revokedAt: 0 }]);
  });

  test("starts a gateway of its own, checked before", async () => {
    const secrets = ["--secrets", path("hub.secrets.json"), "--secrets-passphrase-file", path("passphrase")];
    const config = ["--config", path("gateway.json")];
    await done(
      ["gateway", "init", made.hub!, ...secrets, ...config, "--id", "pier", "--fund", "1"],
      "seller",
      { WEIR_MARKET: path("relays.json") },
    );
    const settings = [...config, "--passphrase-file", path("passphrase")];
    const ports = { WEIR_PORT_MQTT: "0", WEIR_PORT_GATEWAY_HTTP: "0" };
    const checks = await weir(["gateway", "check", ...settings], undefined, ports);
    expect(checks.rows.filter(({ ok }) => ok !== true)).toEqual([]);
    expect(checks.code).toBe(0);

    const { child, ready } = await running<{ id: string; mqtt: string; http: string }>(
      ["gateway", "run", ...settings],
      undefined,
      ports,
    );
    gateway = child;
    expect(ready.id).toBe("pier");
    made.gateway = ready.http;
    // From here on the market's file names it, as npm start's does.
    await writeFile(path("stack.json"), JSON.stringify({ ...stack.file, gateways: [ready] }));
  });

  test("previews a listing, offers it, pauses it and puts it back", async () => {
    const preview = await quickly(["listing", "create", made.hub!, path("listing.json"), "--dry-run"]);
    expect(preview).toMatchObject({ dryRun: true, metadata: { name: LISTING.title } });
    const { listing } = await done(["listing", "create", made.hub!, path("listing.json")], "manager");
    made.listing = String(listing);
    const shown = await quickly(["listing", "show", made.listing]);
    expect(shown).toMatchObject({ version: 1, flags: ["store", "analyse", "attribute"] });
    // The preview was what was offered.
    expect(shown.terms).toEqual(preview.terms);
    expect(JSON.parse(String(shown.metadata))).toEqual(preview.metadata);
    await quickly(["listing", "pause", made.listing], "manager");
    const refused = await quick(["buy", made.listing, "--plan", "message", "--deposit", "0.01"], "manager");
    expect(refused).toMatchObject({ code: 3, rows: [{ error: { name: "ListingIsPaused" } }] });
    await quickly(["listing", "resume", made.listing], "manager");
    const list = await quick(["listing", "list", "--hub", made.hub!]);
    expect(list.rows).toMatchObject([{ listing: made.listing, title: LISTING.title, state: "on sale" }]);
  });
});

describe("trade", () => {
  test("bought, published by the kit's lines, watched, closed, verified", async () => {
    await newWallet("buyer");
    const bought = await done(["buy", made.listing!, "--plan", "message", "--deposit", "0.01"], "buyer");
    made.grant = String(bought.grantId);
    const watching = weir(
      ["watch", made.listing!, "--out", path("data.jsonl"), "--messages", String(MESSAGES + 1)],
      "buyer",
    );

    // One by password over MQTT as it was pasted, the run of them by a token under the device's own key, one by curl.
    const byPassword = await done(["device", "kit", made.hub!, "buoy-7"], "manager");
    const { mosquitto } = byPassword.kit as Record<string, string>;
    await published(mosquitto!);
    const byToken = await done(["device", "kit", made.hub!, "buoy-7", "--key", path("buoy.pem")]);
    const token = byToken.kit as Record<string, string>;
    expect(byToken.by).toBe("token");
    expect(await shell(token.curl!)).toBe(0);
    const lines = Array.from({ length: MESSAGES }, (_, n) => JSON.stringify({ n, value: n / 10 }));
    const run = token.mosquitto!.replace(/ -m .*$/, " -l");
    expect(await shell(run, `${lines.join("\n")}\n`)).toBe(0);

    const watched = await watching;
    expect(watched.said).toBe("");
    expect(watched.code).toBe(0);
    const ended = watched.rows.at(-1)!;
    expect(ended).toMatchObject({ event: "ended", grantId: made.grant });
    const text = await readFile(path("data.jsonl"), "utf8");
    const rows = text
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Row);
    const numbers = rows.flatMap((row) => {
      const { n } = row.type === "message" ? (JSON.parse(String(row.payload)) as { n?: number }) : {};
      return n === undefined ? [] : [n];
    });
    // In order and none twice; the end may lie in a segment behind the last that was waited for.
    expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, n) => n));
    expect(numbers.length).toBeGreaterThan(MESSAGES - 5);
    expect(BigInt(String(ended.due))).toBe(BigInt(Number(ended.received)) * parseEther(PRICE));
    expect(await weir(["verify", path("data.jsonl")])).toMatchObject({
      code: 0,
      rows: [{ verified: true, gaps: [] }],
    });
  });

  test("a table and a broker take what comes next; nothing is written over", async () => {
    const publishing = new AbortController();
    const { kit } = await done(["device", "kit", made.hub!, "buoy-7", "--key", path("buoy.pem")]);
    const { mosquitto } = kit as Record<string, string>;
    const flow = keepPublishing(mosquitto!, publishing.signal);
    try {
      const table = await weir(
        ["watch", made.listing!, "--out", path("data.csv"), "--messages", "3"],
        "buyer",
      );
      expect(table).toMatchObject({ code: 0 });
      const [head, first] = (await readFile(path("data.csv"), "utf8")).split("\r\n");
      expect(head).toBe("time,device,topic,segmentId,n,value,payload");
      expect(first).toMatch(/^\d{4}-.*,buoy-7,data,0x[0-9a-f]{64},,21\.5,$/);
      const again = await weir(
        ["watch", made.listing!, "--out", path("data.csv"), "--messages", "1"],
        "buyer",
      );
      expect(again).toMatchObject({
        code: 3,
        rows: [{ error: { name: "RefusedByRule" } }],
      });
      const heard = await throughBroker(async (address) => {
        const sent = await weir(
          ["watch", made.grant!, "--out", `${address}/copy`, "--messages", "2"],
          "buyer",
        );
        expect(sent.said).toBe("");
        expect(sent.code).toBe(0);
      });
      expect(heard.length).toBeGreaterThanOrEqual(2);
      expect(heard[0]).toEqual({ topic: "copy/buoy-7/data", payload: '{"value": 21.5}' });
    } finally {
      publishing.abort();
      await flow;
    }
  });

  test("closed by the seller's gateway for exactly what was received; an edited export is refused", async () => {
    const closed = await done(["channel", "close", made.grant!], "buyer");
    expect(closed).toMatchObject({ by: "gateway", symbol: "ETH" });
    expect(BigInt(String(closed.captured)) + BigInt(String(closed.refund))).toBe(parseEther("0.01"));
    const [channel] = (await weir(["channel", "list"], "buyer")).rows;
    expect(channel).toMatchObject({ grant: made.grant, state: "closed", claimed: closed.captured });
    const text = await readFile(path("data.jsonl"), "utf8");
    await writeFile(path("edited.jsonl"), text.replace('\\"value\\":1.1}', '\\"value\\":1.2}'));
    expect(await weir(["verify", path("edited.jsonl")])).toMatchObject({
      code: 3,
      rows: [{ error: { name: "VerifyError" } }],
    });
    expect(await weir(["channel", "close", made.grant!], "buyer")).toMatchObject({ code: 3 });
    expect(await weir(["watch", made.listing!], "buyer")).toMatchObject({
      code: 3,
      rows: [{ error: { name: "RefusedByRule" } }],
    });
  });
});

test("the next version names one's own relay alone: it carries a trade over a change of keys and pulls exactly its cut", async () => {
  const title = "Tides at the new pier";
  await writeFile(path("revised.json"), JSON.stringify({ ...LISTING, title, relays: [made.carrier] }));
  const revise = ["listing", "revise", made.listing!, path("revised.json")];
  expect(await quickly([...revise, "--dry-run"])).toMatchObject({
    dryRun: true,
    terms: { relays: [made.carrier] },
  });
  expect(await quickly(revise, "manager")).toMatchObject({ listing: made.listing, version: 2 });
  const before = await quickly(["listing", "show", made.listing!, "--version", "1"]);
  expect(JSON.parse(String(before.metadata))).toMatchObject({ name: LISTING.title });
  await listed("new pier", [{ listing: made.listing, title, version: 2, state: "on sale" }]);

  const bought = await quickly(["buy", made.listing!, "--plan", "message", "--deposit", "0.01"], "buyer");
  const grantId = bought.grantId as Hex;
  const { kit } = await quickly(["device", "kit", made.hub!, "buoy-7", "--key", path("buoy.pem")]);
  const publishing = new AbortController();
  const flow = keepPublishing((kit as Record<string, string>).mosquitto!, publishing.signal);
  const rotations = () => getRotations(client(), { contracts: stack.file.contracts, grantId });
  try {
    const watch = ["watch", grantId, "--messages", "3"];
    expect(await weir(watch, "buyer")).toMatchObject({ code: 0 });
    await quickly(["grant", "rotate", grantId], "buyer");
    expect(await rotations()).toHaveLength(1);
    expect(await weir(watch, "buyer")).toMatchObject({ code: 0 });
  } finally {
    publishing.abort();
    await flow;
  }
  made.paid = grantId;
  const { by, captured } = await quickly(["channel", "close", grantId], "buyer");
  expect(by).toBe("gateway");
  const cut = (BigInt(String(captured)) * 5n) / 100n;
  expect(cut).toBeGreaterThan(0n);

  const address = made.carrier as Hex;
  const balance = await client().getBalance({ address });
  const { rows } = await weir(["relay", "pull"], "carrier");
  expect(rows).toMatchObject([{ escrow: "Channels", amount: String(cut), symbol: "ETH" }]);
  const { gasUsed, effectiveGasPrice } = await client().getTransactionReceipt({
    hash: rows[0]!.transactionHash as Hex,
  });
  expect(await client().getBalance({ address })).toBe(balance + cut - gasUsed * effectiveGasPrice);
  expect(await quick(["relay", "pull"], "carrier")).toMatchObject({ code: 0, rows: [] });
  const status = await quick(["relay", "status"], "carrier");
  expect(status.rows.filter(({ ok }) => ok !== true)).toEqual([]);
  expect(status.code).toBe(0);
});

test("who has paid rates, the seller answers each revision once, and everybody reads both", async () => {
  const { address: buyer } = await quickly(["wallet", "show"], "buyer");
  const give = ["rating", "give", made.paid!, "--scores", "5,5,4,5", "--comment", "As described."];
  const given = { listing: made.listing, revision: 1, scores: [5, 5, 4, 5] };
  expect(await quickly(give, "buyer")).toMatchObject(given);
  const respond = ["rating", "respond", made.listing!, String(buyer), "--text", "Thank you."];
  expect(await quickly(respond, "manager")).toMatchObject({ buyer, revision: 1 });
  expect(await quick(respond, "manager")).toMatchObject({
    code: 3,
    rows: [{ error: { name: "ResponseExists" } }],
  });
  expect(
    await quick(["rating", "respond", made.listing!, made.carrier!, "--text", "?"], "manager"),
  ).toMatchObject({ code: 3, rows: [{ error: { name: "RefusedByRule" } }] });
  const response = { text: "Thank you.", by: made.manager };
  await expect
    .poll(async () => (await quick(["rating", "list", made.listing!])).rows, { timeout: 30_000 })
    .toMatchObject([{ buyer, revision: 1, scores: [5, 5, 4, 5], comment: "As described.", response }]);
});

test("a device signs its tokens; with another key the old ones are refused, and a revoked device is", async () => {
  const key = (name: string) => ["--key", path(name)];
  await quickly(["device", "register", made.hub!, "buoy-8", ...key("old.pem")], "manager");
  const signed = async (name: string) =>
    String(
      (
        await quickly([
          "device",
          "token",
          made.hub!,
          "buoy-8",
          ...key(name),
          "--gateway",
          "pier",
          "--for",
          "1h",
        ])
      ).token,
    );
  /** Polled: the gateway sees what the chain says within a block. */
  const answers = (token: string, status: number) =>
    expect
      .poll(
        async () => {
          const url = `${made.gateway}/v1/ingest/${made.hub}/buoy-8`;
          const headers = { authorization: `Bearer ${token}` };
          const answer = await fetch(url, { method: "POST", headers, body: "1" });
          await answer.body?.cancel();
          return answer.status;
        },
        { timeout: 30_000, interval: 200 },
      )
      .toBe(status);
  const old = await signed("old.pem");
  await answers(old, 200);
  await quickly(["device", "rotate", made.hub!, "buoy-8", ...key("new.pem")], "manager");
  await answers(old, 401);
  const young = await signed("new.pem");
  await answers(young, 200);
  await answers(await signed("old.pem"), 401);
  await quickly(["device", "revoke", made.hub!, "buoy-8"], "manager");
  await answers(young, 401);
  const { devices } = await quickly(["hub", "show", made.hub!]);
  expect(devices).toMatchObject([
    { name: "buoy-7", revokedAt: 0 },
    { name: "buoy-8", revokedAt: expect.any(Number) },
  ]);
  expect((devices as { revokedAt: number }[])[1]!.revokedAt).toBeGreaterThan(0);
});

test("a subscription is bought for a day and cancelled: the notice is paid, the rest comes back", async () => {
  const bought = await done(["buy", made.listing!, "--plan", "period", "--for", "1d"], "buyer");
  const [row] = (await quick(["subscription", "list"], "buyer")).rows;
  expect(row).toMatchObject({
    grant: bought.grantId,
    state: "running",
    deposit: String(parseEther("0.001")),
  });
  const cancelled = await quickly(["subscription", "cancel", String(bought.grantId)], "buyer");
  const kept = parseEther("0.001") - BigInt(String(cancelled.refund));
  const hour = parseEther("0.001") / 24n;
  expect(kept).toBeGreaterThanOrEqual(hour);
  expect(kept).toBeLessThan(hour + (parseEther("0.001") * 300n) / 86_400n);
});

test("a restricted listing: asked for with a note that only the seller reads, declined, approved, bought", async () => {
  await writeFile(
    path("restricted.json"),
    JSON.stringify({ ...LISTING, title: "For members", flags: ["restricted"], plans: [{ kind: "free" }] }),
  );
  const { listing } = await quickly(["listing", "create", made.hub!, path("restricted.json")], "seller");
  const id = String(listing);
  const { address: buyer } = await quickly(["wallet", "show"], "buyer");
  expect(await quick(["buy", id], "buyer")).toMatchObject({
    code: 3,
    rows: [{ error: { name: "RefusedByRule" } }],
  });
  await quickly(["request", "create", id, "--note", "for a study of tides"], "buyer");
  const list = async () => (await weir(["request", "list", "--hub", made.hub!, "--notes"], "seller")).rows;
  expect(await list()).toMatchObject([{ buyer, state: "open", note: "for a study of tides" }]);
  await quickly(["request", "decline", id, String(buyer), "--reason", "members only"], "manager");
  expect(await list()).toMatchObject([{ state: "declined", reason: "members only" }]);
  await quickly(["request", "approve", id, String(buyer)], "manager");
  expect(await quickly(["buy", id], "buyer")).toMatchObject({ kind: "free", amount: "0" });

  const { bondFrom } = await quickly(["listing", "close", id], "seller");
  const { timestamp } = await client().getBlock();
  expect(bondFrom).toBeGreaterThan(Number(timestamp));
  expect(await quick(["listing", "resume", id], "seller")).toMatchObject({
    code: 3,
    rows: [{ error: { name: "ListingIsClosed" } }],
  });
  await listed("members", [{ listing: id, state: "closed" }]);
});

test("doctor: all well; a contract, a gateway and a chain that are not there", async () => {
  await expect.poll(async () => (await quick(["doctor"], "buyer")).code, { timeout: 30_000 }).toBe(0);
  const { rows } = await quick(["doctor"], "buyer");
  expect(rows.map(({ check }) => check)).toEqual([
    "node",
    "disk",
    "chain",
    "contracts",
    "keystore",
    "market",
    "relay",
    "relay",
    "gateway",
    "indexer",
  ]);
  const { address } = await quickly(["wallet", "show"], "buyer");
  const contracts = { ...stack.file.contracts, Relays: address };
  const gateways = [{ id: "pier", mqtt: "mqtt://127.0.0.1:9", http: "http://127.0.0.1:9" }];
  await writeFile(path("wrong.json"), JSON.stringify({ ...stack.file, contracts, gateways }));
  const wrong = async (args: string[]) => {
    const { code, rows } = await quick(["doctor", ...args], "nobody", { WEIR_MARKET: path("wrong.json") });
    return { code, missing: rows.filter(({ ok }) => ok !== true) };
  };
  expect(await wrong([])).toMatchObject({
    code: 4,
    missing: [
      { check: "contracts", detail: `no code: Relays at ${address}` },
      { check: "keystore", detail: expect.stringContaining("does not exist") },
      { check: "gateway", detail: expect.stringMatching(/^pier does not answer/) },
    ],
  });
  expect(await wrong(["--rpc", "http://127.0.0.1:9"])).toMatchObject({
    code: 4,
    missing: [{ check: "chain" }, { check: "keystore" }],
  });
});

test("a gateway's backup: refused while it runs, whole when it is stopped, and never over what is there", async () => {
  const settings = ["--config", path("gateway.json"), "--passphrase-file", path("passphrase")];
  const busy = await quick(["gateway", "backup", path("copy"), ...settings]);
  expect(busy.code).toBe(3);
  await end(gateway);
  expect(await done(["gateway", "backup", path("copy"), ...settings])).toMatchObject({
    files: [`hub-${made.hub}.secrets.json`, "gateway.db"],
  });
  expect((await quick(["gateway", "restore", path("copy"), ...settings])).code).toBe(2);
  const elsewhere = [...settings, "--data", path("data/second")];
  expect(await done(["gateway", "restore", path("copy"), ...elsewhere])).toMatchObject({
    restore: path("copy"),
  });
  await writeFile(path("copy/gateway.db"), "not it");
  const damaged = await quick([
    "gateway",
    "restore",
    path("copy"),
    ...settings,
    "--data",
    path("data/third"),
  ]);
  expect(damaged.code).toBe(3);
});

test("what earns: nothing is due twice, and nothing is owed to a stranger", async () => {
  const runs = [await quick(["claim", "--hub", made.hub!], "seller")];
  // Time goes on between the two, a second of the chain's at least: the second claims what has vested since, and not a unit of the first again.
  await sleep(1_100);
  runs.push(await quick(["claim", "--hub", made.hub!], "seller"));
  expect(runs.map(({ code }) => code)).toEqual([0, 0]);
  const claims = await client().getContractEvents({
    abi: ABIS.Subscriptions,
    address: stack.file.contracts.Subscriptions,
    eventName: "SubscriptionClaimed",
    fromBlock: 0n,
    strict: true,
  });
  const before = new Map<string, bigint>();
  const paid = new Map<string, bigint>();
  for (const { args, transactionHash } of claims) {
    const more = args.claimed - (before.get(args.subscriptionId) ?? 0n);
    before.set(args.subscriptionId, args.claimed);
    paid.set(transactionHash, (paid.get(transactionHash) ?? 0n) + more);
  }
  // What was paid when the buyer cancelled comes before the first claim, so only the second one's sum follows from the events.
  const rows = runs[1]!.rows.filter(({ act }) => act === "claimed");
  expect(rows.length).toBeGreaterThan(0);
  for (const { transactionHash, amount } of rows)
    expect(String(paid.get(String(transactionHash)))).toBe(amount);
  expect(await quick(["relay", "pull"], "buyer")).toMatchObject({ code: 0, rows: [] });
  const operator = accountOf("relay1").account.address;
  const status = await quick(["relay", "status", operator]);
  expect(status.rows.find(({ check }) => check === "registered")).toMatchObject({ ok: true });
  expect(status.rows.find(({ check }) => check === "ready")).toMatchObject({ ok: true });
});

test("a channel is topped up, closed without the seller, and withdrawn when the challenge is over", async () => {
  const bought = await quickly(["buy", made.listing!, "--plan", "message", "--deposit", "0.01"], "buyer");
  const grant = String(bought.grantId);
  const state = async () =>
    (await quick(["channel", "list"], "buyer")).rows.find((row) => row.grant === grant)!;
  const closing = await quickly(["channel", "close", grant, "--on-chain"], "buyer");
  expect(closing).toMatchObject({ by: "challenge", closeAt: expect.any(Number) });
  expect(await state()).toMatchObject({ state: "closing", closeAt: closing.closeAt });
  expect(await quick(["channel", "withdraw", grant], "buyer")).toMatchObject({
    code: 3,
    rows: [{ error: { name: "ChallengeRunning" } }],
  });
  const whole = String(parseEther("0.015"));
  const more = await quickly(["channel", "top-up", grant, "--amount", "0.005"], "buyer");
  expect(more).toMatchObject({ added: String(parseEther("0.005")), deposit: whole });
  // More money says that one stays.
  expect(await state()).toMatchObject({ state: "open", deposit: whole, left: whole, closeAt: 0 });
  await quickly(["channel", "close", grant, "--on-chain"], "buyer");
  const chain = createTestClient({ chain: hardhat, mode: "hardhat", transport: http(stack.file.rpc) });
  await chain.increaseTime({ seconds: 3_601 });
  expect(await quickly(["channel", "withdraw", grant], "buyer")).toMatchObject({
    refund: whole,
    symbol: "ETH",
  });
  expect(await state()).toMatchObject({ state: "closed", left: "0", claimed: "0" });
});

describe("errors", () => {
  // What is wrong before anybody is asked: cli/test/usage.test.ts.
  const rows: [what: string, code: number, name: string, args: () => string[], who?: string][] = [
    ["no such listing", 3, "ListingUnknown", () => ["listing", "show", "999"]],
    ["without the role", 3, "RoleMissing", () => ["device", "register", made.hub!, "buoy-8"], "buyer"],
    [
      "a deposit below the entry",
      3,
      "RefusedByRule",
      () => ["buy", made.listing!, "--plan", "message", "--deposit", "0.0000001"],
      "buyer",
    ],
    ["a plan that is not there", 2, "UsageError", () => ["buy", made.listing!, "--plan", "flat"], "buyer"],
    [
      "a gateway that is not there",
      4,
      "GatewayUnreachable",
      () => [
        "device",
        "kit",
        made.hub!,
        "buoy-7",
        "--gateway",
        "pier",
        "--gateway-url",
        "http://127.0.0.1:9",
      ],
      "manager",
    ],
  ];
  test.each(rows)("%s: exit code %i", async (_, code, name, args, who) => {
    expect(await quick(args(), who)).toMatchObject({ code, rows: [{ error: { name } }] });
  });
});

const client = () => createPublicClient({ chain: hardhat, transport: http(stack.file.rpc) });

/** What the indexer lists of a query, as soon as it has followed. */
const listed = (query: string, rows: Row[]) =>
  expect
    .poll(async () => (await quick(["listing", "list", "--query", query])).rows, { timeout: 30_000 })
    .toMatchObject(rows);

/** A kit's line works as soon as the gateway has seen the device and its listing. */
const published = (line: string) =>
  expect.poll(() => shell(line), { timeout: 20_000, interval: 200 }).toBe(0);

async function keepPublishing(line: string, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) expect(await shell(line)).toBe(0);
}

/** A broker of somebody else's, and what it hears while `act` runs. */
async function throughBroker(
  act: (address: string) => Promise<void>,
): Promise<{ topic: string; payload: string }[]> {
  const broker = await Aedes.createBroker();
  const heard: { topic: string; payload: string }[] = [];
  broker.on("publish", ({ topic, payload }, client) => {
    if (client) heard.push({ topic, payload: payload.toString() });
  });
  const server = createServer((socket) => broker.handle(socket));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    await act(`mqtt://127.0.0.1:${(server.address() as { port: number }).port}`);
  } finally {
    await new Promise<void>((resolve) => broker.close(resolve));
    await new Promise((resolve) => server.close(resolve));
  }
  return heard;
}
