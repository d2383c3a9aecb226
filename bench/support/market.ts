/** The whole delivery path as programs of their own: chain, relay, gateway; with listings that a bench wants, and grants bought on chain. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTestClient, http, parseEther } from "viem";
import { hardhat } from "viem/chains";
import { SEED_LISTINGS, type SeedListing } from "../../scripts/stack/listings.ts";
import { devicePassword } from "../../scripts/stack/seed.ts";
import { CHAIN_ID, type Stack, startStack } from "../../scripts/stack/stack.ts";
import { buyListing } from "../../sdk/src/client/index.ts";
import { createNode, fileStore, nativeCrypto } from "../../sdk/src/client/node.ts";
import { FOREVER, type Plan, PlanKind, Rights } from "../../sdk/src/core/index.ts";
import { takeOwnPorts } from "../../test/support/stack.ts";
import { buyerWallet } from "./accounts.ts";
import { type Child, startChild } from "./child.ts";
import type { DeviceOptions } from "./device.ts";
import type { MqttOptions } from "./mqtt.ts";
import type { Bought, ReadersOptions } from "./readers.ts";

const NOTICE = 3600;
/** Purchases under way at once. */
const BUYING = 10;
export const PRICE = 10n ** 11n;

/** Costs nothing; read with a grant like every other. */
export const FREE: Plan = {
  kind: PlanKind.free,
  rights: Rights.read,
  price: 0n,
  unit: 1n,
  period: 0,
  upfront: 0n,
  entry: 0n,
  maxWindow: FOREVER,
  notice: NOTICE,
  promoPrice: 0n,
  promoUntil: 0,
};

/** Paid by the message; `ahead` messages are prepaid. */
export const metered = (ahead: bigint): Plan => ({
  ...FREE,
  kind: PlanKind.message,
  price: PRICE,
  entry: ahead * PRICE,
  notice: 0,
});

/** A listing of a device of its own. */
export const listing = (
  device: string,
  plan: Plan,
  segment: SeedListing["segment"] = { flushMs: 50, maxMessages: 256, maxBytes: 64 * 1024 },
): SeedListing => ({ ...SEED_LISTINGS[0]!, seller: 1, device, topic: "t", title: device, plan, segment });

export type Market = Awaited<ReturnType<typeof openMarket>>;

export async function openMarket(listings: readonly SeedListing[]) {
  await takeOwnPorts();
  const folder = await mkdtemp(join(tmpdir(), "weir-bench-"));
  const stack: Stack = await startStack({ folder: join(folder, "run"), listings, log: () => undefined });
  const { rpc, contracts, gateways } = stack.file;
  /** One relay carries. The local market's other one would only take CPU from what is measured. */
  await stack.programs.get("relay2")!.stop();
  const relays = stack.file.relays.slice(0, 1);
  const node = await createNode();
  const chain = createTestClient({ mode: "hardhat", chain: hardhat, transport: http(rpc) });
  const children: Child[] = [];
  const seeded = (device: string) => stack.listings.find((item) => item.device === device)!;
  const gateway = gateways[0]!;

  return {
    stack,
    rpc,
    contracts,
    relays,
    relayPid: stack.programs.get("relay")!.child.pid!,
    gatewayPid: stack.programs.get("gateway")!.child.pid!,
    /** Path of the relay's database. */
    relayStore: join(folder, "run", "relay", "relay.db"),
    /** kill -9; nothing of it is running when this resolves. */
    async killRelay(): Promise<void> {
      const { child, ended } = stack.programs.get("relay")!;
      child.kill("SIGKILL");
      await ended;
    },
    listingId: (device: string) => seeded(device).listingId,

    /** What the SDK's buyer functions take, for buyer number so-and-so, who has ether. */
    async buyer(number: number) {
      const wallet = buyerWallet(rpc, number);
      await chain.setBalance({ address: wallet.account.address, value: parseEther("10") });
      const store = fileStore(join(folder, `store-${number}`));
      return { wallet, contracts, relays, node, crypto: nativeCrypto, store, site: "bench" };
    },

    /** Grants of a listing, one for each of so many buyers. */
    async grants(device: string, count: number, amount = 0n): Promise<Bought[]> {
      const { listingId } = seeded(device);
      const bought: Bought[] = [];
      while (bought.length < count) {
        const buyers = Array.from(
          { length: Math.min(BUYING, count - bought.length) },
          (_, i) => bought.length + i,
        );
        bought.push(
          ...(await Promise.all(
            buyers.map(async (buyer) => {
              const { grantId } = await buyListing(await this.buyer(buyer), { listingId, amount });
              return { buyer, grantId };
            }),
          )),
        );
      }
      return bought;
    },

    /** How a device speaks to the gateway. */
    async login(name: string): Promise<MqttOptions> {
      const { hub } = seeded(name);
      const login = await devicePassword({ gateway, chainId: CHAIN_ID, hub, device: name });
      return { ...login, port: Number(new URL(gateway.mqtt).port), clientId: "bench" };
    },

    /** A publisher at the gateway. */
    async device(name: string, window = 2_000): Promise<Child> {
      const options: DeviceOptions = { ...(await this.login(name)), topic: `${name}/t`, window };
      const child = startChild("device", options);
      children.push(child);
      await child.next("ready");
      return child;
    },

    /** Programs that read, with so many sessions in each. */
    async readers(bought: readonly Bought[], perProgram: number): Promise<Child[]> {
      const started: Child[] = [];
      for (let at = 0; at < bought.length; at += perProgram) {
        const options: ReadersOptions = { rpc, contracts, relays, bought: bought.slice(at, at + perProgram) };
        started.push(startChild("readers", options));
      }
      children.push(...started);
      await Promise.all(started.map((child) => child.next("ready")));
      return started;
    },

    async stop(): Promise<void> {
      await Promise.all(children.map((child) => child.stop()));
      await node.stop();
      await stack.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
