// Mutated frames at the gateway as a program, from relays that send whatever they like on each of their streams. None is accepted: no session
// opened, nothing paid, no receipt kept, no channel closed, no command handed over. Honest ones are served afterwards.
// (Those at relay and buyer: relay/test/mutated.test.ts, sdk/test/mutated-buyer.test.ts; a hundred thousand at the decoder: sdk/test/mutated.test.ts.)
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { HEADER_BYTES, Rights, SIGNATURE_BYTES } from "@weir/sdk/core";
import { controlFrame, type FrameStream } from "@weir/sdk/wire";
import type { MqttClient } from "mqtt";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Situation } from "../../test/support/claims.ts";
import { forge } from "../../test/support/forge.ts";
import { freePlan, messagePlan, RELAY, SIGNER } from "../../test/support/market.ts";
import { randomFrom } from "../../test/support/mutate.ts";
import { signTicks } from "../../test/support/ticks.ts";
import { DATABASE_FILE } from "../src/database.ts";
import { Buyer } from "./support/buyer.ts";
import { Actuator, Commander, giftOf } from "./support/commander.ts";
import { Stand } from "./support/stand.ts";
import { type RunningGateway, startWorld, type World } from "./support/world.ts";

const SEED = Number(process.env.WEIR_SEED ?? Math.floor(Math.random() * 2 ** 31));
const random = randomFrom(SEED);
/** Relays that send at the same time: a gateway waits a moment before it dials again, and every broken frame ends its stream. */
const RELAYS = [RELAY, 16, 17];
/** Frames that only their signatures betray go out together, in front of one that may end the stream. */
const BATCH = 8;
const P = 10n ** 14n;
const patience = { timeout: 30_000, interval: 50 };

let world: World;
let gateway: RunningGateway;
let dataDir: string;
let client: MqttClient;
let valve: Actuator;
const stands: Stand[] = [];

/** One relay with its listing, a buyer whose session runs there, and the holder of a grant with WRITE. */
type Hostile = { stand: Stand; buyer: Buyer; commander: Commander };

beforeAll(async () => {
  console.log(`WEIR_SEED=${SEED}`);
  world = await startWorld();
  for (const name of ["probe", "valve"]) await world.device(name);
  const plans = [{ ...messagePlan, price: P, entry: 8n * P }, freePlan];
  for (const account of RELAYS) stands.push(await Stand.open(world, { account, price: P, plans }));
  dataDir = join(world.folder, "data");
  gateway = await world.gateway({ dataDir });
  client = await world.connect(gateway, "probe");
  valve = await Actuator.connect(gateway.mqtt, await world.login(gateway, "valve"));
});
afterAll(async () => {
  client?.end(true);
  await valve?.stop();
  for (const stand of stands) await stand.relay.stop();
  await world?.stop();
});

async function commanderAt({ relay, listing: { listingId } }: Stand, account: number): Promise<Commander> {
  const holder = await giftOf(world, listingId, { rights: Rights.write, account });
  return new Commander(world, holder, await (await relay.commands(listingId)).next("COMMAND_KEY"));
}

type Honest = { frame: Uint8Array; at: Situation };

const situation = ({ stand, buyer }: Hostile): Situation => ({
  delivery: buyer.delivery,
  signer: world.chain.accounts[SIGNER]!.address,
  publisher: world.secrets.publisherKey,
  relay: stand.relay.operator,
  relayPeer: new Uint8Array(32),
  ownPeer: new Uint8Array(32),
  relayNonce: new Uint8Array(32),
  listingId: stand.listing.listingId,
  channelId: buyer.paymentId,
  sessionDigest: new Uint8Array(32),
});

/** Everything that the gateway would take on this stream: it raises what is on its disk, or closes the channel. */
function money(one: Hostile): Honest[] {
  const { stand, buyer } = one;
  const { operator: relay } = stand.relay;
  const { generation, seq: fromSeq } = stand.relay.arrived.at(-1)!.header;
  const voucher = buyer.voucher(20n * P, relay);
  const { paymentId: channelId, delivery, key } = buyer;
  const chain = signTicks({ channelId, relay, delivery, key }, { base: 10n * P, tickValue: P });
  const session = buyer.session({ relay, sessionNo: 2n, generation, fromSeq, baseTotal: 0n, total: 20n * P });
  const frames = [
    controlFrame("SESSION", { ...session, transactionHash: null }),
    controlFrame("VOUCHERS", { items: [voucher] }),
    controlFrame("TICKS", { items: [{ channelId, ...chain.signed, ...chain.tick(7) }] }),
    controlFrame("RECEIPTS", { items: [buyer.receipt(`0x${"07".repeat(32)}`, P)] }),
    controlFrame("NOTICE", buyer.notice()),
  ];
  return frames.map((frame) => ({ frame, at: situation(one) }));
}

async function command(one: Hostile): Promise<Honest[]> {
  const frame = controlFrame("COMMAND", await one.commander.frame());
  return [{ frame, at: { ...situation(one), signer: one.commander.holder.buyer } }];
}

/** Asks for keys are not signed: of these only what is no frame any more can be refused. */
function keys(one: Hostile): Honest[] {
  const { stand, commander } = one;
  const { listingId } = stand.listing;
  const { generation, epoch } = stand.relay.arrived.at(-1)!.header;
  const { grantId } = commander.holder;
  const range = { epochFrom: epoch, epochTo: epoch + 60 };
  return [
    {
      frame: controlFrame("KEY_REQUEST", { requestId: 1, listingId, grantId, generation, ...range }),
      at: situation(one),
    },
  ];
}

function acknowledgements(one: Hostile): Honest[] {
  const { header, bytes } = one.stand.relay.stored!;
  const { generation, seq } = header;
  const head = bytes.slice(0, HEADER_BYTES + SIGNATURE_BYTES);
  return [
    controlFrame("ACK", { generation, seq }),
    controlFrame("NEED", { generation, seq }),
    controlFrame("HEAD", { generation, head, epochFirstSeq: seq, next: null, gateway: true }),
  ].map((frame) => ({ frame, at: situation(one) }));
}

const tally: Record<string, { bytes: number; frames: number }> = {};

/** Sends mutations of these until `count` have gone out, each stream to its end. `batch`: those that are frames do not end it. */
async function hammer(
  name: string,
  count: number,
  stream: () => Promise<FrameStream>,
  honest: () => Honest[] | Promise<Honest[]>,
  batch: number,
): Promise<void> {
  const counts = tally[name] ?? { bytes: 0, frames: 0 };
  tally[name] = counts;
  for (let left = count; left > 0; ) {
    const frames = await stream();
    const choices = await honest();
    const sent: Uint8Array[] = [];
    for (const framesOnly of [...Array<boolean>(batch).fill(true), false]) {
      const { frame, at } = choices[random(choices.length)]!;
      const { bytes, isFrame } = await forge(random, frame, at, { framesOnly });
      counts[isFrame ? "frames" : "bytes"] += 1;
      sent.push(bytes);
    }
    left -= sent.length;
    frames.write(...sent);
    const ended = new Promise<void>((resolve) => frames.onClose(resolve));
    void frames.close();
    await ended;
  }
}

/** What the gateway's disk holds of these channels, and of commands, once it has stopped. */
function kept(channels: readonly string[]) {
  const db = new DatabaseSync(join(dataDir, DATABASE_FILE), { readOnly: true });
  const rows = (sql: string) => db.prepare(sql).all() as Record<string, string | null>[];
  const of = (table: string) =>
    rows(`SELECT * FROM ${table}`).filter((row) => channels.includes(row.channelId!));
  const accounts = of("channels").map(({ sessionNo, total, frozenEpoch }) => ({
    sessionNo,
    total,
    frozenEpoch,
  }));
  const totals = of("vouchers").map(({ cumulative }) => cumulative);
  const found = { accounts, totals: new Set(totals), ticks: of("ticks"), receipts: of("receipts") };
  const commands = rows("SELECT grantId, counter FROM commands");
  db.close();
  return { ...found, commands };
}

const metric = async (name: string): Promise<number> => {
  const text = await (await fetch(`${gateway.http}/metrics`)).text();
  const found = text.matchAll(new RegExp(`^weir_gateway_${name} (\\d+)$`, "gm"));
  return [...found].reduce((sum, [, n]) => sum + Number(n), 0);
};

test("nothing that is mutated is accepted of any relay, on any of its streams", {
  timeout: 600_000,
}, async () => {
  const hostile: Hostile[] = [];
  for (const [i, stand] of stands.entries()) {
    const { buyer } = await stand.buyer(client, [10n * P]);
    hostile.push({ stand, buyer, commander: await commanderAt(stand, 12 + i) });
  }
  const watched = ["sessions_total", "covers_total", "commands_total", "closes_total", "generations_total"];
  const counted = await Promise.all(watched.map(metric));

  await Promise.all(
    hostile.flatMap((one) => {
      const { relay, listing } = one.stand;
      const { listingId } = listing;
      const inbox = async (of: (listingId: bigint) => Promise<{ frames: FrameStream }>) =>
        (await of(listingId)).frames;
      return [
        hammer(
          "vouchers",
          300,
          () => inbox(relay.vouchers),
          () => money(one),
          BATCH,
        ),
        hammer(
          "command",
          180,
          () => inbox(relay.commands),
          () => command(one),
          BATCH,
        ),
        hammer(
          "keys",
          30,
          () => inbox(relay.keys),
          () => keys(one),
          0,
        ),
        hammer("publish", 30, relay.publisher, () => acknowledgements(one), 0),
      ];
    }),
  );
  console.log(JSON.stringify(tally));

  // They were looked at, not lost on the way: each kind was refused for its signature.
  for (const name of [
    'refused_sessions_total\\{reason="BadSignature"\\}',
    'refused_commands_total\\{reason="BadSignature"\\}',
    "refused_vouchers_total",
    "refused_ticks_total",
    "refused_receipts_total",
  ])
    await expect.poll(() => metric(name), patience).toBeGreaterThan(0);
  expect(await Promise.all(watched.map(metric))).toEqual(counted);
  expect(await metric('refused_sessions_total\\{reason="Fault"\\}')).toBe(0);
  expect(valve.heard).toEqual([]);
  expect(gateway.child.exitCode).toBeNull();

  // The honest ones are served as ever: messages leave, a session opens and pays, keys and answers come.
  const { stand, commander } = hostile[0]!;
  const { listingId } = stand.listing;
  await stand.buyer(client, [12n * P]);
  const asked = await stand.relay.keys(listingId);
  const reader = await Buyer.buy(world, stand.listing, { plan: 1, amount: 0n });
  const { generation, epoch } = stand.relay.arrived.at(-1)!.header;
  asked.frames.send("KEY_REQUEST", {
    ...{ requestId: 7, listingId, grantId: reader.grantId, generation },
    ...{ epochFrom: epoch, epochTo: epoch + 60 },
  });
  expect((await asked.next("KEY_REPLY", ({ requestId }) => requestId === 7)).seal).not.toBeNull();
  const inbox = await stand.relay.commands(listingId);
  const order = await commander.frame();
  expect(await commander.outcome(inbox, order)).toBe('answered "done"');

  expect(await gateway.stop()).toBe(0);
  const account = { sessionNo: "1", total: String(10n * P), frozenEpoch: null };
  expect(kept(hostile.map(({ buyer }) => buyer.paymentId))).toEqual({
    accounts: hostile.map(() => account),
    totals: new Set([String(8n * P), String(10n * P)]),
    ...{ ticks: [], receipts: [], commands: [{ grantId: order.grantId, counter: String(order.counter) }] },
  });
});
