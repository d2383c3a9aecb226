// Whether anybody pays: `<device>/demand`, heard by real devices.
//
// nobody          0, and retained: whoever subscribes later is told at once
// period          1 from the purchase to the end of the time that is paid for; only the devices that feed the listing
// free            1 while keys that open the present are out
// metered         1 while a session is open
// kill -9         a device that connects first hears 1 again; 0 when nobody comes back
// clean stop      0, and nothing is left of it
import { spawn } from "node:child_process";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { buy, cancelSubscription, getPurchase } from "@weir/sdk/chain";
import { type Plan, subscriptionTermsOf } from "@weir/sdk/core";
import mqtt, { type MqttClient } from "mqtt";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  BUYER,
  freePlan,
  makePurchase,
  messagePlan,
  RELAY,
  type TestListing,
} from "../../test/support/market.ts";
import { Buyer } from "./support/buyer.ts";
import { Actuator } from "./support/commander.ts";
import { Stand } from "./support/stand.ts";
import { type Login, type RunningGateway, startWorld, type World } from "./support/world.ts";

const PRICE = 10n ** 11n;
/** Seconds of the shortest notice that leaves time to look. */
const NOTICE = 4;
const timed: Plan = { ...freePlan, kind: 2, unit: 0n, price: 10n ** 12n, period: 60, notice: NOTICE };
const patience = { timeout: 60_000, interval: 50 };
let world: World;
let stand: Stand;
let paid: TestListing;
let gateway: RunningGateway;
let dataDir: string;
let publisher: MqttClient;
const logins: Record<string, Login> = {};
let devices: Record<"pump" | "lamp", Actuator>;

beforeAll(async () => {
  world = await startWorld();
  for (const name of ["probe", "pump", "lamp"]) await world.device(name);
  const plans = [
    { ...messagePlan, price: PRICE, entry: 8n * PRICE },
    { ...freePlan, notice: NOTICE },
  ];
  stand = await Stand.open(world, { account: RELAY, price: PRICE, plans });
  const metadata = JSON.stringify({ "@type": "Dataset", name: "pumps", feed: { devices: ["pump"] } });
  paid = await world.listing("pumps", { plans: [timed] }, metadata);
  dataDir = join(world.folder, "data");
  gateway = await world.gateway({ dataDir });
  for (const name of ["probe", "pump", "lamp"]) logins[name] = await world.login(gateway, name);
  devices = await connect();
});
afterAll(async () => {
  for (const device of Object.values(devices ?? {})) await device.stop();
  publisher?.end(true);
  await stand?.relay.stop();
  await world?.stop();
});

const connect = async (): Promise<typeof devices> => ({
  pump: await Actuator.connect(gateway.mqtt, logins.pump!),
  lamp: await Actuator.connect(gateway.mqtt, logins.lamp!),
});

const last = (name: "pump" | "lamp"): string | undefined => devices[name].demand.at(-1)?.split(" ")[0];
const becomes = (name: "pump" | "lamp", value: string) => expect.poll(() => last(name), patience).toBe(value);

async function publish(): Promise<MqttClient> {
  publisher?.end(true);
  publisher = await mqtt.connectAsync(gateway.mqtt, {
    protocolVersion: 4,
    username: logins.probe!.user,
    password: logins.probe!.password,
    reconnectPeriod: 0,
  });
  publisher.on("error", () => undefined);
  return publisher;
}

async function subscribe(seconds: bigint): Promise<() => Promise<unknown>> {
  const { chain } = world;
  const { contracts } = chain;
  const purchase = makePurchase(chain, paid, { amount: (timed.price * seconds) / 60n + 1n });
  const { grantId } = await buy(chain.wallet(BUYER), { contracts, purchase });
  const bought = await getPurchase(chain.client, { contracts, grantId });
  const at = {
    chainId: chain.chainId,
    subscriptions: contracts.Subscriptions,
    grants: contracts.Grants,
  };
  const terms = subscriptionTermsOf(paid.terms, bought, at);
  return () => cancelSubscription(chain.wallet(BUYER), { contracts, terms, relays: paid.terms.relays });
}

/** In the file of a gateway that does not run. */
function change(sql: string): void {
  const db = new DatabaseSync(join(dataDir, "gateway.db"));
  db.exec(sql);
  db.close();
}

/** What a device that connects now is told because it was retained. */
async function retained(name: string): Promise<string> {
  const { user, password } = logins[name]!;
  const port = String(gateway.mqttPort);
  const args = ["-h", "127.0.0.1", "-p", port, "-u", user, "-P", password, "-t", `${name}/demand`];
  const child = spawn("mosquitto_sub", [...args, "-q", "1", "-C", "1", "--retained-only", "-W", "30"]);
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  await new Promise((resolve) => child.once("close", resolve));
  return said.trim();
}

test("nobody pays: 0, told to whoever subscribes", async () => {
  await becomes("pump", "0");
  await becomes("lamp", "0");
  expect(devices.pump.demand).toEqual(["0 retained"]);
  expect(await retained("lamp")).toBe("0");
});

test("time that is paid for: 1 for the devices of that listing, until the end of the notice", async () => {
  const cancel = await subscribe(3_600n);
  await becomes("pump", "1");
  expect(devices.pump.demand).toEqual(["0 retained", "1"]);
  expect(await retained("pump")).toBe("1");
  await cancel();
  expect(last("pump")).toBe("1"); // the notice is paid for
  await becomes("pump", "0");
  expect(devices.lamp.demand).toEqual(["0 retained"]);
});

test("a free reader: 1 while keys of the present are out", async () => {
  await stand.publish(await publish(), 1);
  const { listing, relay } = stand;
  const reader = await Buyer.buy(world, listing, { plan: 1, amount: 0n });
  expect(last("lamp")).toBe("0"); // having it is not reading it
  const inbox = await relay.keys(listing.listingId);
  inbox.frames.send("KEY_REQUEST", {
    requestId: 1,
    listingId: listing.listingId,
    grantId: reader.grantId,
    generation: relay.arrived.at(-1)!.header.generation,
    epochFrom: 0,
    epochTo: 2 ** 32 - 1,
  });
  const { error } = await inbox.next("KEY_REPLY");
  expect(error).toBeNull();
  await becomes("lamp", "1");
  await becomes("lamp", "0");
});

test("a metered session: 1; a gateway that was killed says so again until nobody comes back", async () => {
  await stand.buyer(publisher, [16n * PRICE]);
  await becomes("lamp", "1");
  expect(await retained("pump")).toBe("1");
  await gateway.kill();
  change("UPDATE demand SET until = 0"); // as after a session of an hour: nothing but that it was wanted
  gateway = await world.gateway({ dataDir });
  devices = await connect();
  await expect.poll(() => devices.lamp.demand[0], patience).toBe("1 retained");
  await becomes("lamp", "0");
  expect(devices.lamp.demand).toEqual(["1 retained", "0"]);
});

test("a clean stop: devices rest, and the next start asks the chain anew", async () => {
  await subscribe(3_600n);
  await becomes("pump", "1");
  expect(await gateway.stop()).toBe(0);
  await becomes("pump", "0");
  const db = new DatabaseSync(join(dataDir, "gateway.db"));
  expect(db.prepare("SELECT SUM(wanted) AS n FROM demand").get()).toEqual({ n: 0 });
  db.close();
  gateway = await world.gateway({ dataDir });
  devices = await connect();
  await becomes("pump", "1");
  await becomes("lamp", "0");
});
