// Single messages sold faster than anybody may sign, over the real programs: a real buyer pays a real relay by ticks, and the gateway is paid on chain.
//   stop      the end puts a voucher in the ticks' place: one transaction, for exactly what arrived
//   vanished  a buyer who goes away for good: what was opened to him is claimed to the wei, beyond every voucher that he signed, by ticks
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Libp2p } from "@libp2p/interface";
import { createPublicClient, createWalletClient, decodeFunctionData, http, parseAbiItem } from "viem";
import { hardhat } from "viem/chains";
import { afterAll, beforeAll, expect, it } from "vitest";
import { accountOf } from "../../scripts/stack/accounts.ts";
import { SEED_LISTINGS, type SeedListing } from "../../scripts/stack/listings.ts";
import { devicePassword } from "../../scripts/stack/seed.ts";
import { CHAIN_ID, type Stack, startStack } from "../../scripts/stack/stack.ts";
import { getChannel, getPurchase, requestClose } from "../../sdk/src/chain/index.ts";
import { buyListing, openPurchase, paymentOf } from "../../sdk/src/client/index.ts";
import { createNode, fileStore, nativeCrypto } from "../../sdk/src/client/node.ts";
import { channelsAbi } from "../../sdk/src/generated/index.ts";
import { gatewayAccount } from "../support/datafiles.ts";
import { Device } from "../support/device.ts";
import { takeOwnPorts } from "../support/stack.ts";

const PRICE = 10n ** 11n;
const DEPOSIT = 10n ** 15n;
const PER_SECOND = 25;
/** Half of it bounds an epoch of a second. */
const ENTRY_MESSAGES = 64n;
const ENTRY = ENTRY_MESSAGES * PRICE;
const patience = { timeout: 60_000, interval: 20 };

const base: SeedListing = {
  ...SEED_LISTINGS.find(({ device }) => device === "machine-1")!,
  device: "probe",
  topic: "t",
  segment: { flushMs: 10, maxMessages: 1, maxBytes: 4096 },
  epochLength: 1,
};
const SINGLE: SeedListing = {
  ...base,
  plan: { ...base.plan, kind: 0, price: PRICE, unit: 1n, entry: ENTRY, notice: 0 },
};

let folder: string;
let stack: Stack;
let node: Libp2p;
let device: Device;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weir-ticks-"));
  await takeOwnPorts();
  stack = await startStack({ folder: join(folder, "run"), listings: [SINGLE], log: () => undefined });
  node = await createNode();
  const { hub, device: name } = stack.listings[0]!;
  const gateway = stack.file.gateways[0]!;
  const login = await devicePassword({ gateway, chainId: CHAIN_ID, hub, device: name });
  device = await Device.start({ url: gateway.mqtt, login, topic: `${name}/t`, perSecond: PER_SECOND });
});
afterAll(async () => {
  await device?.close();
  await node?.stop();
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
});

const client = () => createPublicClient({ chain: hardhat, transport: http(stack.file.rpc), cacheTime: 0 });

/** A purchase that is read and paid for by the SDK; `voucher` and `ticked` are the highest totals that left, by voucher and by tick. */
async function reading(role: "buyer1" | "buyer2") {
  const wallet = createWalletClient({
    ...{
      account: accountOf(role).account,
      chain: hardhat,
      transport: http(stack.file.rpc),
      pollingInterval: 50,
    },
  });
  const { contracts, relays } = stack.file;
  const market = {
    ...{ wallet, contracts, relays, node, crypto: nativeCrypto, site: "tests" },
    store: fileStore(join(folder, role)),
  };
  const { listingId } = stack.listings[0]!;
  const bought = await buyListing(market, { listingId, amount: DEPOSIT });
  const { feed } = await openPurchase(market, bought);
  const totals = { voucher: 0n, ticked: 0n };
  feed.on("voucher", ({ cumulative }) => {
    totals.voucher = cumulative;
  });
  feed.on("tick", ({ total }) => {
    totals.ticked = total;
    expect(total).toBeLessThanOrEqual(feed.meter.due + ENTRY);
  });
  const { paymentId: channelId } = await getPurchase(client(), { contracts, grantId: bought.grantId });
  const slot = () => getChannel(client(), { contracts, channelId });
  return { wallet, feed, totals, slot, channelId, grantId: bought.grantId };
}

/** The calls that have raised a channel's total, with their new totals. */
async function claimsOf(channelId: `0x${string}`): Promise<[name: string, claimed: bigint][]> {
  const { Channels: address } = stack.file.contracts;
  const event = parseAbiItem("event ChannelClaimed(bytes32 indexed channelId, uint96 claimed)");
  const logs = await client().getLogs({ address, event, args: { channelId }, fromBlock: 0n, strict: true });
  return Promise.all(
    logs.map(async ({ transactionHash, args }) => {
      const { input } = await client().getTransaction({ hash: transactionHash });
      return [decodeFunctionData({ abi: channelsAbi, data: input }).functionName, args.claimed] as const;
    }),
  ).then((rows) => rows.map(([name, claimed]) => [name, claimed]));
}

it("a buyer pays by ticks, and the end is closed by a voucher for exactly what arrived", async () => {
  const { feed, totals, slot, channelId } = await reading("buyer1");
  await expect.poll(() => feed.meter.ticks, patience).toBeGreaterThan(60);
  expect(totals.ticked).toBeGreaterThan(0n);
  const stopped = await feed.stop();
  expect(stopped).toMatchObject({ by: "gateway", due: feed.meter.due, capture: feed.meter.due });
  expect(feed.meter.due).toBe(BigInt(feed.meter.messages) * PRICE);
  expect(await slot()).toMatchObject({ claimed: feed.meter.due, deposit: feed.meter.due, epoch: 1 });
  expect(await claimsOf(channelId)).toEqual([]); // a close says so itself
});

it("what a vanished buyer was given is claimed by ticks, to the wei", async () => {
  const { wallet, feed, totals, slot, channelId, grantId } = await reading("buyer2");
  // Near the end of a chain: what is published on in the epochs that are open will pass its voucher.
  const vanished = new Promise<void>((resolve) => {
    feed.on("tick", ({ total }) => {
      if (total - totals.voucher >= (ENTRY * 9n) / 10n) resolve(feed.close());
    });
  });
  await vanished;
  const from = device.sent;
  await expect.poll(() => device.acknowledged.size, patience).toBeGreaterThan(from + 3 * PER_SECOND);
  device.rest();
  expect(await slot()).toMatchObject({ claimed: 0n, deposit: DEPOSIT });

  const { contracts } = stack.file;
  const purchase = await getPurchase(client(), { contracts, grantId });
  const payment = await paymentOf(client(), { contracts, purchase });
  if (payment.kind !== "channel") throw new Error("the plan is metered");
  const before = await client().getBalance({ address: wallet.account.address });
  const { receipt } = await requestClose(wallet, { contracts, terms: payment.terms });
  await expect.poll(async () => (await slot()).epoch, patience).toBe(1);

  await stack.programs.get("gateway")!.stop();
  const { sealed, owed } = await gatewayAccount(join(folder, "run", "gateway"), channelId);
  const opened = sealed.filter(({ open }) => open).reduce((sum, row) => sum + row.messageCount, 0);
  const worth = BigInt(opened) * PRICE;
  expect(owed).toBe(worth);
  expect(worth).toBeGreaterThan(totals.voucher);
  expect(worth).toBeLessThanOrEqual(totals.ticked);
  expect(await slot()).toMatchObject({ claimed: worth, deposit: worth });
  expect(await claimsOf(channelId)).toEqual([["claimTicks", worth]]);
  const gas = receipt.gasUsed * receipt.effectiveGasPrice;
  expect((await client().getBalance({ address: wallet.account.address })) - before + gas).toBe(
    DEPOSIT - worth,
  );
});
