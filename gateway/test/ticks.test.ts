// Ticks at a gateway, from a scripted relay, and on a real chain: what they prove is kept, released for, claimed and closed to the wei.
//
// taken: the total rises by ticks as by vouchers, also over a kill · the voucher for it takes their place · a lost store is told the proof
// refused: not on top of the best voucher, foreign relay, channel or key, out of bounds, forged, lower, above the deposit, one chain twice
// before the top-up that covers them, as a node that lags sees it: taken with its block, though nobody sends them again
// claimed: exactly the ticks that are owed, though more are revealed, with the relay's cut · closed: the rest by ticks, then the refund
import { join } from "node:path";
import { fundChannel, getChannel } from "@weir/sdk/chain";
import { type Hex, proofFromDetail, signerOfTotal } from "@weir/sdk/core";
import { channelsAbi } from "@weir/sdk/generated";
import { nativeCrypto } from "@weir/sdk/native";
import type { Fields } from "@weir/sdk/wire";
import type { MqttClient } from "mqtt";
import { decodeFunctionData, zeroAddress } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RELAY, SELLER } from "../../test/support/market.ts";
import { type MoreOfChain, signTicks } from "../../test/support/ticks.ts";
import type { Buyer } from "./support/buyer.ts";
import { Stand } from "./support/stand.ts";
import { type RunningGateway, startWorld, statusOf as statusIn, type World } from "./support/world.ts";

const P = 10n ** 14n;
const patience = { timeout: 60_000, interval: 50 };
let world: World;
let gateway: RunningGateway;
let dataDir: string;
let client: MqttClient;
let stand: Stand;

beforeAll(async () => {
  world = await startWorld();
  await world.device("probe");
  stand = await Stand.open(world, { account: RELAY, price: P });
  dataDir = join(world.folder, "data");
  gateway = await start(1_000n * P);
  client = await world.connect(gateway, "probe");
});
afterAll(async () => {
  client?.end(true);
  await stand?.relay.stop();
  await world?.stop();
});

/** The program on the same data, claiming what is worth so much. */
const start = (value: bigint): Promise<RunningGateway> =>
  world.gateway({
    dataDir,
    config: { claims: { values: { [zeroAddress]: String(value) } } },
    env: gateway ? { WEIR_PORT_MQTT: String(gateway.mqttPort) } : {},
  });

type Item = Fields<"TICKS">["items"][number];
/** Ticks of a chain on top of `base`, as a relay forwards them. */
function ticksOf(buyer: Buyer, base: bigint, more: MoreOfChain = {}): (ticks: number, sent?: object) => Item {
  const { paymentId: channelId, delivery, key } = buyer;
  const signer = { channelId, delivery, key, relay: stand.relay.operator };
  const chain = signTicks(signer, { base, tickValue: P }, { maxTicks: 40, ...more });
  return (ticks, sent = {}) => ({ channelId, ...chain.signed, ...chain.tick(ticks), ...sent });
}

/** What the gateway has on disk after this frame. */
async function totalAfter(
  buyer: Buyer,
  name: "TICKS" | "VOUCHERS",
  item: Item | Fields<"VOUCHERS">["items"][number],
): Promise<bigint> {
  const line = await stand.line();
  line.frames.send(name, { items: [item] } as never);
  const { items } = await line.next("TOTALS", (frame) =>
    frame.items.some(({ channelId }) => channelId === buyer.paymentId),
  );
  return items.find(({ channelId }) => channelId === buyer.paymentId)!.total;
}

const slot = ({ paymentId: channelId }: Buyer) =>
  getChannel(world.chain.client, { contracts: world.chain.contracts, channelId });
const statusOf = ({ paymentId }: Buyer) => statusIn(dataDir, paymentId);

test("ticks raise the total and are kept over a kill; a voucher for it takes their place", async () => {
  const { buyer } = await stand.buyer(client, [9n * P]);
  const tick = ticksOf(buyer, 9n * P);
  expect(await totalAfter(buyer, "TICKS", tick(1))).toBe(10n * P);
  expect(await totalAfter(buyer, "TICKS", tick(7))).toBe(16n * P);
  await gateway.kill();
  gateway = await start(1_000n * P);
  expect(await statusOf(buyer)).toMatchObject({ signed: String(16n * P) });
  expect(await totalAfter(buyer, "TICKS", tick(8))).toBe(17n * P);

  // Whoever lost his store is told what he has made, under his own signature.
  const { operator: relay } = stand.relay;
  const { generation } = stand.relay.arrived.at(-1)!.header;
  const session = buyer.session({ relay, sessionNo: 2n, generation, fromSeq: 10n ** 6n, total: 8n * P });
  const line = await stand.line();
  line.frames.send("SESSION", session);
  const { detail } = await line.next("SESSION_REFUSED", ({ channelId }) => channelId === buyer.paymentId);
  const proof = proofFromDetail(detail)!;
  expect(proof).toMatchObject({ total: 17n * P, ticks: { ticks: 8 } });
  const signer = signerOfTotal(nativeCrypto, buyer.delivery, buyer.paymentId, proof);
  expect(signer?.toLowerCase()).toBe(buyer.terms.signer.toLowerCase());

  expect(await totalAfter(buyer, "VOUCHERS", buyer.voucher(16n * P, relay))).toBe(17n * P);
  expect(await totalAfter(buyer, "VOUCHERS", buyer.voucher(17n * P, relay))).toBe(17n * P);
  // The chain is over with it.
  expect(await totalAfter(buyer, "TICKS", tick(9))).toBe(17n * P);
  expect(await totalAfter(buyer, "TICKS", ticksOf(buyer, 17n * P)(1))).toBe(18n * P);
});

test("what comes before the block of its top-up is taken with that block", async () => {
  const { buyer } = await stand.buyer(client, [9n * P]);
  const line = await stand.line();
  const voucher = buyer.voucher(101n * P, stand.relay.operator);
  expect(await totalAfter(buyer, "VOUCHERS", voucher)).toBe(9n * P);
  expect(await totalAfter(buyer, "TICKS", ticksOf(buyer, 101n * P)(5))).toBe(9n * P);
  const { contracts } = world.chain;
  await fundChannel(buyer.wallet, { contracts, terms: buyer.terms, amount: 100n * P });
  await line.next("TOTALS", ({ items }) =>
    items.some(({ channelId, total }) => channelId === buyer.paymentId && total === 106n * P),
  );
});

test("ticks that do not hold change nothing", async () => {
  const { buyer } = await stand.buyer(client, [9n * P]);
  const base = 9n * P;
  const good = ticksOf(buyer, base);
  const stranger = new Uint8Array(32).fill(3);
  const other: Hex = `0x${"ab".repeat(32)}`;
  const wrong: [string, Item][] = [
    ["base below the voucher", ticksOf(buyer, base - P)(3)],
    ["base above the voucher", ticksOf(buyer, base + P)(1)],
    ["base changed afterwards", ticksOf(buyer, base - P)(3, { base })],
    ["another relay", ticksOf(buyer, base, { relay: buyer.account })(1)],
    ["another channel", ticksOf(buyer, base, { channelId: other })(1)],
    ["another key", ticksOf(buyer, base, { key: stranger })(1)],
    ["value changed afterwards", good(1, { tickValue: 2n * P })],
    ["worth nothing", ticksOf(buyer, base, { tickValue: 0n })(1)],
    ["above the bound", good(41)],
    ["bound changed afterwards", ticksOf(buyer, base)(5, { maxTicks: 41 })],
    ["above 1,024", ticksOf(buyer, base, { maxTicks: 1025 })(1)],
    ["no tick", good(0)],
    ["forged", good(1, { preimage: new Uint8Array(32).fill(5) })],
    ["for more than it makes", good(1, { ticks: 2 })],
    ["above the deposit", ticksOf(buyer, base, { tickValue: 100n * P })(1)],
  ];
  for (const [what, item] of wrong)
    expect([what, await totalAfter(buyer, "TICKS", item)]).toEqual([what, base]);
  expect(await totalAfter(buyer, "TICKS", good(5))).toBe(base + 5n * P);
  const seed = new Uint8Array(32).fill(9);
  for (const [what, item] of [
    ["the same again", good(5)],
    ["lower", good(4)],
    ["forged, from the last one on", good(6, { preimage: new Uint8Array(32).fill(5) })],
    ["the same preimage for more", good(5, { ticks: 6 })],
    ["a second chain with what is known of the first", ticksOf(buyer, base, { tip: good(1).tip })(6)],
  ] as const)
    expect([what, await totalAfter(buyer, "TICKS", item)]).toEqual([what, base + 5n * P]);
  // One tip under two vouchers: what was revealed under the first counts nothing under the second.
  const first = ticksOf(buyer, base, { seed });
  expect(await totalAfter(buyer, "TICKS", first(7))).toBe(base + 7n * P);
  expect(await totalAfter(buyer, "TICKS", ticksOf(buyer, base, { seed, tickValue: 2n * P })(8))).toBe(
    base + 7n * P,
  );
});

test("exactly the ticks that are owed are claimed, to the wei", async () => {
  const { chain } = world;
  const { buyer, fromSeq } = await stand.buyer(client, [9n * P]);
  const tick = ticksOf(buyer, 9n * P);
  expect(await totalAfter(buyer, "TICKS", tick(31))).toBe(40n * P);
  await stand.publish(client, 13, fromSeq);
  // 13 messages are owed: the voucher covers nine, four ticks of 31 the rest.
  await expect
    .poll(() => statusOf(buyer), patience)
    .toMatchObject({ owed: String(13n * P), covered: String(13n * P), claimed: "0" });

  await gateway.kill();
  gateway = await start(12n * P); // more than the voucher alone is worth
  await expect.poll(async () => (await slot(buyer)).claimed, patience).toBe(13n * P);
  await expect.poll(() => statusOf(buyer), patience).toMatchObject({ claimed: String(13n * P) });
  const { lastClaim } = (await statusOf(buyer))!;
  const { input, blockNumber } = await chain.client.getTransaction({ hash: lastClaim! });
  const call = decodeFunctionData({ abi: channelsAbi, data: input });
  expect([call.functionName, call.args[2]]).toEqual(["claimTicks", 4]);
  // 5 % are the relay's; the block holds nothing else.
  const address = chain.accounts[SELLER]!.address;
  const [before, after] = await Promise.all(
    [blockNumber - 1n, blockNumber].map((at) => chain.client.getBalance({ address, blockNumber: at })),
  );
  expect(after! - before!).toBe((13n * P * 95n) / 100n);
});

test("a close above the best voucher takes the ticks that are owed, and gives the rest back", async () => {
  const { buyer, fromSeq } = await stand.buyer(client, [9n * P]);
  expect(await totalAfter(buyer, "TICKS", ticksOf(buyer, 9n * P)(31))).toBe(40n * P);
  await stand.publish(client, 11, fromSeq);
  await expect.poll(async () => (await statusOf(buyer))?.owed, patience).toBe(String(11n * P));
  const held = await world.chain.client.getBalance({ address: buyer.account });
  const { deposit } = await slot(buyer);
  const line = await stand.line();
  line.frames.send("NOTICE", buyer.notice());
  const done = await line.next("NOTICE_DONE", ({ channelId }) => channelId === buyer.paymentId);
  expect(done).toMatchObject({ capture: 11n * P, error: null });
  expect(await slot(buyer)).toMatchObject({ claimed: 11n * P, deposit: 11n * P, epoch: 1 });
  const now = await world.chain.client.getBalance({ address: buyer.account });
  expect(now - held).toBe(deposit - 11n * P);
});
