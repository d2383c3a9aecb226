// Commands at the gateway, against a relay that lets everything through: what the relay should have refused is refused here as well.
//
// happy      sealed, signed, answered; JSON as it was written, other bytes as base64; an answer is no message of the stream
// refused    replayed · lower number · expired · too far ahead · foreign, unknown, revoked, absent device · right missing, before, after,
//            revoked · signer · changed, moved to another listing, context or generation · oversized · flood
// results    silent device · answer too long · another device's answer
// crash      kill -9 between store and delivery, and behind the delivery: at most once
import { spawn, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { revokeDevice, revokeGrant, unblock } from "@weir/sdk/chain";
import { FOREVER, hex, MAX_COMMAND_BYTES, MAX_RESULT_BYTES, type Plan, Rights } from "@weir/sdk/core";
import type { Fields } from "@weir/sdk/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freePlan, RELAY, SELLER, type TestListing } from "../../test/support/market.ts";
import { COMMANDS_BURST } from "../src/limits.ts";
import { Buyer } from "./support/buyer.ts";
import { Actuator, Commander, giftOf, type Holder, keyOf, untilChainTime } from "./support/commander.ts";
import { type Inbox, ScriptedRelay } from "./support/relay.ts";
import { type Login, type RunningGateway, startWorld, type World } from "./support/world.ts";

const switchPlan: Plan = { ...freePlan, rights: Rights.read | Rights.write };
const readPlan: Plan = freePlan;
const SWITCH = 0;
const READ = 1;
const feed = (devices: string[]) => JSON.stringify({ "@type": "Dataset", name: "x", feed: { devices } });

const flip = (bytes: Uint8Array): Uint8Array => bytes.map((byte, i) => (i === 40 ? byte ^ 1 : byte));

/** Who traces a process; 0 = nobody. */
const tracedBy = (pid: number): number =>
  Number(/TracerPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
const hasStrace = spawnSync("strace", ["-V"]).status === 0;
if (!hasStrace && process.env.WEIR_REQUIRE_ALL === "1") throw new Error("strace is needed");

let world: World;
let relay: ScriptedRelay;
let gateway: RunningGateway;
let dataDir: string;
let listing: TestListing;
let other: TestListing;
let login: Login;
let valve: Actuator;

beforeAll(async () => {
  world = await startWorld();
  for (const name of ["valve", "idle", "gone", "meter"]) await world.device(name);
  const operator = world.chain.accounts[RELAY]!.address;
  relay = await ScriptedRelay.start(world, operator);
  world.relays.push(relay.address);
  const plans = [switchPlan, readPlan];
  listing = await world.listing("valves", { plans }, feed(["valve", "idle", "gone", "never"]));
  other = await world.listing("meters", { plans }, feed(["meter"]));
  dataDir = join(world.folder, "data");
  gateway = await world.gateway({ dataDir });
  login = await world.login(gateway, "valve");
  valve = await Actuator.connect(gateway.mqtt, login);
});
afterAll(async () => {
  await valve?.stop();
  await relay?.stop();
  await world?.stop();
});

const line = (of = listing): Promise<Inbox> => relay.commands(of.listingId);
/** The key that the gateway announces when it connects, and with a new generation. */
let keys = new Map<Inbox, Fields<"COMMAND_KEY">>();
async function keyFrom(inbox: Inbox): Promise<Fields<"COMMAND_KEY">> {
  const known = keys.get(inbox) ?? (await inbox.next("COMMAND_KEY"));
  keys.set(inbox, known);
  return known;
}

async function holderOf(plan: number, of = listing): Promise<Holder> {
  const buyer = await Buyer.buy(world, of, { plan, amount: 0n });
  const { grantId, account, encryption } = buyer;
  await untilChainTime(world);
  return { listingId: of.listingId, grantId, buyer: account, signerKey: keyOf(world), encryption };
}

const gift = (rights: number, account: number, notBefore = 0, notAfter = FOREVER): Promise<Holder> =>
  giftOf(world, listing.listingId, { rights, account, notBefore, notAfter });

async function commander(holder?: Holder): Promise<{ by: Commander; inbox: Inbox }> {
  const inbox = await line();
  return { by: new Commander(world, holder ?? (await holderOf(SWITCH)), await keyFrom(inbox)), inbox };
}

describe("a command", () => {
  test("reaches its device once, and the answer its buyer; neither is readable on the way", async () => {
    const { by, inbox } = await commander();
    valve.reply = ({ payload }) => JSON.stringify({ marker: "a-secret-answer", ...(payload as object) });
    const frame = await by.frame({ payload: '{"marker":"a-secret-command","exact":12345678901234567890}' });
    const raw: string[] = [];
    valve.client.on("packetreceive", (packet) => {
      if (packet.cmd === "publish") raw.push(packet.payload.toString());
    });
    const { seal } = await by.send(inbox, frame);
    const sealed = [frame.enc, frame.ct, seal!.ct]
      .map((bytes) => Buffer.from(bytes).toString("latin1"))
      .join();
    expect(sealed).not.toContain("secret");
    expect(sealed).not.toContain("valve");
    const { outcome, payload } = await by.open(frame, seal as never);
    expect(outcome).toBe("answered");
    expect(JSON.parse(Buffer.from(payload).toString())).toMatchObject({ marker: "a-secret-command" });
    const at = valve.heard.at(-1)!;
    expect(at).toMatchObject({ answer: `valve/command/${at.id}`, expires: frame.expiry });
    expect(raw.at(-1)).toContain("12345678901234567890"); // no digit is lost on the way
    expect(gateway.logs()).not.toContain("secret");
  });

  test("that is no JSON arrives as base64, up to the largest", async () => {
    const { by, inbox } = await commander();
    valve.reply = ({ payloadBase64 }) => new Uint8Array(Buffer.from(payloadBase64!, "base64").subarray(0, 8));
    const payload = new Uint8Array(randomBytes(MAX_COMMAND_BYTES)).fill(0xff, 0, 8);
    const frame = await by.frame({ payload });
    const { seal } = await by.send(inbox, frame);
    expect((await by.open(frame, seal as never)).payload).toEqual(payload.slice(0, 8));
    expect(valve.heard.at(-1)!.payloadBase64).toBe(Buffer.from(payload).toString("base64"));
  });

  test("of a gift is signed by its buyer's account", async () => {
    valve.reply = () => "1";
    const { by, inbox } = await commander(await gift(Rights.write, 12));
    expect(await by.outcome(inbox, await by.frame())).toBe("answered 1");
  });

  test("of a device with two connections is carried out by the newer alone", async () => {
    const { by, inbox } = await commander();
    const second = await Actuator.connect(gateway.mqtt, login, { clientId: "second" });
    second.reply = () => "2";
    const before = valve.heard.length;
    expect(await by.outcome(inbox, await by.frame())).toBe("answered 2");
    await second.stop();
    expect(await by.outcome(inbox, await by.frame())).toBe("answered 1");
    expect([valve.heard.length - before, second.heard.length]).toEqual([1, 1]);
  });
});

describe("refused, and never heard by the device", () => {
  let by: Commander;
  let inbox: Inbox;
  let heard: number;
  const refused = async (frame: Fields<"COMMAND">): Promise<string> => {
    heard = valve.heard.length;
    const name = await by.outcome(inbox, frame);
    // What was refused leaves nothing behind: the next good one is the next that is heard.
    expect(await by.outcome(inbox, await by.frame())).toBe("answered 1");
    expect(valve.heard.length).toBe(heard + 1);
    return name;
  };
  beforeAll(() => {
    valve.reply = () => "1";
  });

  test("a number that was used, or a lower one", async () => {
    ({ by, inbox } = await commander());
    const frame = await by.frame();
    expect(await by.outcome(inbox, frame)).toBe("answered 1");
    expect(await refused(frame)).toBe("Replayed");
    expect(await refused(await by.frame({ counter: 5n }))).toBe("Replayed");
    expect(await refused({ ...frame, requestId: 77 })).toBe("Replayed");
  });

  test("the same command twice at once", async () => {
    const frame = await by.frame();
    const before = valve.heard.length;
    const both = await Promise.all([
      by.outcome(inbox, frame),
      by.outcome(inbox, { ...frame, requestId: frame.requestId + 1 }),
    ]);
    expect(both.sort()).toEqual(["Replayed", "answered 1"]);
    expect(valve.heard.length).toBe(before + 1);
  });

  test("what has expired, and what expires in more than thirty seconds", async () => {
    ({ by, inbox } = await commander());
    const now = Math.floor(Date.now() / 1000);
    expect(await refused(await by.frame({ expiry: now }))).toBe("Expired");
    expect(await refused(await by.frame({ expiry: now + 3_600 }))).toBe("Expired");
  });

  test("a device of the hub that does not feed the listing, one that nobody registered, one that is away", async () => {
    ({ by, inbox } = await commander());
    expect(await refused(await by.frame({ device: "meter" }))).toBe("UnknownDevice");
    expect(await refused(await by.frame({ device: "never" }))).toBe("UnknownDevice");
    expect(await refused(await by.frame({ device: "idle" }))).toBe("DeviceAway");
  });

  test("a device that was revoked", async () => {
    ({ by, inbox } = await commander());
    const gone = await Actuator.connect(gateway.mqtt, await world.login(gateway, "gone"));
    const ended = new Promise<void>((resolve) => gone.client.once("close", () => resolve()));
    expect(await by.outcome(inbox, await by.frame({ device: "gone" }))).toBe('answered "done"');
    const { contracts } = world.chain;
    await revokeDevice(world.chain.wallet(SELLER), { contracts, hubId: world.hubId, name: "gone" });
    await ended;
    expect(await refused(await by.frame({ device: "gone" }))).toBe("UnknownDevice");
  });

  test.each([
    ["a grant that reads only", () => holderOf(READ), "NoRight"],
    ["a gift that reads only", () => gift(Rights.read, 13), "NoRight"],
    ["a grant before its window", () => gift(Rights.write, 14, FOREVER - 1), "BeforeWindow"],
    ["a grant of another listing", () => holderOf(SWITCH, other), "NoGrant"],
  ])("%s", async (_, holder, name) => {
    const bad = new Commander(world, { ...(await holder()), listingId: listing.listingId }, by.key);
    expect(await refused(await bad.frame())).toBe(name);
  });

  test("a grant after its window, and one that was revoked a block ago", async () => {
    const { contracts } = world.chain;
    const over = Math.floor(Date.now() / 1000) + 3;
    const ended = new Commander(world, await gift(Rights.write, 15, 0, over), by.key);
    await expect.poll(() => Date.now() / 1000, { timeout: 30_000 }).toBeGreaterThan(over);
    await world.chain.test.mine({ blocks: 1 });
    expect(await refused(await ended.frame())).toBe("AfterWindow");
    const holder = await holderOf(SWITCH);
    const revoked = new Commander(world, holder, by.key);
    expect(await revoked.outcome(inbox, await revoked.frame())).toBe("answered 1");
    const { listingId, grantId, buyer } = holder;
    await revokeGrant(world.chain.wallet(SELLER), { contracts, grantId });
    // Whoever is shut out is followed by a new generation, which has a key of its own.
    const key = await inbox.next("COMMAND_KEY");
    expect(key.generation).toBeGreaterThan(by.key.generation);
    keys.set(inbox, key);
    by = new Commander(world, by.holder, key);
    expect(await refused(await new Commander(world, holder, key).frame())).toBe("Revoked");
    await unblock(world.chain.wallet(SELLER), { contracts, listingId, buyer }); // the account buys again below
  });

  test("another signer, or a part that was changed behind the signature", async () => {
    ({ by, inbox } = await commander());
    expect(await refused(await by.frame({ signerKey: keyOf(world, 16) }))).toBe("BadSignature");
    const { counter, expiry, ct } = await by.frame();
    for (const after of [{ counter: counter + 10n }, { expiry: expiry - 1 }, { ct: flip(ct) }])
      expect(await refused(await by.frame({ after }))).toBe("BadSignature");
  });

  test("what was sealed for another number, grant or generation", async () => {
    ({ by, inbox } = await commander());
    expect(await refused(await by.frame({ sealedFor: { counter: 1n } }))).toBe("BadFrame");
    expect(await refused(await by.frame({ sealedFor: { grantId: hex(randomBytes(32)) } }))).toBe("BadFrame");
    expect(await refused(await by.frame({ generation: by.key.generation - 1 }))).toBe("StaleGeneration");
    expect(await refused(await by.frame({ listingId: other.listingId }))).toBe("UnknownListing");
  });

  test("what is too large", async () => {
    expect(await refused(await by.frame({ ct: randomBytes(MAX_COMMAND_BYTES + 1_024) }))).toBe("TooLarge");
  });

  test("a flood of one grant, while another one goes on", async () => {
    ({ by, inbox } = await commander());
    const flooder = (await commander()).by;
    const frames: Fields<"COMMAND">[] = [];
    while (frames.length < COMMANDS_BURST + 30) frames.push(await flooder.frame());
    const before = valve.heard.length;
    // All at once: on a slow machine the rate would come back meanwhile.
    const results = await Promise.all(frames.map((frame) => flooder.send(inbox, frame)));
    const messages = results.flatMap(({ error }) => (error ? [error.message] : []));
    const held = messages.filter((message) => message.includes("commands a minute"));
    expect(held.length).toBeGreaterThan(0);
    expect(valve.heard.length - before).toBe(results.filter(({ seal }) => seal).length);
    expect(await by.outcome(inbox, await by.frame())).toBe("answered 1");
  });

  test("by their number on the gateway's metrics", async () => {
    const text = await (await fetch(`${gateway.http}/metrics`)).text();
    for (const reason of ["Replayed", "Expired", "NoRight", "Revoked", "BadSignature", "Limit"])
      expect(text).toMatch(new RegExp(`refused_commands_total\\{reason="${reason}"\\} [1-9]`));
  });
});

describe("results", () => {
  test("a device that says nothing, too much, or something to another's command", async () => {
    const { by, inbox } = await commander();
    valve.reply = () => new Uint8Array(MAX_RESULT_BYTES + 1);
    expect(await by.outcome(inbox, await by.frame())).toBe("oversized");
    valve.reply = () => new Uint8Array(MAX_RESULT_BYTES).fill(0x61);
    expect(await by.outcome(inbox, await by.frame())).toBe(`answered ${"a".repeat(MAX_RESULT_BYTES)}`);
    const idle = await Actuator.connect(gateway.mqtt, await world.login(gateway, "idle"));
    valve.reply = ({ id }) => {
      idle.client.publish(`idle/command/${id}`, "forged", { qos: 1 });
      return undefined;
    };
    expect(await by.outcome(inbox, await by.frame())).toBe("unanswered");
    expect(idle.client.connected).toBe(true); // a late answer is no offence
    await idle.stop();
  });
});

describe("kill -9", () => {
  /** The gateway again, on the same files, with its device and its relay. */
  async function again(holder?: Holder): Promise<{ by: Commander; inbox: Inbox }> {
    gateway = await world.gateway({ dataDir });
    keys = new Map();
    valve = await Actuator.connect(gateway.mqtt, login);
    valve.reply = () => "1";
    return commander(holder);
  }

  /** Neither as it was heard on the way, nor signed anew with its number. */
  async function isUsed(frame: Fields<"COMMAND">, holder: Holder): Promise<void> {
    const { by, inbox } = await again(holder);
    expect(["Replayed", "Expired"]).toContain(await by.outcome(inbox, frame));
    expect(await by.outcome(inbox, await by.frame({ counter: frame.counter }))).toBe("Replayed");
    expect(valve.heard).toEqual([]);
    expect(await by.outcome(inbox, await by.frame())).toBe("answered 1");
  }

  test.skipIf(!hasStrace)("between store and delivery: the device never hears of it", async () => {
    valve.reply = () => "1";
    const { by, inbox } = await commander();
    expect(await by.outcome(inbox, await by.frame())).toBe("answered 1");
    // From here on nothing but the command's number is written: the first write to reach the disk is that one.
    const exited = once(gateway.child, "exit");
    const closed = new Promise<void>((resolve) => valve.client.once("close", () => resolve()));
    const calls = "fsync,fdatasync";
    const words = `-f -qq -o /dev/null -e trace=${calls} -e inject=${calls}:signal=SIGKILL -p ${gateway.child.pid}`;
    const strace = spawn("strace", words.split(" "));
    await expect.poll(() => tracedBy(gateway.child.pid!), { timeout: 30_000 }).toBe(strace.pid);
    const before = valve.heard.length;
    const frame = await by.frame();
    inbox.frames.send("COMMAND", frame);
    await exited;
    await closed; // what was on the way to the device has arrived
    expect(valve.heard.length).toBe(before);
    await isUsed(frame, by.holder);
  });

  test("right behind the delivery: it is not delivered again", async () => {
    const { by, inbox } = await commander();
    const delivered = Promise.withResolvers<void>();
    valve.reply = () => {
      delivered.resolve();
      return undefined;
    };
    const frame = await by.frame();
    inbox.frames.send("COMMAND", frame);
    await delivered.promise;
    await gateway.kill();
    await isUsed(frame, by.holder);
  });

  test("no answer was ever a message of the stream", async () => {
    await gateway.kill();
    const db = new DatabaseSync(join(dataDir, "gateway.db"));
    const rows = db.prepare("SELECT topic FROM journal").all();
    const sold = db.prepare("SELECT SUM(messageCount) AS n FROM sealed").get();
    db.close();
    expect([rows, sold]).toEqual([[], { n: null }]);
    await again();
  });
});
