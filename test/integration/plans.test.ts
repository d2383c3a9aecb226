// Every kind of plan over the real programs, in the chain's coin and in a token: what is published arrives whole and in order, and what
// is paid is the amount worked out by hand.
//   message, byte   closed by the seller's gateway for the running due, rounded down once over everything
//   period          cancelled after 100 s with a notice of 10 s: 110 s are paid, the rest comes back; read for the notice, then cut off
//                   within a block and a second; a top-up goes on under the same grant
//   flat, history   cancelled after a second: nothing comes back of what was due at once; flat claimed by value at once, by age after an hour
//   revised         at a hundred times the price: a buyer of before pays his own to the end
//   free            costs nothing
// And what nobody pays for: samples older than anything that is still sold, and heads signed while nothing is published.
// Payee and relays share each amount: 5 % for the relays.
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Libp2p } from "@libp2p/interface";
import mqtt from "mqtt";
import {
  type Address,
  createTestClient,
  createWalletClient,
  erc20Abi,
  http,
  publicActions,
  zeroAddress,
} from "viem";
import { hardhat } from "viem/chains";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accountOf } from "../../scripts/stack/accounts.ts";
import { alignClock } from "../../scripts/stack/clock.ts";
import { SEED_LISTINGS, type SeedListing } from "../../scripts/stack/listings.ts";
import { devicePassword, type SeededListing } from "../../scripts/stack/seed.ts";
import { CHAIN_ID, type Stack, startStack } from "../../scripts/stack/stack.ts";
import {
  cancelSubscription,
  fundSubscription,
  getChannel,
  getListing,
  getOwed,
  getPublisherKeys,
  getPurchase,
  getSubscription,
  reviseListing,
} from "../../sdk/src/chain/index.ts";
import {
  buyListing,
  deliveryOf,
  type Feed,
  fetchSample,
  openPurchase,
  portableCrypto,
  verifySample,
} from "../../sdk/src/client/index.ts";
import { createNode, fileStore, nativeCrypto } from "../../sdk/src/client/node.ts";
import {
  type Hex,
  headMessage,
  MAX_SAMPLE_SEGMENTS,
  type Plan,
  PlanKind,
  Rights,
  subscriptionTermsOf,
  unhex,
} from "../../sdk/src/core/index.ts";
import { takeOwnPorts } from "../support/stack.ts";

const COUNT = 23;
/** Bytes that no compression makes smaller, so that a body's size can be worked out by hand. */
const PAYLOAD_BYTES = 100;

const base = { ...SEED_LISTINGS.find(({ device }) => device === "seismograph")!, topic: "t" };
const segment = { flushMs: 20, maxMessages: 1, maxBytes: 4096 };
const unmetered: Plan = { ...base.plan, unit: 0n, notice: 10 };
const plans: Record<string, Plan> = {
  // 23 messages at 10 for 3: 230 / 3 = 76.67, and so 76.
  m: { ...base.plan, kind: PlanKind.message, price: 10n, unit: 3n, entry: 1_000n, notice: 0 },
  // A message takes 12 + 1 + 3 + 2 + 9 + 102 = 129 bytes of body; 23 of them 2,967; at 1,000 for 64: 46,359.4.
  b: { ...base.plan, kind: PlanKind.byte, price: 1_000n, unit: 64n, entry: 128_000n, notice: 0 },
  p: { ...unmetered, kind: PlanKind.period, price: 600n, period: 60 },
  f: { ...unmetered, kind: PlanKind.flat },
};
const listing = (device: string, plan: Plan, more: Partial<SeedListing> = {}): SeedListing => ({
  ...base,
  segment,
  device,
  title: `plan ${device}`,
  plan,
  ...(plan.kind === PlanKind.message || plan.kind === PlanKind.byte ? {} : { epochLength: 2 }),
  ...more,
});
const inToken = { inToken: true } as const;
const LISTINGS: SeedListing[] = [
  listing("m1", plans.m!),
  listing("m2", plans.m!, inToken),
  listing("b1", plans.b!),
  listing("b2", plans.b!, inToken),
  listing("p1", plans.p!),
  listing("p2", plans.p!, inToken),
  listing("f0", { ...plans.f!, upfront: 7_000n }),
  listing("h0", { ...plans.p!, rights: Rights.read | Rights.history, upfront: 7_000n }),
  listing("f1", { ...plans.f!, upfront: 10n ** 16n }),
  listing("f2", { ...plans.f!, upfront: 7_000_000n }, inToken),
  listing("z1", { ...base.plan, notice: 10 }),
];
const HOUR_OF_TIME = 36_000n; // 600 a minute
const DEPOSITS: Record<string, bigint> = {
  m1: 5_000n,
  m2: 5_000n,
  b1: 500_000n,
  b2: 500_000n,
  p1: HOUR_OF_TIME,
  p2: HOUR_OF_TIME,
  f0: 7_000n,
  h0: 7_000n + HOUR_OF_TIME,
  f1: 10n ** 16n,
  f2: 7_000_000n,
  z1: 0n,
};

type SampleAnswer = {
  listingId: string;
  fromSeq: string;
  atMs: number;
  keyId: number;
  signature: string;
  segments: { key: string; bytes: string }[];
};
type HeadAnswer = {
  listingId: string;
  seq: string;
  segmentId: Hex;
  headAtMs: number;
  headGeneration: number;
  headNextSeq: string;
  headSegmentId: Hex;
  headKeyId: number;
  headSignature: Hex;
};
type Bought = { listing: SeededListing; feed: Feed; numbers: number[]; grantId: Hex; paymentId: Hex };

let folder: string;
let stack: Stack;
let node: Libp2p;
const bought = new Map<string, Bought>();
const clients = new Map<string, mqtt.MqttClient>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weir-plans-"));
  await takeOwnPorts();
  stack = await startStack({ folder: join(folder, "run"), listings: LISTINGS, log: () => undefined });
  node = await createNode();
});
afterAll(async () => {
  for (const { feed } of bought.values()) await feed.close();
  for (const client of clients.values()) client.end(true);
  await node?.stop();
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
});

const chain = () =>
  createTestClient({
    mode: "hardhat",
    chain: hardhat,
    transport: http(stack.file.rpc),
    cacheTime: 0,
  }).extend(publicActions);
const wallet = (name: "buyer1" | "seller1" = "buyer1") =>
  createWalletClient({
    account: accountOf(name).account,
    chain: hardhat,
    transport: http(stack.file.rpc),
    pollingInterval: 50,
    cacheTime: 0,
  });

const tokenOf = (device: string): Address => (device.endsWith("2") ? stack.token : zeroAddress);

/** What the payee was paid, and what the relays can pull from an escrow. */
async function earned(escrow: "Channels" | "Subscriptions", token: Address) {
  const { contracts, relays } = stack.file;
  const payee = accountOf("seller1").account.address;
  const held =
    token === zeroAddress
      ? chain().getBalance({ address: payee })
      : chain().readContract({ address: token, abi: erc20Abi, functionName: "balanceOf", args: [payee] });
  const owed = relays.map(({ operator: holder }) => getOwed(chain(), { contracts, escrow, holder, token }));
  const [first, second] = await Promise.all(owed);
  return { payee: await held, relays: first! + second! };
}

/** How much more payee and relays have after `act`. */
async function earning(escrow: "Channels" | "Subscriptions", token: Address, act: () => Promise<void>) {
  const before = await earned(escrow, token);
  await act();
  const after = await earned(escrow, token);
  return { payee: after.payee - before.payee, relays: after.relays - before.relays };
}

async function deviceOf(device: string): Promise<mqtt.MqttClient> {
  const known = clients.get(device);
  if (known) return known;
  const [gateway] = stack.file.gateways;
  const { hub } = stack.listings.find((one) => one.device === device)!;
  const login = await devicePassword({ gateway: gateway!, chainId: CHAIN_ID, hub, device });
  const client = await mqtt.connectAsync(gateway!.mqtt, { username: login.user, password: login.password });
  clients.set(device, client);
  return client;
}

async function publish(device: string, from: number, to: number): Promise<void> {
  const client = await deviceOf(device);
  for (let n = from; n < to; n++) {
    const payload = randomBytes(PAYLOAD_BYTES);
    payload.writeUInt32BE(n);
    await client.publishAsync(`${device}/t`, payload, { qos: 1 });
  }
}

const numberOf = ({ payload }: { payload: Uint8Array }): number =>
  new DataView(payload.buffer, payload.byteOffset).getUint32(0);
const range = (to: number): number[] => Array.from({ length: to }, (_, n) => n);
const patience = { timeout: 40_000, interval: 50 };
const status = (device: string) => {
  const { status, reason } = bought.get(device)!.feed.state;
  return `${status} ${reason ?? ""}`;
};
const arrived = (device: string) => bought.get(device)!.numbers;

async function buyAndOpen(device: string): Promise<void> {
  const { contracts, relays } = stack.file;
  const listing = stack.listings.find((one) => one.device === device)!;
  const market = {
    wallet: wallet(),
    contracts,
    relays,
    node,
    crypto: nativeCrypto,
    store: fileStore(join(folder, "buyer")),
    site: "tests",
  };
  const { listingId } = listing;
  const { grantId, transactionHash } = await buyListing(market, { listingId, amount: DEPOSITS[device]! });
  const { feed, head } = await openPurchase(market, { grantId, transactionHash });
  const numbers: number[] = [];
  feed.on("messages", ({ messages }) => numbers.push(...messages.map(numberOf)));
  bought.set(device, { listing, feed, numbers, grantId, paymentId: head.paymentId });
  await expect.poll(() => status(device), patience).toMatch(/^(live|waiting) /);
  // A chain whose clock was set may be a little ahead of ours: what is sealed before the grant begins is not the buyer's.
  const { timestamp } = await chain().getBlock();
  await expect.poll(() => Date.now() / 1000, patience).toBeGreaterThanOrEqual(Number(timestamp));
}

async function subscriptionOf(device: string) {
  const { contracts } = stack.file;
  const { grantId, listing } = bought.get(device)!;
  const purchase = await getPurchase(chain(), { contracts, grantId });
  const { terms } = await getListing(chain(), { contracts, listingId: listing.listingId });
  const { Subscriptions: subscriptions, Grants: grants } = contracts;
  return {
    terms: subscriptionTermsOf(terms, purchase, { chainId: CHAIN_ID, subscriptions, grants }),
    relays: terms.relays,
  };
}
const slotOf = (device: string) =>
  getSubscription(chain(), {
    contracts: stack.file.contracts,
    subscriptionId: bought.get(device)!.paymentId,
  });

/** The buyer cancels in a block of exactly this time. */
async function cancelAt(device: string, timestamp: number) {
  const { contracts } = stack.file;
  const subscription = await subscriptionOf(device);
  await chain().setNextBlockTimestamp({ timestamp: BigInt(timestamp) });
  return cancelSubscription(wallet(), { contracts, ...subscription });
}

it.for([
  // All of it was due at once.
  ["flat", "f0", { refund: 0n, paid: 7_000n, payee: 6_650n, relays: 350n }],
  // The right to the past was, and 11 seconds at 10 each are added: 7,110, whose 5 % are 355.5. An hour was paid ahead.
  ["history", "h0", { refund: 35_890n, paid: 7_110n, payee: 6_755n, relays: 355n }],
] as const)(
  "a %s buyer who cancels after a second gets nothing back that was due at once",
  async ([, device, { refund, paid, ...shares }]) => {
    const gain = await earning("Subscriptions", zeroAddress, async () => {
      await buyAndOpen(device);
      const { start } = await slotOf(device);
      const cancelled = await cancelAt(device, start + 1);
      expect([cancelled.refund, cancelled.stop]).toEqual([refund, start + 11]);
      await alignClock(stack.file.rpc);
      // He reads for the notice; then it is over, and claimed.
      await expect.poll(() => status(device), patience).toMatch(/^out-of-money OutOfMoney/);
      await chain().mine({ blocks: 1 });
      await expect.poll(async () => (await slotOf(device)).claimed, patience).toBe(paid);
    });
    expect(gain).toEqual(shares);
  },
);

it("flat access worth a hundredth of a coin is claimed at once", async () => {
  const gain = await earning("Subscriptions", zeroAddress, async () => {
    await buyAndOpen("f1");
    await expect.poll(async () => (await slotOf("f1")).claimed, patience).toBe(10_000_000_000_000_000n);
  });
  expect(gain).toEqual({ payee: 9_500_000_000_000_000n, relays: 500_000_000_000_000n });
});

it("a revision at a hundred times the price is for those who buy after it: what this buyer settles below is at his own", async () => {
  await buyAndOpen("m1");
  const { contracts } = stack.file;
  const { listingId } = bought.get("m1")!.listing;
  const { terms, metadata } = await getListing(chain(), { contracts, listingId });
  const dearer = { ...terms, plans: terms.plans.map((plan) => ({ ...plan, price: plan.price * 100n })) };
  const { version } = await reviseListing(wallet("seller1"), {
    contracts,
    listingId,
    terms: dearer,
    metadata,
  });
  expect(version).toBe(2);
});

it.for(["m1", "m2", "b1", "b2", "p1", "p2", "f1", "f2", "z1"])(
  "%s arrives whole and in order",
  async (device) => {
    if (!bought.has(device)) await buyAndOpen(device);
    await publish(device, 0, COUNT);
    await expect.poll(() => arrived(device).length, patience).toBe(COUNT);
    expect(arrived(device)).toEqual(range(COUNT));
  },
);

describe("metered plans settle to the amount worked out by hand", () => {
  it.for([
    ["m1", 76n, 73n, 3n],
    ["m2", 76n, 73n, 3n],
    ["b1", 46_359n, 44_042n, 2_317n],
    ["b2", 46_359n, 44_042n, 2_317n],
  ] as const)("%s: %i", async ([device, amount, payee, relays]) => {
    const { feed, paymentId: channelId } = bought.get(device)!;
    const gain = await earning("Channels", tokenOf(device), async () => {
      expect(await feed.stop()).toMatchObject({ by: "gateway", capture: amount, due: amount });
    });
    expect(gain).toEqual({ payee, relays });
    const { contracts } = stack.file;
    expect(await getChannel(chain(), { contracts, channelId })).toMatchObject({
      claimed: amount,
      deposit: amount,
    });
  });
});

it("what is not metered has no meter, and is not stopped here", async () => {
  for (const device of ["p1", "f2", "z1"]) {
    const { feed } = bought.get(device)!;
    expect(feed.meter).toMatchObject({ due: 0n, signed: 0n, messages: COUNT });
    await expect(feed.stop()).rejects.toThrow(RangeError);
  }
});

describe("a subscriber who cancels pays the notice and no more", () => {
  it.for([
    ["p1", 100, { refund: 34_900n, paid: 1_100n, payee: 1_045n, relays: 55n }],
    ["p2", 300, { refund: 32_900n, paid: 3_100n, payee: 2_945n, relays: 155n }],
  ] as const)("%s, after %i seconds at 10", async ([device, seconds, { refund, paid, ...shares }]) => {
    const gain = await earning("Subscriptions", tokenOf(device), async () => {
      const { start } = await slotOf(device);
      const cancelled = await cancelAt(device, start + seconds);
      const stop = start + seconds + 10;
      expect(cancelled).toMatchObject({ refund, stop });
      // The notice is paid for, and read.
      await publish(device, COUNT, COUNT + 5);
      await expect.poll(() => arrived(device).length, patience).toBe(COUNT + 5);

      await chain().setNextBlockTimestamp({ timestamp: BigInt(stop) });
      await chain().mine({ blocks: 1 });
      await expect.poll(() => status(device), patience).toMatch(/^out-of-money OutOfMoney/);
      await expect.poll(async () => (await slotOf(device)).claimed, patience).toBe(paid);
      expect(await slotOf(device)).toMatchObject({ claimed: paid, deposit: paid });
    });
    expect(gain).toEqual(shares);
    // What is published now was not paid for.
    await publish(device, COUNT + 5, COUNT + 6);
    expect(arrived(device)).toEqual(range(COUNT + 5));
  });

  it("and goes on under the same grant when he pays again", async () => {
    const { contracts } = stack.file;
    const { terms } = await subscriptionOf("p1");
    await fundSubscription(wallet(), { contracts, terms, amount: HOUR_OF_TIME });
    await expect.poll(() => status("p1"), patience).toMatch(/^(live|waiting) /);
    await publish("p1", COUNT + 6, COUNT + 10);
    await expect.poll(() => arrived("p1").at(-1), patience).toBe(COUNT + 9);
    // In order, and nothing twice.
    expect(arrived("p1")).toEqual([...new Set(arrived("p1"))].sort((a, b) => a - b));
  });
});

it("flat access in a token that nobody has weighed is claimed whole when it is a day old, and nothing was paid for the free one", async () => {
  expect(await slotOf("f2")).toMatchObject({ claimed: 0n, deposit: 7_000_000n });
  const gain = await earning("Subscriptions", stack.token, async () => {
    await chain().increaseTime({ seconds: 86_400 });
    await chain().mine({ blocks: 1 });
    await expect.poll(async () => (await slotOf("f2")).claimed, patience).toBe(7_000_000n);
  });
  expect(gain).toEqual({ payee: 6_650_000n, relays: 350_000n });
  const { contracts } = stack.file;
  const purchase = await getPurchase(chain(), { contracts, grantId: bought.get("z1")!.grantId });
  expect(purchase.amount).toBe(0n);
});

describe("what anybody may see", () => {
  const listingOf = (device: string) => stack.listings.find((one) => one.device === device)!.listingId;
  const at = (path: string) => fetch(`${stack.file.relays[0]!.http}${path}`);

  it.each([
    ["Node", nativeCrypto],
    ["a browser", portableCrypto],
  ])("a sample of data that nobody pays for any more, checked as in %s", async (_, crypto) => {
    const { contracts, relays } = stack.file;
    const look = () =>
      fetchSample({
        client: chain(),
        contracts,
        delivery: deliveryOf(CHAIN_ID, contracts),
        crypto,
        listingId: listingOf("m1"),
        relays,
      });
    // Each segment holds one message, and a sample sixteen at most: the last ones that were published.
    await expect.poll(async () => (await look())?.messages.map(numberOf).at(-1), patience).toBe(COUNT - 1);
    const sample = (await look())!;
    const first = COUNT - MAX_SAMPLE_SEGMENTS;
    expect(sample.messages.map(numberOf)).toEqual(range(COUNT).slice(first));
    expect(Date.now() - sample.toMs).toBeGreaterThan(11_000);
  });

  it("nothing edited passes for a sample", async () => {
    const { contracts } = stack.file;
    const listingId = listingOf("m1");
    const delivery = deliveryOf(CHAIN_ID, contracts);
    const { terms } = await getListing(chain(), { contracts, listingId });
    const keys = await getPublisherKeys(chain(), { contracts, hubId: terms.hubId });
    const publisherKeys = new Map(keys.map((key) => [key.keyId, key]));
    const text = await (await at(`/v1/listings/${listingId}/sample`)).text();
    const verify = (edit: (answer: SampleAnswer) => void) => {
      const answer = JSON.parse(text) as SampleAnswer;
      edit(answer);
      return verifySample(nativeCrypto, { delivery, listingId, publisherKeys, answer });
    };
    expect((await verify(() => undefined)).messages).toHaveLength(MAX_SAMPLE_SEGMENTS);
    const bend = (text: string) => text.replace(/.$/, (digit) => (digit === "0" ? "1" : "0"));
    const edits: ((answer: SampleAnswer) => void)[] = [
      (answer) => {
        answer.signature = bend(answer.signature);
      },
      (answer) => {
        answer.atMs += 1;
      },
      (answer) => {
        answer.fromSeq = String(BigInt(answer.fromSeq) + 1n);
      },
      (answer) => {
        answer.segments.pop();
      },
      (answer) => {
        answer.segments.reverse();
      },
      (answer) => {
        answer.segments[0]!.key = bend(answer.segments[0]!.key);
      },
      ({ segments: [first, second] }) => {
        first!.bytes = second!.bytes;
      },
      (answer) => {
        answer.listingId = String(listingOf("m2"));
      },
      (answer) => {
        answer.segments = [];
      },
      (answer) => {
        answer.keyId = 99;
      },
    ];
    for (const edit of edits) await expect(verify(edit)).rejects.toMatchObject({ name: "SegmentError" });
  });

  it("a head that is signed again while nothing is published", async () => {
    const listingId = listingOf("m1");
    const head = async () => (await (await at(`/v1/listings/${listingId}/head`)).json()) as HeadAnswer;
    const before = await head();
    expect(before).toMatchObject({ listingId: String(listingId), seq: String(COUNT - 1) });
    expect(Date.now() - before.headAtMs).toBeLessThan(30_000);
    await expect.poll(async () => (await head()).headAtMs, patience).toBeGreaterThan(before.headAtMs);
    // Every 15 seconds by the signer's own clock; the rest is this machine's.
    expect((await head()).headAtMs - before.headAtMs).toBeLessThan(22_000);
    const { contracts } = stack.file;
    const { terms } = await getListing(chain(), { contracts, listingId });
    const keys = await getPublisherKeys(chain(), { contracts, hubId: terms.hubId });
    const { headAtMs: atMs, headGeneration: generation, ...after } = await head();
    const message = headMessage(deliveryOf(CHAIN_ID, contracts), {
      listingId,
      generation,
      atMs,
      nextSeq: BigInt(after.headNextSeq),
      segmentId: unhex(after.headSegmentId),
    });
    const key = keys.find(({ keyId }) => keyId === after.headKeyId)!;
    expect(after).toMatchObject({ headNextSeq: String(COUNT), headSegmentId: after.segmentId });
    expect(await nativeCrypto.es256Verify(key, message, unhex(after.headSignature))).toBe(true);
  });

  it("no sample is an answer, too", async () => {
    const response = await at("/v1/listings/999/sample");
    expect([response.status, await response.json()]).toEqual([200, null]);
  });

  it.each([
    ["/v1/listings/999/head", 404, "NoHead"],
    ["/v1/listings/99999999999999999999/head", 404, "UnknownListing"],
    ["/v1/listings/1/secrets", 404, "NotFound"],
    ["/v1/listings/x/head", 404, "NotFound"],
  ])("%s is %i %s", async (path, status, name) => {
    const response = await at(path);
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { name } });
  });
});
