// kill -9 of relay, gateway and buyer in the middle of a paid run, at five random points each, against the publisher's own log.
//   resumed                     after every kill something published after it reaches the buyer, by itself
//   nothing acknowledged lost   every number that the gateway acknowledged to the device is sealed, and readable at both relays
//   nothing paid twice          what was claimed is the price of the distinct messages that arrived, the rest of the deposit came back
//   what was opened was had     the buyer got each segment of the epochs that the gateway's ledger opened to it, and no other
// And at the moment of each death, on the disk of the dead: a relay's best total is one that was signed for it and covers what it
// charged, which covers what it sent; what is owed at the gateway lies between what the buyer had and what it signed; the buyer's ledger
// has every total that left.
// The seed is printed; WEIR_SEED repeats the order of the kills and the points. WEIR_KILLS changes how many of each.
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Libp2p } from "@libp2p/interface";
import { createPublicClient, createWalletClient, http } from "viem";
import { hardhat } from "viem/chains";
import { afterAll, beforeAll, expect, it } from "vitest";
import { accountOf, type Role } from "../../scripts/stack/accounts.ts";
import { SEED_LISTINGS, type SeedListing } from "../../scripts/stack/listings.ts";
import { devicePassword } from "../../scripts/stack/seed.ts";
import { CHAIN_ID, type Stack, startStack } from "../../scripts/stack/stack.ts";
import { getChannel, getPurchase } from "../../sdk/src/chain/index.ts";
import { buyListing, openPurchase } from "../../sdk/src/client/index.ts";
import { createNode, fileStore, nativeCrypto } from "../../sdk/src/client/node.ts";
import { BuyerProcess } from "../support/buyer-process.ts";
import { gatewayAccount, relayAccount } from "../support/datafiles.ts";
import { Device } from "../support/device.ts";
import { takeOwnPorts } from "../support/stack.ts";

const KILLS_EACH = Number(process.env.WEIR_KILLS ?? 5);
const PRICE = 10n ** 11n;
const DEPOSIT = 10n ** 16n;
const PER_SECOND = 40;
/** How far a kill may lie behind the last recovery: a second and a half of messages. */
const SPREAD = 60;
/** Half of it bounds an epoch of five seconds: 200 messages, and what waited for a gateway that was away. */
const ENTRY_MESSAGES = 2_048n;
/** For whatever is awaited, on the slowest machine. */
const PATIENCE_MS = 90_000;

const base: SeedListing = {
  ...SEED_LISTINGS.find(({ device }) => device === "seismograph")!,
  device: "probe",
  topic: "t",
  segment: { flushMs: 50, maxMessages: 16, maxBytes: 4096 },
};
/** Long epochs, so that a buyer who was dead for seconds goes on in one that is open to it. */
const PAID: SeedListing = {
  ...base,
  epochLength: 5,
  plan: { ...base.plan, kind: 0, price: PRICE, unit: 1n, entry: ENTRY_MESSAGES * PRICE, notice: 0 },
};
/** The same messages for nothing: what can be read in it is what gateway and relays kept. */
const KEPT: SeedListing = { ...base, title: "kept" };

const seed = Number(process.env.WEIR_SEED ?? Math.floor(Math.random() * 2 ** 31));
let draws = 0;
/** An integer from 0 below `bound`. */
const random = (bound: number): number =>
  Buffer.from(nativeCrypto.sha256(Buffer.from(`${seed}/${draws++}`))).readUInt32BE() % bound;

let folder: string;
let stack: Stack;
let node: Libp2p;
let buyer: BuyerProcess;
let device: Device;
const ending = new AbortController();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "weir-kill-"));
  await takeOwnPorts();
  stack = await startStack({ folder: join(folder, "run"), listings: [PAID, KEPT], log: () => undefined });
  node = await createNode();
});
afterAll(async () => {
  ending.abort();
  await buyer?.kill();
  await device?.close();
  await node?.stop();
  await stack?.stop();
  await rm(folder, { recursive: true, force: true });
});

const market = (role: Role, relays = stack.file.relays) => ({
  wallet: createWalletClient({
    account: accountOf(role).account,
    chain: hardhat,
    transport: http(stack.file.rpc),
    pollingInterval: 50,
  }),
  contracts: stack.file.contracts,
  relays,
  node,
  crypto: nativeCrypto,
  store: fileStore(join(folder, `store ${role} ${relays[0]!.operator}`)),
  site: "tests",
});

/** Waits for an event until something holds; what the buyer said last is in the error. */
async function until(
  what: string,
  events: { on: unknown },
  event: string,
  met: () => boolean,
): Promise<void> {
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    while (!met()) await once(events as never, event, { signal });
  } catch (cause) {
    throw new Error(`${what}: not in time.\n${buyer.story.slice(-40).join("\n")}`, { cause });
  }
}
/** Something that is published from now on reaches the buyer. */
function resumed(more = 0): Promise<void> {
  const number = device.sent + more;
  return until(`number ${number}`, buyer.heard, "segment", () => buyer.highest >= number);
}
/** The next event of this name. */
const next = (events: { on: unknown }, event: string): Promise<void> => {
  let calls = 0;
  return until(`the next ${event}`, events, event, () => calls++ > 0);
};

it("survives kill -9 of relay, gateway and buyer: resumed, nothing acknowledged lost, nothing paid twice", async () => {
  console.log(`WEIR_SEED=${seed}`);
  const { contracts, rpc, relays, gateways } = stack.file;
  const [paid, kept] = stack.listings.map(({ listingId }) => listingId);
  const chain = createPublicClient({ chain: hardhat, transport: http(rpc), cacheTime: 0 });
  // Bought before the first message, opened after the last kill.
  const witness = await buyListing(market("buyer2"), { listingId: kept!, amount: 0n });
  const { grantId } = await buyListing(market("buyer1"), { listingId: paid!, amount: DEPOSIT });
  const { paymentId: channelId } = await getPurchase(chain, { contracts, grantId });
  const balance = () => chain.getBalance({ address: accountOf("buyer1").account.address });
  const before = await balance();

  buyer = new BuyerProcess({ rpc, contracts, relays, role: "buyer1", store: join(folder, "buyer"), grantId });
  buyer.start();
  // A session begins with a total: what is published from here on can be opened to it.
  await until("the first voucher", buyer.heard, "voucher", () => buyer.total > 0n);
  const { hub, device: name } = stack.listings[0]!;
  const login = await devicePassword({ gateway: gateways[0]!, chainId: CHAIN_ID, hub, device: name });
  device = await Device.start({ url: gateways[0]!.mqtt, login, topic: `${name}/t`, perSecond: PER_SECOND });

  // ---- the run

  const least = new Map<string, bigint>(); // what each program had stored when it died last
  const risen = (who: string, total: bigint) => {
    expect(total, `${who}'s stored total`).toBeGreaterThanOrEqual(least.get(who) ?? 0n);
    least.set(who, total);
  };
  const relayNamed = (operator: string) =>
    operator === relays[0]!.operator.toLowerCase() ? "relay" : "relay2";
  async function killProgram(name: string, look: () => Promise<void>): Promise<void> {
    const { child, ended } = stack.programs.get(name)!;
    child.kill("SIGKILL");
    await ended;
    await look();
    await stack.restart(name);
  }
  const kill = {
    async relay() {
      await next(buyer.heard, random(2) ? "segment" : "voucher");
      const { payee } = buyer;
      const name = relayNamed(payee);
      await killProgram(name, async () => {
        const account = await relayAccount(join(folder, "run", name), channelId);
        const { total, accrued } = account ?? { total: 0n, accrued: 0n };
        risen(name, total);
        expect(total, "the stored total was signed").toBeLessThanOrEqual(buyer.signed.get(payee) ?? 0n);
        expect(accrued, "the stored total covers the charge").toBeLessThanOrEqual(total);
        const due = buyer.due.get(payee) ?? 0n;
        expect(accrued, "the charge covers delivery").toBeGreaterThanOrEqual(due);
      });
    },
    async gateway() {
      await next(device.events, "acknowledged");
      await killProgram("gateway", async () => {
        const { total, owed } = await gatewayAccount(join(folder, "run", "gateway"), channelId);
        risen("gateway", total);
        expect(total, "the stored total was signed").toBeLessThanOrEqual(buyer.total);
        expect(owed, "the stored total covers what is owed").toBeLessThanOrEqual(total);
        for (const due of buyer.due.values())
          expect(owed, "what is owed covers what the buyer had").toBeGreaterThanOrEqual(due);
      });
    },
    async buyer() {
      await next(buyer.heard, (["segment", "voucher", "meter"] as const)[random(3)]!);
      await buyer.kill();
      const ledger = await buyer.stored();
      risen("buyer", ledger!.signed);
      expect(ledger!.signed, "what was signed is stored").toBeGreaterThanOrEqual(buyer.total);
      expect(ledger!.messages, "nothing is counted twice").toBeLessThanOrEqual(buyer.messages);
      buyer.start();
    },
  };
  const victims = (["relay", "gateway", "buyer"] as const)
    .flatMap((victim) => Array.from({ length: KILLS_EACH }, () => ({ victim, order: random(2 ** 32) })))
    .sort((a, b) => a.order - b.order);
  for (const { victim } of victims) {
    await resumed(random(SPREAD));
    buyer.tell(`kill ${victim}`);
    await kill[victim]();
    buyer.tell(`${victim} was started again`);
  }
  await resumed();
  device.rest();
  const numbers = Array.from({ length: device.sent }, (_, n) => n);
  await until(
    "every acknowledgement",
    device.events,
    "acknowledged",
    () => device.acknowledged.size === device.sent,
  );
  await until("the last number", buyer.heard, "segment", () => buyer.highest === device.sent - 1);

  // ---- the bill

  buyer.stop();
  await until("the end", buyer.heard, "stopped", () => buyer.stopped !== undefined);
  expect(buyer.faults).toEqual([]);
  const price = BigInt(buyer.messages) * PRICE;
  expect(buyer.stopped).toMatchObject({ by: "gateway", capture: String(price), due: String(price) });
  expect(await buyer.stored()).toMatchObject({ messages: buyer.messages, accrued: price });
  expect(await getChannel(chain, { contracts, channelId })).toMatchObject({ claimed: price });
  expect((await balance()) - before).toBe(DEPOSIT - price);

  // ---- the log

  const copies = await Promise.all(
    relays.map(async (relay) => {
      const all = { ...witness, fromStart: true, signal: ending.signal };
      const { feed } = await openPurchase(market("buyer2", [relay]), all);
      const copy = { count: 0, missing: new Set(numbers) };
      feed.on("messages", ({ messages }) => {
        copy.count += messages.length;
        for (const { json } of messages) copy.missing.delete((json as { n: number }).n);
      });
      return copy;
    }),
  );
  await expect
    .poll(() => copies.map(({ missing }) => [...missing]), { timeout: PATIENCE_MS, interval: 100 })
    .toEqual([[], []]);
  await stack.programs.get("gateway")!.stop();
  const { sealed, total, owed } = await gatewayAccount(join(folder, "run", "gateway"), channelId);
  // A device repeats what was not acknowledged, so a number may stand twice; but every stream of it has the same messages.
  const sum = sealed.reduce((count, { messageCount }) => count + messageCount, 0);
  await expect.poll(() => copies.map(({ count }) => count), { timeout: PATIENCE_MS }).toEqual([sum, sum]);
  const opened = sealed.filter(({ open }) => open).map(({ place, messageCount }) => [place, messageCount]);
  const had = [...buyer.segments].map(([place, segment]) => [place, segment.numbers.length]);
  expect(new Map(had as [string, number][])).toEqual(new Map(opened as [string, number][]));
  expect(owed).toBe(price);
  expect(total).toBeLessThanOrEqual(buyer.total);
  const last = relayNamed(buyer.servedBy);
  await stack.programs.get(last)!.stop();
  expect((await relayAccount(join(folder, "run", last), channelId))!.accrued).toBe(price);
  console.log(
    `${victims.length} kills, ${numbers.length} numbers published, ${sum} messages sealed, ${buyer.messages} paid: ${price} wei`,
  );
}, 600_000);
