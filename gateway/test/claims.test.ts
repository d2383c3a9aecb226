// Channels turned into money without closing them, on a real chain by the real program: never more than is owed, though buyers' vouchers run ahead.
//
// value: the highest voucher that is owed in full, to the wei · the operator's view of it, for nobody else
// batch: one transaction; a damaged voucher is skipped, the others are paid, and it is not tried again
// stuck: same nonce, higher price · killed between sending and mining: neither forgotten nor sent twice
// replaced: a claim and a close whose block is in the chain no more are made again
// end: a channel that cannot be closed is claimed before its payer may withdraw
// age: after an hour, unless the claim costs more than it brings; subscriptions alike
import { spawn } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { buy, getChannel, getSubscription, registerPublisherKey, requestClose } from "@weir/sdk/chain";
import type { Hex } from "@weir/sdk/core";
import { channelsAbi } from "@weir/sdk/generated";
import type { MqttClient } from "mqtt";
import { parseEventLogs, zeroAddress } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  freePlan,
  makePurchase,
  OPERATOR,
  publisherKey,
  RELAY,
  SELLER,
  type TestListing,
} from "../../test/support/market.ts";
import type { Buyer } from "./support/buyer.ts";
import { Stand } from "./support/stand.ts";
import {
  type RunningGateway,
  readJson,
  startWorld,
  statusOf as statusIn,
  type World,
} from "./support/world.ts";

/** A message. A claim costs about a tenth of a gwei-priced P. */
const P = 10n ** 14n;
const CHEAP = 10n ** 11n;
const STRANGER_OPERATOR = 7;
/** Of subscriptions. */
const BUYERS = [4, 5];
const patience = { timeout: 60_000, interval: 50 };
let world: World;
let gateway: RunningGateway;
let dataDir: string;
let client: MqttClient;
let stand: Stand;
/** Its channels can be closed by another account than the gateway's. */
let foreign: Stand;
let cheap: Stand;
/** Sold by the hour, for 20 P or next to nothing; no device feeds it. */
let byHour: TestListing;

beforeAll(async () => {
  world = await startWorld();
  const { chain, hubId } = world;
  await world.device("probe");
  const operator = chain.accounts[STRANGER_OPERATOR]!.address;
  const { privateKey: _, ...publicKey } = await publisherKey();
  const { contracts } = chain;
  await registerPublisherKey(chain.wallet(SELLER), { contracts, hubId, account: operator, publicKey });
  stand = await Stand.open(world, { account: RELAY, price: P });
  foreign = await Stand.open(world, { account: 4, price: P, operator });
  cheap = await Stand.open(world, { account: 5, price: CHEAP });
  const hour = { ...freePlan, kind: 2, unit: 0n, period: 3_600 };
  const plans = [20n * P, CHEAP].map((price) => ({ ...hour, price }));
  byHour = await world.listing(
    "by the hour",
    { plans },
    JSON.stringify({ name: "h", feed: { devices: ["-"] } }),
  );
  dataDir = join(world.folder, "data");
  gateway = await start(9n * P);
  client = await world.connect(gateway, "probe");
});
afterAll(async () => {
  client?.end(true);
  for (const one of [stand, foreign, cheap]) await one?.relay.stop();
  await world?.stop();
});

/** The program on the same data, claiming what is worth so much. */
const start = (value: bigint): Promise<RunningGateway> =>
  world.gateway({
    dataDir,
    config: { claims: { values: { [zeroAddress]: String(value) }, replaceSeconds: 1 } },
    env: gateway ? { WEIR_PORT_MQTT: String(gateway.mqttPort) } : {},
  });

const slot = ({ paymentId: channelId }: Buyer) =>
  getChannel(world.chain.client, { contracts: world.chain.contracts, channelId });
const claimed = async (buyer: Buyer) => (await slot(buyer)).claimed;
const operator = () => world.chain.accounts[OPERATOR]!.address;
const nonce = (blockTag: "latest" | "pending" = "latest") =>
  world.chain.client.getTransactionCount({ address: operator(), blockTag });

type StatusFile = { url: string; token: string };
const statusOf = ({ paymentId }: Buyer) => statusIn(dataDir, paymentId);

describe("by value", () => {
  let buyer: Buyer;

  test("the highest voucher that is owed in full is claimed, and nothing of what was prepaid", async () => {
    const { chain } = world;
    const payee = chain.accounts[SELLER]!.address;
    const opened = await stand.buyer(client, [9n * P, 13n * P, 40n * P]);
    ({ buyer } = opened);
    const before = await chain.client.getBalance({ address: payee });
    await stand.publish(client, 11, opened.fromSeq);
    await expect.poll(() => claimed(buyer), patience).toBe(9n * P);
    // 11 messages are owed, 40 signed.
    await expect
      .poll(() => statusOf(buyer), patience)
      .toMatchObject({
        owed: String(11n * P),
        signed: String(40n * P),
        covered: String(9n * P),
        claimed: String(9n * P),
        waitingSince: null,
        capture: null,
      });
    // 5 % are the relay's.
    expect((await chain.client.getBalance({ address: payee })) - before).toBe((9n * P * 95n) / 100n);
    const { lastClaim } = (await statusOf(buyer))!;
    const receipt = await chain.client.getTransactionReceipt({ hash: lastClaim! });
    expect(receipt.from).toBe(operator().toLowerCase());
    expect(
      parseEventLogs({ abi: channelsAbi, logs: receipt.logs, eventName: "ChannelClaimed" }),
    ).toMatchObject([{ args: { channelId: buyer.paymentId, claimed: 9n * P } }]);
  });

  test("the operator's own machine is told, and nobody else", async () => {
    const path = join(dataDir, "status.json");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    const { url, token } = readJson(path) as StatusFile;
    const name = async (authorization?: string) => {
      const response = await fetch(`${url}/v1/channels`, { headers: authorization ? { authorization } : {} });
      return [response.status, ((await response.json()) as { error?: { name: string } }).error?.name];
    };
    for (const wrong of [
      undefined,
      "Bearer ",
      `Bearer ${token.slice(1)}`,
      `Basic ${token}`,
      `Bearer x${token}`,
    ])
      expect(await name(wrong)).toEqual([401, "Unauthorised"]);
    expect(await name(`Bearer ${token}`)).toEqual([200, undefined]);
    const shown = await status(["--json"]);
    const line = shown.out.split("\n").find((text) => text.includes(buyer.paymentId))!;
    expect(JSON.parse(line)).toEqual(await statusOf(buyer));
    expect((await status([])).out).toContain(`owed ${11n * P}  covered ${9n * P}  claimed ${9n * P}  by 0x`);
  });

  test("a close afterwards takes what is owed, and gives the rest back", async () => {
    const line = await stand.line();
    line.frames.send("NOTICE", buyer.notice());
    const done = await line.next("NOTICE_DONE", ({ channelId }) => channelId === buyer.paymentId);
    expect(done).toMatchObject({ capture: 11n * P, error: null });
    expect(await slot(buyer)).toMatchObject({ claimed: 11n * P, deposit: 11n * P });
  });
});

/** `main.ts status` on the gateway's data folder. */
async function status(words: string[], folder = dataDir): Promise<{ code: number | null; out: string }> {
  const program = join(import.meta.dirname, "../src/main.ts");
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", program, "status", ...words],
    {
      env: { PATH: process.env.PATH, WEIR_DATA_DIR: folder },
    },
  );
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    out += text;
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, out };
}

test("many channels go in one transaction, and a damaged voucher takes none of the others along", async () => {
  // Eight are owed: less than is worth a claim to this gateway.
  const first = await stand.buyer(client, [40n * P]);
  const second = await stand.buyer(client, [40n * P]);
  const third = await stand.buyer(client, [40n * P]);
  const all = [first, second, third].map(({ buyer }) => buyer);
  await stand.publish(client, 10, third.fromSeq);
  for (const buyer of all)
    await expect.poll(async () => (await statusOf(buyer))?.covered, patience).toBe(String(8n * P));
  expect(await Promise.all(all.map(claimed))).toEqual([0n, 0n, 0n]);
  expect(await gateway.stop()).toBe(0);
  expect((await status([])).code).toBe(3);

  const db = new DatabaseSync(join(dataDir, "gateway.db"));
  const found = db
    .prepare("SELECT signature FROM vouchers WHERE channelId = ? AND cumulative = ?")
    .get(second.buyer.paymentId, String(8n * P)) as { signature: Uint8Array };
  found.signature[5]! ^= 1;
  db.prepare("UPDATE vouchers SET signature = ? WHERE channelId = ? AND cumulative = ?").run(
    found.signature,
    second.buyer.paymentId,
    String(8n * P),
  );
  db.close();

  const sent = await nonce();
  gateway = await start(8n * P);
  await expect.poll(() => Promise.all(all.map(claimed)), patience).toEqual([8n * P, 0n, 8n * P]);
  expect(await nonce()).toBe(sent + 1);
  await gateway.logged("damaged voucher");
  // It is as if it had never been: the next one pays when it is owed.
  await expect.poll(() => statusOf(second.buyer), patience).toMatchObject({ covered: "0", claimed: "0" });
});

describe("a transaction that no block takes", () => {
  const inPool = async () => {
    const { transactions } = await world.chain.client.getBlock({
      blockTag: "pending",
      includeTransactions: true,
    });
    return transactions.find(({ from }) => from === operator().toLowerCase());
  };
  const afterwards = async () => {
    await world.chain.test.setAutomine(true);
    await world.chain.test.mine({ blocks: 1 });
  };

  test("is replaced under its nonce at a higher price", async () => {
    const { buyer, fromSeq } = await stand.buyer(client, [9n * P, 40n * P]);
    const sent = await nonce();
    await world.chain.test.setAutomine(false);
    try {
      await stand.publish(client, 10, fromSeq);
      await expect.poll(inPool, patience).toMatchObject({ nonce: sent });
      const before = (await inPool())!;
      await expect.poll(async () => (await inPool())?.hash, patience).not.toBe(before.hash);
      const after = (await inPool())!;
      expect(after.nonce).toBe(sent);
      expect(after.input).toBe(before.input);
      expect(after.maxFeePerGas!).toBeGreaterThanOrEqual((before.maxFeePerGas! * 11n) / 10n);
      expect(after.maxPriorityFeePerGas!).toBeGreaterThanOrEqual((before.maxPriorityFeePerGas! * 11n) / 10n);
      expect(await nonce()).toBe(sent);
    } finally {
      await afterwards();
    }
    await expect.poll(() => claimed(buyer), patience).toBeGreaterThanOrEqual(8n * P);
    expect(await nonce()).toBe(sent + 1);
  });

  test("is neither forgotten nor sent twice when the gateway is killed before it is mined", async () => {
    const { buyer, fromSeq } = await stand.buyer(client, [9n * P, 40n * P]);
    const sent = await nonce();
    await world.chain.test.setAutomine(false);
    try {
      await stand.publish(client, 10, fromSeq);
      await expect.poll(inPool, patience).toMatchObject({ nonce: sent });
      await gateway.kill();
      gateway = await start(8n * P);
      await gateway.logged('"event":"resumed"');
      expect(await nonce("pending")).toBe(sent + 1);
    } finally {
      await afterwards();
    }
    await expect.poll(() => claimed(buyer), patience).toBeGreaterThanOrEqual(8n * P);
    const total = await claimed(buyer);
    expect(total).toBeLessThanOrEqual(9n * P);
    // The gateway has looked since: what it shows was read from the chain.
    await expect.poll(async () => (await statusOf(buyer))?.claimed, patience).toBe(String(total));
    expect(await nonce()).toBe(sent + 1);
  });
});

/** Resolves when the gateway knows all that is in the chain now. */
async function followed(): Promise<void> {
  await world.device("as-a-mark");
  await expect
    .poll(
      () =>
        world.login(gateway, "as-a-mark").then(
          () => true,
          () => false,
        ),
      patience,
    )
    .toBe(true);
}

test("what was claimed and closed in blocks that are replaced is claimed and closed again", async () => {
  await gateway.stop();
  gateway = await start(9n * P);
  const { buyer: leaving } = await stand.buyer(client, [40n * P]);
  const { buyer, fromSeq } = await stand.buyer(client, [9n * P, 40n * P]);
  await stand.publish(client, 8, fromSeq);
  await expect.poll(async () => (await statusOf(buyer))?.covered, patience).toBe(String(8n * P));
  const id = await world.chain.test.snapshot();
  await stand.publish(client, 10, fromSeq);
  await expect.poll(async () => (await statusOf(buyer))?.claimed, patience).toBe(String(9n * P));
  const close = async () => {
    const line = await stand.line();
    line.frames.send("NOTICE", leaving.notice());
    return line.next("NOTICE_DONE", ({ channelId }) => channelId === leaving.paymentId);
  };
  const first = await close();
  expect(first.transactionHash).not.toBeNull();
  await followed();
  await world.chain.revert(id);
  await world.chain.mine(1);
  await expect.poll(() => claimed(buyer), patience).toBe(9n * P);
  await expect.poll(async () => (await slot(leaving)).epoch, patience).toBe(1);
  expect((await slot(leaving)).claimed).toBe(first.capture);
  await expect.poll(async () => (await statusOf(leaving))?.closeHash, patience).not.toBeNull();
  const again = await close();
  expect(again).toMatchObject({ capture: first.capture, error: null });
  await world.chain.client.getTransactionReceipt({ hash: again.transactionHash! });
});

test("a channel that this gateway cannot close is claimed before its payer may withdraw", async () => {
  const { buyer, fromSeq } = await foreign.buyer(client, [40n * P]);
  await foreign.publish(client, 10, fromSeq);
  await expect.poll(async () => (await statusOf(buyer))?.covered, patience).toBe(String(8n * P));
  expect(await claimed(buyer)).toBe(0n);
  await requestClose(buyer.wallet, { contracts: world.chain.contracts, terms: buyer.terms });
  await expect.poll(() => claimed(buyer), patience).toBe(8n * P);
  // Still closing: nobody could take the 40 that are signed.
  const { closeAt, epoch } = await slot(buyer);
  expect(closeAt).toBeGreaterThan(0);
  expect(epoch).toBe(0);
  await gateway.stop();
  gateway = await start(9n * P);
  await gateway.logged(`"event":"foreign operator","channels":1,"first":"${buyer.paymentId}"`);
});

test("what is an hour old is claimed, unless the claim would cost more than it brings", async () => {
  const poor = await cheap.buyer(client, [40n * CHEAP]);
  const { buyer, fromSeq } = await stand.buyer(client, [40n * P]);
  await stand.publish(client, 10, fromSeq);
  const { chain } = world;
  const bought = [200n * P, 10n * CHEAP].map((amount, plan) => {
    const purchase = makePurchase(chain, byHour, { plan, amount, buyer: BUYERS[plan]! });
    return buy(chain.wallet(BUYERS[plan]!), { contracts: chain.contracts, purchase });
  });
  const [subscription, poorSubscription] = await Promise.all(bought);
  for (const one of [poor.buyer, buyer])
    await expect.poll(async () => (await statusOf(one))?.waitingSince, patience).toBeGreaterThan(0);
  expect(await Promise.all([poor.buyer, buyer].map(claimed))).toEqual([0n, 0n]);
  await world.chain.test.increaseTime({ seconds: 3_600 });
  await world.chain.test.mine({ blocks: 1 });
  // The older one is looked at first.
  await expect.poll(() => claimed(buyer), patience).toBe(8n * P);
  expect(await claimed(poor.buyer)).toBe(0n);
  const taken = async ({ paymentId: subscriptionId }: { paymentId: Hex }) =>
    (await getSubscription(chain.client, { contracts: chain.contracts, subscriptionId })).claimed;
  await expect.poll(() => taken(subscription!), patience).toBeGreaterThanOrEqual(20n * P);
  expect(await taken(poorSubscription!)).toBe(0n);
});
