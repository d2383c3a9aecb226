// One trade over the real programs, and the two ways it can end.
//   trade     what mosquitto_pub publishes arrives whole, in order, for exactly its price
//   sealed    a marker published as data is neither in the relay's files nor in the frames on the wire; with sealing off it is
//             found in both, by the same search
//   open      read by anybody while the listing is open
//   stolen    keys changed: the buyer's own readers go on whole with the new ones, whoever has the old ones reads nothing more;
//             who comes with the new ones before a relay has seen their block comes again
//   stop      gateway alive: closed by notice within five seconds, the rest comes back, also where no session can be opened any more
//             gateway dead: requestClose by anyone with the notice, challenge, withdraw; it comes back within the challenge: paid
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Connection, Libp2p } from "@libp2p/interface";
import pino from "pino";
import { createPublicClient, createTestClient, createWalletClient, http } from "viem";
import { hardhat } from "viem/chains";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { loadConfig } from "../../gateway/src/config.ts";
import { startGateway } from "../../gateway/src/gateway.ts";
import { accountOf } from "../../scripts/stack/accounts.ts";
import { SEED_LISTINGS, type SeedListing } from "../../scripts/stack/listings.ts";
import { startProgram } from "../../scripts/stack/program.ts";
import { devicePassword, LOCAL_PASSPHRASE, type SeededListing } from "../../scripts/stack/seed.ts";
import { CHAIN_ID, type Stack, startStack } from "../../scripts/stack/stack.ts";
import {
  getChannel,
  getListing,
  getPublisherKeys,
  getPurchase,
  requestCloseWithNotice,
  reviseListing,
  withdraw,
} from "../../sdk/src/chain/index.ts";
import {
  accountKeyText,
  buyListing,
  currentKeys,
  type DecodedMessage,
  deliveryOf,
  deriveAccountSecret,
  type Feed,
  type FeedParameters,
  nextKeysFrom,
  openFeed,
  openOpenListing,
  openPurchase,
  rotatePurchaseKeys,
} from "../../sdk/src/client/index.ts";
import { createNode, fileStore, nativeCrypto } from "../../sdk/src/client/node.ts";
import { type Crypto, concat, ListingFlags } from "../../sdk/src/core/index.ts";
import { takeOwnPorts } from "../support/stack.ts";

const PRICE = 10n ** 11n;
const DEPOSIT = 10n ** 15n;
const patience = { timeout: 30_000, interval: 20 };
const FREE = SEED_LISTINGS.find(({ device }) => device === "seismograph")!;
const METERED: SeedListing = {
  ...SEED_LISTINGS.find(({ device }) => device === "machine-1")!,
  device: "probe",
  topic: "air",
};
/** Read whole from the first message on: the epochs of a free listing are a minute long elsewhere. */
const OPEN_EYES: SeedListing = { ...FREE, device: "marked", topic: "air" };

let folder: string;
let stack: Stack;
let metered: SeededListing;
let free: SeededListing;
let node: Libp2p;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weir-trade-"));
  await takeOwnPorts();
  stack = await startStack({
    folder: join(folder, "run"),
    listings: [METERED, OPEN_EYES],
    log: () => undefined,
  });
  [metered, free] = stack.listings as [SeededListing, SeededListing];
  node = await createNode();
});
afterAll(async () => {
  await node?.stop();
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
});

const client = () => createPublicClient({ chain: hardhat, transport: http(stack.file.rpc), cacheTime: 0 });
const buyer = (role: "buyer1" | "buyer2" | "buyer3", through: Libp2p = node) => ({
  wallet: createWalletClient({
    account: accountOf(role).account,
    chain: hardhat,
    transport: http(stack.file.rpc),
    pollingInterval: 50,
  }),
  contracts: stack.file.contracts,
  relays: stack.file.relays,
  node: through,
  crypto: nativeCrypto,
  store: fileStore(join(folder, role)),
  site: "tests",
});

/** Publishes lines with the real client; resolves when it has its last PUBACK. */
async function publish(
  listing: SeededListing,
  lines: readonly string[],
  gateway = stack.file.gateways[0]!,
): Promise<void> {
  const { user, password } = await devicePassword({
    gateway,
    chainId: CHAIN_ID,
    hub: listing.hub,
    device: listing.device,
  });
  const { hostname, port } = new URL(gateway.mqtt);
  const args = [
    "-h",
    hostname,
    "-p",
    port,
    "-u",
    user,
    "-P",
    password,
    "-t",
    `${listing.device}/${listing.topic}`,
    "-q",
    "1",
    "-l",
  ];
  const child = spawn("mosquitto_pub", args, { stdio: ["pipe", "ignore", "inherit"] });
  child.stdin.end(`${lines.join("\n")}\n`);
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  expect(code).toBe(0);
}

/** Resolves when the relay has accepted the session; the last reason is in the failure otherwise. */
const opened = (feed: Feed) =>
  expect
    .poll(() => `${feed.state.status} ${feed.state.reason ?? ""}`, { timeout: 30_000, interval: 20 })
    .toMatch(/^(live|waiting) /);

async function open(
  listing: SeededListing,
  role: Parameters<typeof buyer>[0],
  amount: bigint,
  through = node,
) {
  const market = buyer(role, through);
  const bought = await buyListing(market, { listingId: listing.listingId, amount });
  const { feed, head } = await openPurchase(market, bought);
  const messages: DecodedMessage[] = [];
  feed.on("messages", (delivered) => messages.push(...delivered.messages));
  await opened(feed);
  return { market, feed, head, messages, bought };
}

const numbered = (count: number): string[] => Array.from({ length: count }, (_, n) => JSON.stringify({ n }));

describe("trade", () => {
  it("arrives whole and in order for exactly its price; closed by notice within 5 s", async () => {
    const { feed, head, messages, market } = await open(metered, "buyer1", DEPOSIT);
    await publish(metered, numbered(300));
    await expect.poll(() => messages.length, { timeout: 30_000, interval: 20 }).toBe(300);
    expect(messages.map(({ json }) => (json as { n: number }).n)).toEqual(
      Array.from({ length: 300 }, (_, n) => n),
    );
    expect(feed.meter.due).toBe(300n * PRICE);
    expect(feed.meter.signed).toBeLessThanOrEqual(feed.meter.due + feed.meter.entry);

    const balance = () => client().getBalance({ address: market.wallet.account.address });
    const before = await balance();
    const startedAt = Date.now();
    const stopped = await feed.stop();
    expect(Date.now() - startedAt).toBeLessThan(5000 + 3000); // the promise is 5 s to the chain; the rest is this machine's
    expect(stopped).toMatchObject({ by: "gateway", capture: 300n * PRICE, due: 300n * PRICE });
    const { claimed, deposit } = await getChannel(client(), {
      contracts: stack.file.contracts,
      channelId: head.paymentId,
    });
    expect({ claimed, deposit }).toEqual({ claimed: 300n * PRICE, deposit: 300n * PRICE });
    expect((await balance()) - before).toBe(DEPOSIT - 300n * PRICE);
  });

  it("is resumed by another connection where it was left: nothing lost, nothing paid twice", async () => {
    const { feed, messages } = await open(metered, "buyer2", DEPOSIT);
    await publish(metered, numbered(50));
    await expect.poll(() => last(messages), { timeout: 30_000, interval: 20 }).toBe(49);
    await feed.close();
    // The session began with the running epoch, so what was published in it before is there too, and paid for.
    const bought = BigInt(messages.length);
    expect(feed.meter.due).toBe(bought * PRICE);
    const again = await openPurchase(buyer("buyer2"), { grantId: (await grantOf("buyer2"))! });
    const more: DecodedMessage[] = [];
    again.feed.on("messages", (delivered) => more.push(...delivered.messages));
    await opened(again.feed);
    await publish(metered, numbered(30));
    await expect.poll(() => more.length, { timeout: 30_000, interval: 20 }).toBe(30);
    expect(again.feed.meter.due).toBe((bought + 30n) * PRICE);
    await again.feed.stop();
  });
});

it("with too little for another session it is closed by the seller all the same, without gas of the buyer's", async () => {
  const { contracts } = stack.file;
  const { terms } = await getListing(client(), { contracts, listingId: metered.listingId });
  const market = buyer("buyer2");
  const amount = terms.plans[0]!.entry + 10n * PRICE;
  const bought = await buyListing(market, { listingId: metered.listingId, amount });
  // What the running epoch holds already may cost him all of it before he is seen to read.
  const { feed, head } = await openPurchase(market, bought);
  await publish(metered, numbered(20));
  await expect.poll(() => feed.state.status, patience).toBe("out-of-money");
  await feed.close();
  const again = await openPurchase(market, { grantId: head.grantId });
  await expect.poll(() => again.feed.state.status, patience).toBe("out-of-money");
  const { address } = market.wallet.account;
  const before = await client().getBalance({ address });
  const stopped = await again.feed.stop();
  const { claimed, deposit } = await getChannel(client(), { contracts, channelId: head.paymentId });
  expect(stopped).toMatchObject({ by: "gateway", capture: claimed, due: feed.meter.due });
  expect(claimed).toBeGreaterThanOrEqual(feed.meter.due);
  expect(deposit).toBe(claimed);
  expect((await client().getBalance({ address })) - before).toBe(feed.meter.deposit - claimed);
});

it("a buyer who lost everything but the wallet reads on: totals are believed under his own signature only", async () => {
  const { feed, messages, bought } = await open(metered, "buyer3", DEPOSIT);
  await publish(metered, numbered(40));
  await expect.poll(() => last(messages), { timeout: 30_000, interval: 20 }).toBe(39);
  await feed.close();
  const due = feed.meter.due;
  await rm(join(folder, "buyer3"), { recursive: true });
  const { feed: restored } = await openPurchase(buyer("buyer3"), { grantId: bought.grantId });
  const more: DecodedMessage[] = [];
  restored.on("messages", (delivered) => more.push(...delivered.messages));
  await opened(restored);
  await publish(metered, numbered(5));
  await expect.poll(() => last(more), { timeout: 30_000, interval: 20 }).toBe(4);
  const { claimed, capture } = await restored.stop().then((stopped) => {
    if (stopped.by !== "gateway") throw stopped.reason;
    return { claimed: restored.meter.due, capture: stopped.capture };
  });
  // What was read twice is paid once: five new messages on top of what was due before.
  expect(claimed).toBe(due + 5n * PRICE);
  expect(capture).toBe(claimed);
});

/** Opens feeds of a purchase with these keys, which need not be those of now, and nothing else. */
async function readerOf(
  market: ReturnType<typeof buyer>,
  grantId: `0x${string}`,
  given: Pick<FeedParameters, "keys" | "reload">,
): Promise<() => Promise<Feed>> {
  const { contracts } = market;
  const purchase = await getPurchase(client(), { contracts, grantId });
  const { listingId, version } = purchase;
  const { terms } = await getListing(client(), { contracts, listingId, version });
  const published = await getPublisherKeys(client(), { contracts, hubId: terms.hubId });
  const parameters = {
    ...market,
    ...given,
    delivery: deliveryOf(CHAIN_ID, contracts),
    listing: { id: listingId, terms, publisherKeys: new Map(published.map((key) => [key.keyId, key])) },
    purchase,
    transactionHash: null,
    channel: null,
    store: fileStore(join(folder, "other")),
  };
  return () => openFeed(parameters);
}

it("keys that were stolen are changed: the buyer's readers go on whole, the thief's end", async () => {
  const paid = await open(metered, "buyer1", DEPOSIT);
  const gratis = await open(free, "buyer1", 0n);
  const { grantId } = gratis.bought;
  const copied = await currentKeys(gratis.market, await getPurchase(client(), { ...gratis.market, grantId }));
  const steal = await readerOf(gratis.market, grantId, { keys: copied.keys });
  const thief = await steal();
  const stolen: DecodedMessage[] = [];
  thief.on("messages", (delivered) => stolen.push(...delivered.messages));
  await opened(thief);
  const readers = [paid, gratis];
  for (const listing of [metered, free]) await publish(listing, numbered(20));
  for (const { messages } of readers) await expect.poll(() => last(messages), patience).toBe(19);
  await expect.poll(() => last(stolen), patience).toBe(19);

  for (const { market, bought } of readers) await rotatePurchaseKeys(market, bought);
  const status = (feed: Feed) => `${feed.state.status} ${feed.state.reason?.name ?? ""}`;
  await expect.poll(() => status(thief), patience).toMatch(/^failed (KeysRotated|BadSignature)$/);
  const held = stolen.length;
  for (const { messages } of readers) messages.splice(0);
  for (const listing of [metered, free]) await publish(listing, numbered(30));
  for (const { messages } of readers) {
    await expect.poll(() => last(messages), patience).toBe(29);
    expect(messages.map(({ json }) => (json as { n: number }).n)).toEqual([...Array(30).keys()]);
  }
  const again = await steal();
  await expect.poll(() => status(again), patience).toBe("failed BadSignature");
  expect(stolen).toHaveLength(held);

  // Another device of the same buyer: the wallet gives the keys of now.
  await gratis.feed.close();
  const { feed: elsewhere } = await openPurchase(
    { ...gratis.market, store: fileStore(join(folder, "second")) },
    gratis.bought,
  );
  await opened(elsewhere);
  await elsewhere.close();
  expect(await paid.feed.stop()).toMatchObject({ by: "gateway" });
});

it("a reader who has new keys before a relay has seen their block is refused, and comes again", async () => {
  const { market, bought, feed } = await open(free, "buyer2", 0n);
  await feed.close();
  const { wallet, contracts, site } = market;
  const { grantId, buyerSalt } = await getPurchase(client(), { contracts, grantId: bought.grantId });
  const secretOf = async (rotation: number) => {
    const account = wallet.account.address;
    const message = accountKeyText({
      site,
      chainId: CHAIN_ID,
      grants: contracts.Grants,
      account,
      rotation,
    });
    return deriveAccountSecret(await wallet.signMessage({ message }));
  };
  const keys = await nextKeysFrom(client(), { contracts, grantId, buyerSalt, secretOf });
  let refusals = 0;
  const reload = async () => {
    refusals++;
    return { keys };
  };
  const hasty = await (await readerOf(market, grantId, { keys, reload }))();
  await expect.poll(() => refusals, patience).toBeGreaterThan(0);
  await rotatePurchaseKeys(market, { grantId });
  await opened(hasty);
  await hasty.close();
});

it("an open listing is read without a purchase, and not any more once it is none", async () => {
  const { contracts, relays } = stack.file;
  const seller = createWalletClient({
    account: accountOf("seller1").account,
    chain: hardhat,
    transport: http(stack.file.rpc),
    pollingInterval: 50,
  });
  const { listingId } = free;
  const revise = async (open: boolean) => {
    const { terms, metadata } = await getListing(client(), { contracts, listingId });
    const flags = open ? terms.flags | ListingFlags.open : terms.flags & ~ListingFlags.open;
    await reviseListing(seller, { contracts, listingId, terms: { ...terms, flags }, metadata });
  };
  const anybody = await createNode();
  const read = () =>
    openOpenListing({
      client: client(),
      contracts,
      delivery: deliveryOf(CHAIN_ID, contracts),
      crypto: nativeCrypto,
      node: anybody,
      relays,
      listingId,
    });
  await expect(read()).rejects.toMatchObject({ name: "NoGrant" });
  await revise(true);
  const feed = await read();
  const messages: DecodedMessage[] = [];
  feed.on("messages", (delivered) => messages.push(...delivered.messages));
  // Its open generation begins with the first segment that is sealed after the revision.
  const came = async () => {
    await publish(free, numbered(1));
    return messages.length;
  };
  await expect.poll(came, { timeout: 60_000, interval: 1_000 }).toBeGreaterThan(0);
  await publish(free, numbered(20));
  await expect.poll(() => last(messages), patience).toBe(19);
  expect(feed.meter).toMatchObject({ due: 0n, signed: 0n });
  await revise(false);
  await expect.poll(() => `${feed.state.status} ${feed.state.reason?.name}`, patience).toBe("failed NoGrant");
  // Its root was published, so what comes now is sealed under another: nothing of it was for everybody.
  const held = messages.length;
  await publish(free, numbered(5));
  expect(messages).toHaveLength(held);
  await anybody.stop();
});

/** Number of the message that came last. */
const last = (messages: readonly DecodedMessage[]): number | undefined =>
  (messages.at(-1)?.json as { n: number } | undefined)?.n;

/** The newest grant of an account, as its own store names it. */
async function grantOf(role: string): Promise<`0x${string}` | undefined> {
  const files = await readdir(join(folder, role));
  return files.find((name) => name.endsWith(".json"))?.replace(".json", "") as `0x${string}` | undefined;
}

/** A node whose streams are listened in on: every byte that comes out of the connection's own encryption. */
function tapped(inner: Libp2p, seen: Uint8Array[]): Libp2p {
  const tapStream = (connection: Connection): Connection =>
    new Proxy(connection, {
      get(target, name) {
        if (name !== "newStream") return Reflect.get(target, name);
        return async (...args: Parameters<Connection["newStream"]>) => {
          const stream = await target.newStream(...args);
          // Beside the real listener, never before it: the first listener takes what has arrived already.
          const listen = stream.addEventListener.bind(stream);
          stream.addEventListener = ((...entry: Parameters<typeof listen>) => {
            if (entry[0] === "message")
              listen("message", ({ data }) => seen.push(new Uint8Array(data.subarray())));
            listen(...entry);
          }) as typeof listen;
          return stream;
        };
      },
    });
  return new Proxy(inner, {
    get(target, name) {
      if (name !== "dial") return Reflect.get(target, name);
      return async (...args: Parameters<Libp2p["dial"]>) => tapStream(await target.dial(...args));
    },
  });
}

/** Everything below the relay's folder, as it is on disk while the relay runs. */
async function relayFiles(): Promise<Buffer> {
  const root = join(folder, "run", "relay");
  const names = await readdir(root, { recursive: true, withFileTypes: true });
  const files = names
    .filter((entry) => entry.isFile())
    .map((entry) => readFile(join(entry.parentPath, entry.name)));
  return Buffer.concat(await Promise.all(files));
}

describe("sealed", () => {
  /** The cipher and the compression left out: everything else is the same. */
  const sealingOff: Crypto = {
    ...nativeCrypto,
    deflate: (bytes) => concat(bytes, new Uint8Array(1)),
    gcmSeal: (_key, plaintext) => concat(plaintext, new Uint8Array(16)),
    gcmOpen: (_key, ciphertext) => new Uint8Array(ciphertext.subarray(0, -16)),
  };

  it("a marker is neither in the relay's files nor on the wire; with sealing off it is in both", async () => {
    const seen: Uint8Array[] = [];
    const listener = tapped(node, seen);
    const { feed, messages } = await open(free, "buyer3", 0n, listener);
    const marker = randomBytes(64).toString("base64");
    await publish(free, [JSON.stringify({ marker })]);
    await expect
      .poll(() => messages.some(({ json }) => (json as { marker?: string }).marker === marker), {
        timeout: 30_000,
      })
      .toBe(true);
    expect((await relayFiles()).includes(marker)).toBe(false);
    expect(Buffer.concat(seen).includes(marker)).toBe(false);

    // The same gateway program with a cipher that does nothing, in place of the first one.
    await stack.programs.get("gateway")!.stop();
    const config = await loadConfig({
      WEIR_GATEWAY_CONFIG: join(folder, "run", "gateway.json"),
      WEIR_GATEWAY_PASSPHRASE: LOCAL_PASSPHRASE,
      WEIR_RPC_URL: stack.file.rpc,
      WEIR_CHAIN_ID: String(CHAIN_ID),
      WEIR_DATA_DIR: join(folder, "run", "gateway"),
      WEIR_DEPLOYMENT: join(folder, "run", "deployments", `${CHAIN_ID}.json`),
      WEIR_PORT_MQTT: "0",
      WEIR_PORT_GATEWAY_HTTP: "0",
    });
    const open_ = await startGateway(config, pino({ level: "silent" }), sealingOff);
    try {
      const control = randomBytes(64).toString("base64");
      const gateway = {
        id: config.id,
        mqtt: `mqtt://127.0.0.1:${open_.mqttPort}`,
        http: `http://127.0.0.1:${open_.httpPort}`,
      };
      await publish(free, [JSON.stringify({ marker: control })], gateway);
      await expect.poll(async () => (await relayFiles()).includes(control), { timeout: 30_000 }).toBe(true);
      await expect.poll(() => Buffer.concat(seen).includes(control), { timeout: 30_000 }).toBe(true);
    } finally {
      await open_.stop();
      await feed.close();
    }
  });
});

describe("the gateway is dead", () => {
  /** Starts the gateway program again over the same files; the tests before have stopped it. */
  const revive = () =>
    startProgram<{ id: string; mqtt: string; http: string }>({
      name: "gateway-again",
      script: "gateway/src/main.ts",
      env: {
        WEIR_RPC_URL: stack.file.rpc,
        WEIR_CHAIN_ID: String(CHAIN_ID),
        WEIR_DEPLOYMENT: join(folder, "run", "deployments", `${CHAIN_ID}.json`),
        WEIR_DATA_DIR: join(folder, "run", "gateway"),
        WEIR_GATEWAY_CONFIG: join(folder, "run", "gateway.json"),
        WEIR_GATEWAY_PASSPHRASE: LOCAL_PASSPHRASE,
        WEIR_PORT_MQTT: "0",
        WEIR_PORT_GATEWAY_HTTP: "0",
      },
      logs: join(folder, "run", "logs"),
    });
  /** Time moves on this test's own chain only. */
  const wait = async (seconds: number) => {
    const test = createTestClient({ mode: "hardhat", chain: hardhat, transport: http(stack.file.rpc) });
    await test.increaseTime({ seconds });
    await test.mine({ blocks: 1 });
  };

  for (const comesBack of [true, false]) {
    it(
      comesBack
        ? "and comes back within the challenge: it is paid what is owed"
        : "and stays away: everything comes back",
      async () => {
        const gateway = await revive();
        const { market, feed, head, messages } = await open(metered, "buyer1", DEPOSIT);
        await publish(metered, numbered(20), gateway.ready);
        await expect.poll(() => last(messages), { timeout: 30_000, interval: 20 }).toBe(19);
        const owed = BigInt(messages.length) * PRICE;
        gateway.child.kill("SIGKILL");
        await gateway.ended;
        const stopped = await feed.stop({ patienceMs: 3000 });
        if (stopped.by !== "challenge") throw new Error("nobody was there to close the channel");
        const { contracts } = stack.file;
        const { terms, notice, signature } = stopped;
        await requestCloseWithNotice(buyer("buyer3").wallet, { contracts, terms, notice, signature });
        const slot = () => getChannel(client(), { contracts, channelId: head.paymentId });
        if (comesBack) {
          const again = await revive();
          await expect.poll(async () => (await slot()).claimed, { timeout: 30_000 }).toBe(owed);
          expect((await slot()).deposit).toBe(owed);
          await again.stop();
          return;
        }
        await expect(withdraw(market.wallet, { contracts, terms })).rejects.toMatchObject({
          name: "ChallengeRunning",
        });
        await wait(terms.challenge);
        const address = market.wallet.account.address;
        const before = await client().getBalance({ address });
        // Anyone may send it; the money goes to the payer.
        const { refund } = await withdraw(buyer("buyer3").wallet, { contracts, terms });
        expect(refund).toBe(DEPOSIT);
        expect((await client().getBalance({ address })) - before).toBe(DEPOSIT);
      },
    );
  }
});
