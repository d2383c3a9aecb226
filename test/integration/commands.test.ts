// Commands over the real programs: the SDK's call and the command line, a real relay, a gateway, a device at its broker.
//   carried out   by the SDK and by `weir command`; what the device says comes back, and nobody's number is used twice
//   refused       by the relay itself, before the gateway hears of it: right, window, revoked, signer, clock, size, flood, no gateway, too many streams
//   on the way    a relay that answers with another command's result, or with a key of its own, is found out
import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { x25519 } from "@noble/curves/ed25519.js";
import { createWalletClient, http } from "viem";
import { hardhat } from "viem/chains";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  Actuator,
  Commander,
  giftOf,
  type Holder,
  keyOf,
  untilChainTime,
} from "../../gateway/test/support/commander.ts";
import { Inbox } from "../../gateway/test/support/relay.ts";
import { type RunningGateway, startWorld, type World } from "../../gateway/test/support/world.ts";
import { COMMANDS_BURST, MAX_COMMANDERS_PER_GRANT } from "../../relay/src/limits.ts";
import { createLog } from "../../relay/src/log.ts";
import { type Relay, startRelay } from "../../relay/src/relay.ts";
import { revokeGrant } from "../../sdk/src/chain/index.ts";
import { buyListing, commandDevice, type Market, portableCrypto } from "../../sdk/src/client/index.ts";
import { createNode, fileCounters, fileStore, nativeCrypto } from "../../sdk/src/client/node.ts";
import {
  type CommandResult,
  FOREVER,
  type Hex,
  hex,
  MAX_COMMAND_BYTES,
  type Plan,
  Rights,
  utf8,
} from "../../sdk/src/core/index.ts";
import { type Fields, type FrameOf, FrameStream, PROTOCOLS } from "../../sdk/src/wire/index.ts";
import { freePlan, RELAY, SELLER, type TestListing } from "../support/market.ts";

const plans: Plan[] = [{ ...freePlan, rights: Rights.read | Rights.write }, freePlan];
const SWITCH = 0;
const READ = 1;

let world: World;
let relay: Relay;
let gateway: RunningGateway;
let listing: TestListing;
let valve: Actuator;
const market: Record<string, Market> = {};
const nodes: Market["node"][] = [];

beforeAll(async () => {
  world = await startWorld();
  const { chain } = world;
  for (const name of ["valve", "meter"]) await world.device(name);
  relay = await newRelay("relay");
  world.relays.push(relay);
  listing = await world.listing(
    "valves",
    { plans },
    JSON.stringify({ "@type": "Dataset", name: "valves", feed: { devices: ["valve"] } }),
  );
  gateway = await world.gateway();
  valve = await Actuator.connect(gateway.mqtt, await world.login(gateway, "valve"));
  for (const [name, account] of Object.entries({ ada: 10, bob: 11 })) {
    const node = await createNode();
    nodes.push(node);
    market[name] = {
      wallet: createWalletClient({
        account: chain.accounts[account]!,
        chain: hardhat,
        transport: http(chain.rpc),
        pollingInterval: 50,
      }),
      contracts: chain.contracts,
      relays: [relay],
      node,
      crypto: name === "ada" ? nativeCrypto : portableCrypto,
      store: fileStore(join(world.folder, name)),
      site: "tests",
    };
  }
});
afterAll(async () => {
  for (const node of nodes) await node.stop();
  await valve?.stop();
  await relay?.stop();
  await world?.stop();
});

async function newRelay(name: string): Promise<Relay> {
  const { chain, folder } = world;
  return startRelay(
    {
      rpcUrl: chain.rpc,
      chainId: chain.chainId,
      dataDir: join(folder, name),
      deployment: chain.deployment,
      operator: chain.accounts[RELAY]!.address,
      host: "127.0.0.1",
      ports: { tcp: 0, ws: 0, http: 0 },
      parentWatch: false,
      logLevel: "silent",
      confirmations: {},
    },
    {
      log: createLog("silent"),
      onFatal(error) {
        throw error;
      },
    },
  );
}

async function buy(name: string, planIndex: number): Promise<Hex> {
  const { listingId } = listing;
  const { grantId } = await buyListing(market[name]!, { listingId, planIndex, amount: 0n });
  await untilChainTime(world);
  return grantId;
}

const kept = new Map<string, ReturnType<typeof fileCounters>>();
function countersOf(name: string): ReturnType<typeof fileCounters> {
  const known = kept.get(name) ?? fileCounters(join(world.folder, name));
  kept.set(name, known);
  return known;
}

const tell = (name: string, grantId: Hex, payload: string, device = "valve") =>
  commandDevice(market[name]!, {
    grantId,
    device,
    payload: utf8(payload),
    counters: countersOf(name),
  });

const said = ({ outcome, payload }: CommandResult): string => `${outcome} ${Buffer.from(payload)}`;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** What the gateway has refused or carried out so far, by its own figures. */
async function atGateway(): Promise<string[]> {
  const text = await (await fetch(`${gateway.http}/metrics`)).text();
  return text.split("\n").filter((line) => /commands_total/.test(line));
}

describe("carried out", () => {
  test("by the SDK, in Node's and in the browser's filling, one after the other", async () => {
    valve.reply = ({ payload }) => JSON.stringify({ did: payload });
    for (const name of ["ada", "bob"]) {
      const grantId = await buy(name, SWITCH);
      expect(said(await tell(name, grantId, '{"open":true}'))).toBe('answered {"did":{"open":true}}');
      const many = await Promise.all([1, 2, 3].map((n) => tell(name, grantId, String(n))));
      expect(many.map(said)).toEqual([1, 2, 3].map((n) => `answered {"did":${n}}`));
      const numbers = many.map(({ counter }) => counter);
      expect(new Set(numbers).size).toBe(3);
      const stored = await readFile(join(world.folder, name, `${grantId}.command`), "utf8");
      expect(BigInt(stored)).toBe(numbers.reduce((most, number) => (number > most ? number : most)));
    }
  });

  test("by `weir command`; a purchase that only reads says so", async () => {
    const { chain } = world;
    const path = (name: string) => join(world.folder, name);
    await writeFile(path("passphrase"), "correct horse battery\n");
    const file = { rpc: chain.rpc, contracts: chain.contracts, relays: [relay], gateways: [], tokens: [] };
    await writeFile(path("stack.json"), JSON.stringify(file));
    const weir = async (...args: string[]) => {
      const env = {
        PATH: process.env.PATH,
        WEIR_DATA_DIR: path("cli"),
        WEIR_MARKET: path("stack.json"),
        WEIR_KEYSTORE: path("eve.json"),
        WEIR_PASSPHRASE_FILE: path("passphrase"),
      };
      const child = spawn(
        process.execPath,
        ["--disable-warning=ExperimentalWarning", "cli/src/main.ts", ...args],
        {
          env,
          stdio: ["ignore", "pipe", "pipe"],
        },
      );
      let out = "";
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding("utf8").on("data", (text: string) => {
          out += text;
        });
      const [code] = (await once(child, "close")) as [number];
      return { code, out: out.trim() };
    };
    const made = await weir("wallet", "new", "--json");
    const { address } = JSON.parse(made.out) as { address: Hex };
    await chain.test.setBalance({ address, value: 10n ** 20n });
    const id = String(listing.listingId);
    expect(await weir("buy", id, "--plan", String(READ), "--json")).toMatchObject({ code: 0 });
    const refused = await weir("command", id, "valve", "1");
    expect(refused).toMatchObject({ code: 3 });
    expect(refused.out).toContain("right to send commands");
    expect(await weir("buy", id, "--plan", String(SWITCH), "--json")).toMatchObject({ code: 0 });
    valve.reply = () => '{"state":"open"}';
    const row = await weir("command", id, "valve", "on", "--json");
    expect(JSON.parse(row.out)).toMatchObject({ outcome: "answered", payload: { state: "open" } });
    expect(valve.heard.at(-1)).toMatchObject({ payloadBase64: Buffer.from("on").toString("base64") });
  }, 240_000);
});

/** A gift of rights: its buyer's account signs. */
const gift = (rights: number, account: number, notBefore = 0): Promise<Holder> =>
  giftOf(world, listing.listingId, { rights, account, notBefore });

/** A stream to the relay whose frames the test writes itself; every one has its own peer id, and so its own rate. */
async function stream(to: Relay = relay): Promise<{ inbox: Inbox; key: Fields<"COMMAND_KEY"> }> {
  const node = await createNode();
  nodes.push(node);
  const { multiaddr } = await import("@multiformats/multiaddr");
  const connection = await node.dial(to.multiaddrs.map((text) => multiaddr(text)));
  const inbox = new Inbox(new FrameStream(await connection.newStream(PROTOCOLS.command)));
  await inbox.next("HELLO");
  inbox.frames.send("COMMAND_KEY_REQUEST", { listingId: listing.listingId });
  return { inbox, key: await inbox.next("COMMAND_KEY") };
}

describe("refused by the relay, before the gateway hears of it", () => {
  const refusal = (inbox: Inbox, by: Commander, frame: Fields<"COMMAND">): Promise<string> =>
    by.send(inbox, frame).then(({ error }) => error?.name ?? "carried out");

  test("no right, too early, too late, too large, another signer, another listing, no such grant", async () => {
    const { inbox, key } = await stream();
    const good = new Commander(world, await gift(Rights.write, 12), key);
    valve.reply = () => "1";
    expect(await good.outcome(inbox, await good.frame())).toBe("answered 1");
    const before = await atGateway();
    const heard = valve.heard.length;
    const reader = new Commander(world, await gift(Rights.read, 13), key);
    expect(await refusal(inbox, reader, await reader.frame())).toBe("NoRight");
    const early = new Commander(world, await gift(Rights.write, 14, FOREVER - 1), key);
    expect(await refusal(inbox, early, await early.frame())).toBe("BeforeWindow");
    const now = Math.floor(Date.now() / 1000);
    expect(await refusal(inbox, good, await good.frame({ expiry: now - 1 }))).toBe("Expired");
    expect(await refusal(inbox, good, await good.frame({ expiry: now + 60 }))).toBe("Expired");
    const large = await good.frame({ ct: randomBytes(MAX_COMMAND_BYTES + 1_024) });
    expect(await refusal(inbox, good, large)).toBe("TooLarge");
    const forged = await good.frame({ signerKey: keyOf(world, 15) });
    expect(await refusal(inbox, good, forged)).toBe("BadSignature");
    const unknown = await good.frame({ grantId: hex(randomBytes(32)) });
    expect(await refusal(inbox, good, unknown)).toBe("NoGrant");
    expect([await atGateway(), valve.heard.length]).toEqual([before, heard]);
  });

  test("revoked: the first command after its block is refused, and the gateway knows at once", async () => {
    const { inbox, key } = await stream();
    const by = new Commander(world, await gift(Rights.write, 16), key);
    valve.reply = () => "1";
    expect(await by.outcome(inbox, await by.frame())).toBe("answered 1");
    const heard = valve.heard.length;
    await revokeGrant(world.chain.wallet(SELLER), {
      contracts: world.chain.contracts,
      grantId: by.holder.grantId,
    });
    // Whichever of the two knows it first: none is carried out any more. A new generation follows, which has a key of its own.
    expect(["Revoked", "StaleGeneration"]).toContain(await refusal(inbox, by, await by.frame()));
    await expect
      .poll(async () => (await stream()).key.generation, { timeout: 60_000 })
      .toBeGreaterThan(key.generation);
    const renewed = await stream();
    const after = new Commander(world, by.holder, renewed.key);
    expect(await refusal(renewed.inbox, after, await after.frame())).toBe("Revoked");
    expect(valve.heard.length).toBe(heard);
  });

  test("a flood of one grant from many peers, while others go on", async () => {
    valve.reply = () => "1";
    const streams = await Promise.all(Array.from({ length: 8 }, () => stream()));
    const flooder = new Commander(world, await gift(Rights.write, 17), streams[0]!.key);
    const frames: Fields<"COMMAND">[] = [];
    while (frames.length < 6 * streams.length) frames.push(await flooder.frame());
    // All at once: on a slow machine the rate would come back meanwhile.
    const results = await Promise.all(
      frames.map((frame, i) => flooder.send(streams[i % streams.length]!.inbox, frame)),
    );
    const held = results.filter(({ error }) => error?.message === "Commands are sent too often.");
    expect(held.length).toBeGreaterThan(0);
    const elsewhere = await stream();
    const other = new Commander(world, await gift(Rights.write, 18), elsewhere.key);
    expect(await other.outcome(elsewhere.inbox, await other.frame())).toBe("answered 1");
    // A stranger who knows the grant's id cannot use up its rate: what he sends is not signed by it.
    const victim = new Commander(world, await gift(Rights.write, 19), elsewhere.key);
    const stranger = await stream();
    for (let i = 0; i < COMMANDS_BURST + 5; i += 1)
      expect(await refusal(stranger.inbox, victim, await victim.frame({ signerKey: keyOf(world, 15) }))).toBe(
        "BadSignature",
      );
    expect(await victim.outcome(elsewhere.inbox, await victim.frame())).toBe("answered 1");
  });
});

test("one grant opens a bounded number of streams, and leaves the relay's places to others", async () => {
  valve.reply = () => "1";
  const streams = await Promise.all(Array.from({ length: MAX_COMMANDERS_PER_GRANT + 1 }, () => stream()));
  const by = new Commander(world, await gift(Rights.write, 11), streams[0]!.key);
  for (const { inbox } of streams.slice(1))
    expect(await by.outcome(inbox, await by.frame())).toBe("answered 1");
  const { inbox } = streams[0]!;
  const { error } = await by.send(inbox, await by.frame());
  expect(error).toMatchObject({ name: "Limit", message: "Too many commanders of this grant." });
  // A stream that has ended gives its place back.
  await streams[1]!.inbox.frames.close();
  await expect
    .poll(async () => by.outcome(inbox, await by.frame()), { timeout: 20_000, interval: 1_500 })
    .toBe("answered 1");
});

describe("a relay that lies", () => {
  /** Changes what the SDK hears; everything else is the real relay. */
  function lying(
    change: (frame: Writable<FrameOf<"COMMAND_KEY">> | Writable<FrameOf<"COMMAND_RESULT">>) => void,
  ): () => void {
    const { expect: real } = FrameStream.prototype;
    FrameStream.prototype.expect = async function (this: FrameStream, ...args: Parameters<typeof real>) {
      const frame = await real.apply(this, args);
      if (frame.type === "COMMAND_KEY" || frame.type === "COMMAND_RESULT") change(frame);
      return frame;
    } as typeof real;
    return () => {
      FrameStream.prototype.expect = real;
    };
  }

  test("about the key, the result, or which command it answers, is found out", async () => {
    const grantId = await buy("ada", SWITCH);
    valve.reply = ({ payload }) => JSON.stringify(payload);
    const attacker = x25519.utils.randomSecretKey();
    const heard = valve.heard.length;
    let honest = lying((frame) => {
      if (frame.type === "COMMAND_KEY") frame.key = x25519.getPublicKey(attacker);
    });
    await expect(tell("ada", grantId, "1")).rejects.toMatchObject({ name: "CommandError", field: "key" });
    honest();
    expect(valve.heard.length).toBe(heard); // nothing was sealed to it
    let first: FrameOf<"COMMAND_RESULT">["seal"] = null;
    honest = lying((frame) => {
      if (frame.type !== "COMMAND_RESULT") return;
      first ??= frame.seal;
      frame.seal = first;
    });
    expect(said(await tell("ada", grantId, "1"))).toBe("answered 1");
    await expect(tell("ada", grantId, "2")).rejects.toMatchObject({ name: "SealError" });
    honest();
    honest = lying((frame) => {
      if (frame.type === "COMMAND_RESULT") frame.seal!.ct = frame.seal!.ct.map((byte) => byte ^ 1);
    });
    await expect(tell("ada", grantId, "3")).rejects.toMatchObject({ name: "SealError", field: "signature" });
    honest();
  });
});

test("no gateway: said at once, by name; it is tried again when the gateway is back", async () => {
  const grantId = await buy("bob", SWITCH);
  expect(await gateway.stop()).toBe(0);
  await expect(tell("bob", grantId, "1")).rejects.toMatchObject({ name: "GatewayOffline" });
  gateway = await world.gateway();
  const login = await world.login(gateway, "valve");
  await valve.stop();
  valve = await Actuator.connect(gateway.mqtt, login);
  valve.reply = () => '"back"';
  await expect
    .poll(() => tell("bob", grantId, "1").then(said, (error: Error) => error.name), { timeout: 60_000 })
    .toBe('answered "back"');
});
