// `npm run demo`: one trade told as a story. A device publishes with mosquitto_pub, the gateway seals, the relay carries,
// sdk/examples/buy.ts pays for every message, two transactions settle it, the export is verified, and tampering is found.
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { createPublicClient, formatEther, type Hex, http, parseEventLogs } from "viem";
import { hardhat } from "viem/chains";
import { channelsAbi } from "../sdk/src/generated/index.ts";
import { SEED_LISTINGS, type SeedListing } from "./stack/listings.ts";
import { devicePassword, seedListing } from "./stack/seed.ts";
import { CHAIN_ID, type Stack, startStack, writeWhole } from "./stack/stack.ts";
import { EDITS, tampered } from "./stack/tamper.ts";

const HELP = `npm run demo [-- --messages 10000] [-- --rate 1000] [-- --json]

Starts chain, relay and gateway as npm start does, sells one listing by the message, and prints the figures.
With --json the last line of stdout is one JSON object.
`;
const { values } = parseArgs({
  options: {
    messages: { type: "string", default: "10000" },
    rate: { type: "string", default: "1000" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const count = whole("messages", values.messages, 1_000_000);
const rate = whole("rate", values.rate, 5000);

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};

function whole(name: string, text: string, max: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= max) return value;
  process.stderr.write(`--${name}: ${text} is not a whole number from 1 to ${max}\n`);
  process.exit(2);
}

const SOURCE = SEED_LISTINGS.find(({ device }) => device === "normals-seattle")!;
const PRICE = 10n ** 11n;
/** What one second of the demo may be worth, twice: an epoch takes at most half of it. */
const ENTRY_MESSAGES = 8192n;
const DEMO: SeedListing = {
  ...SOURCE,
  seller: 1,
  device: "demo",
  topic: "reading",
  title: "Demo readings",
  source: { ...SOURCE.source, rate: `${rate} messages a second` },
  plan: { ...SOURCE.plan, kind: 0, price: PRICE, unit: 1n, entry: ENTRY_MESSAGES * PRICE },
};

type Arrived = { n: number; sentMs: number; receivedMs: number };
type Bought = { grantId: Hex; transactionHash: Hex; gasUsed: string; minedMs: number };
type Stopped = {
  by: string;
  transactionHash: Hex;
  messages: number;
  due: string;
  vouchers: number;
  file: string;
};

/** The buyer: the published example, in a process of its own. */
function startBuyer(folder: string, listingId: bigint, deposit: bigint, file: string) {
  const args = [
    "--disable-warning=ExperimentalWarning",
    "sdk/examples/buy.ts",
    String(listingId),
    String(count),
    formatEther(deposit),
    file,
  ];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, WEIR_DATA_DIR: folder },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const arrived: Arrived[] = [];
  const live = Promise.withResolvers<void>();
  const bought = Promise.withResolvers<Bought>();
  const stopped = Promise.withResolvers<Stopped>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const row = JSON.parse(line);
    if (row.event === "bought") bought.resolve(row);
    else if (row.event === "state" && row.status === "live") live.resolve();
    else if (row.event === "message") arrived.push({ ...row.json, receivedMs: row.receivedMs });
    else if (row.event === "stopped") stopped.resolve(row);
    if (row.event === "message" && arrived.length % 2000 === 0)
      say(`  ${arrived.length} of ${count} messages paid for`);
  });
  child.once("exit", (code) => {
    const error = new Error(`the buyer ended with ${code}`);
    for (const waiting of [live, bought, stopped]) waiting.reject(error);
  });
  // Rejections are seen by whoever awaits; the others must not go unhandled.
  for (const waiting of [live, bought, stopped]) waiting.promise.catch(() => undefined);
  return { child, arrived, live: live.promise, bought: bought.promise, stopped: stopped.promise };
}

/** mosquitto_pub where it is installed, else the command-line client that comes with the mqtt package. */
function startDevice(broker: string, login: { user: string; password: string }): ChildProcess {
  const { hostname, port } = new URL(broker);
  const topic = `${DEMO.device}/${DEMO.topic}`;
  if (spawnSync("mosquitto_pub", ["--version"]).error === undefined) {
    const args = [
      "-h",
      hostname,
      "-p",
      port,
      "-u",
      login.user,
      "-P",
      login.password,
      "-t",
      topic,
      "-q",
      "1",
      "-l",
    ];
    return spawn("mosquitto_pub", args, { stdio: ["pipe", "inherit", "inherit"] });
  }
  say("  mosquitto_pub is not installed: using the client of the mqtt package");
  const program = createRequire(import.meta.url).resolve("mqtt/build/bin/mqtt.js");
  const args = [
    program,
    "pub",
    "-h",
    hostname,
    "-p",
    port,
    "-u",
    login.user,
    "-P",
    login.password,
    "-t",
    topic,
    "-q",
    "1",
    "-s",
    "-M",
  ];
  return spawn(process.execPath, args, { stdio: ["pipe", "ignore", "inherit"] });
}

/** Writes `count` readings at `rate` a second, one line each. */
async function publish(device: ChildProcess): Promise<void> {
  const readings = DEMO.readings();
  const startedAt = performance.now();
  for (let n = 0; n < count; ) {
    const due = Math.min(count, Math.ceil(((performance.now() - startedAt) / 1000) * rate));
    let lines = "";
    for (; n < due; n++) lines += `${JSON.stringify({ n, sentMs: Date.now(), ...readings.next().value })}\n`;
    if (lines !== "") device.stdin!.write(lines);
    await new Promise((done) => setTimeout(done, 10));
  }
  device.stdin!.end();
}

const percentile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

async function trade(stack: Stack, folder: string) {
  const { rpc, contracts, gateways, relays } = stack.file;
  const client = createPublicClient({ chain: hardhat, transport: http(rpc), pollingInterval: 50 });
  const hub = stack.hubs[0]!;
  const { listingId } = await seedListing({
    rpc,
    contracts,
    folder,
    hub,
    listing: DEMO,
    token: stack.token,
    relays: relays.map(({ operator }) => operator),
  });
  say(`listed: "${DEMO.title}" as listing ${listingId}, ${formatEther(PRICE)} ETH a message`);
  const login = await devicePassword({ gateway: gateways[0]!, chainId: CHAIN_ID, hub, device: DEMO.device });
  say(`the device has its password: user ${login.user}`);

  const file = join(folder, "export.jsonl");
  const deposit = PRICE * (BigInt(count) + 2n * ENTRY_MESSAGES);
  const buyer = startBuyer(folder, listingId, deposit, file);
  const bought = await buyer.bought;
  say(`bought with ${formatEther(deposit)} ETH in escrow, transaction ${bought.transactionHash}`);
  await buyer.live;
  const before = await client.getBlockNumber({ cacheTime: 0 });
  say(`publishing ${count} messages at ${rate} a second`);
  const device = startDevice(gateways[0]!.mqtt, login);
  await publish(device);
  const stopped = await buyer.stopped;
  if (stopped.by !== "gateway")
    throw new Error(`the gateway did not close the channel: ${JSON.stringify(stopped)}`);
  say(`stopped: closed by the seller's gateway, transaction ${stopped.transactionHash}`);

  const after = await client.getBlockNumber({ cacheTime: 0 });
  let settlementTransactions = 0;
  for (let block = before + 1n; block <= after; block++) {
    settlementTransactions += (await client.getBlock({ blockNumber: block })).transactions.length;
  }
  const settle = await client.getTransactionReceipt({ hash: stopped.transactionHash });
  const [closed] = parseEventLogs({ abi: channelsAbi, logs: settle.logs, eventName: "ChannelClosed" });
  if (closed === undefined) throw new Error("the settling transaction closed no channel");

  say(`verifying the export, and ${Object.keys(EDITS).length} edited copies of it`);
  const deployment = join(folder, "deployments", `${CHAIN_ID}.json`);
  const verify = spawnSync(
    process.execPath,
    ["cli/src/main.ts", "verify", file, "--rpc", rpc, "--deployment", deployment],
    { encoding: "utf8" },
  );
  say(`  ${(verify.stdout || verify.stderr).trim()}`);
  const edits = await tampered({
    lines: readFileSync(file, "utf8").trim().split("\n"),
    client,
    contracts,
    chainId: CHAIN_ID,
  });
  for (const { edit, refusedBy } of edits)
    say(`  ${refusedBy === null ? "NOT FOUND" : "found"}: ${edit}${refusedBy ? ` (${refusedBy})` : ""}`);

  const numbers = buyer.arrived.map(({ n }) => n);
  const complete = numbers.length === count && numbers.every((n, i) => n === i);
  const latencies = buyer.arrived.map(({ sentMs, receivedMs }) => receivedMs - sentMs).sort((a, b) => a - b);
  return {
    complete,
    figures: {
      messages: buyer.arrived.length,
      paidMessages: Number(closed.args.claimed / PRICE),
      vouchers: stopped.vouchers,
      settlementTransactions,
      amountPaid: stopped.due,
      amountClaimed: String(closed.args.claimed),
      refunded: String(closed.args.refund),
      gas: { open: Number(bought.gasUsed), settle: Number(settle.gasUsed) },
      firstMessageMs: (buyer.arrived[0]?.receivedMs ?? 0) - bought.minedMs,
      latencyMs: { p50: percentile(latencies, 0.5), p99: percentile(latencies, 0.99) },
      exportVerified: verify.status === 0,
      tamperDetected: edits.length >= 10 && edits.every(({ refusedBy }) => refusedBy !== null),
    },
  };
}

async function main(): Promise<number> {
  const folder = resolve(process.env.WEIR_DATA_DIR ?? ".weir", "demo");
  say("starting chain, relay and gateway");
  const stack = await startStack({ folder, listings: [], log: (line) => say(`  ${line}`) });
  const interrupted = () => void stack.stop().then(() => process.exit(130));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, interrupted);
  try {
    await writeWhole(join(folder, "stack.json"), JSON.stringify(stack.file));
    const result = await Promise.race([
      trade(stack, folder),
      stack.broken.then((sentence) => Promise.reject(new Error(sentence))),
    ]);
    const { figures, complete } = result;
    if (values.json) process.stdout.write(`${JSON.stringify(figures)}\n`);
    else {
      say("");
      for (const [name, value] of Object.entries(figures)) {
        process.stdout.write(
          `${name.padEnd(24)}${typeof value === "object" ? JSON.stringify(value) : value}\n`,
        );
      }
    }
    if (!complete) say("the messages that arrived are not those that were published");
    const { claimed, paid } = { claimed: figures.amountClaimed, paid: figures.amountPaid };
    if (claimed !== paid) say(`the bill is wrong: ${paid} was metered, ${claimed} was claimed`);
    return complete && claimed === paid && figures.exportVerified && figures.tamperDetected ? 0 : 1;
  } finally {
    await stack.stop();
  }
}

main().then(
  (code) => process.exit(code),
  (error: Error) => {
    say(`weir: ${error.message}`);
    process.exit(1);
  },
);
