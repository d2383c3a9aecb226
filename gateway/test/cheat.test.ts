// Buyers who own relays: everything that is sealed is theirs for nothing, and they want keys for less than they cost.
//
// over many epochs, on two relays of their own, across a kill of the gateway:
//   reconnecting with every epoch · nothing signed after the entry · the same total shown to two relays and signed for both
//   leaving as soon as the first keys are there
// each opens messages worth at most what it has signed, once; what the gateway says is owed is what can be opened; the one who left opens at
// most an entry beyond what his close took; one who goes on paying gets more than any of them
import { join } from "node:path";
import { type Hex, openSegment, parseSegment, SealPurpose, type Unsealer } from "@weir/sdk/core";
import { nativeCrypto } from "@weir/sdk/native";
import type { FrameOf } from "@weir/sdk/wire";
import type { MqttClient } from "mqtt";
import { afterAll, beforeAll, expect, test } from "vitest";
import { messagePlan, PRICE, RELAY, type TestListing } from "../../test/support/market.ts";
import { Buyer } from "./support/buyer.ts";
import { type Inbox, ScriptedRelay } from "./support/relay.ts";
import { type RunningGateway, startWorld, type World } from "./support/world.ts";

/** An account of the chain that nobody else in these tests uses. */
const SECOND_RELAY = 7;
/** Eight messages: four an epoch. The gateway holds back the rest, so that messages come as fast as epochs pass. */
const ENTRY = 8n * PRICE;
const MESSAGES = 52;
const KILL_AFTER = 24;

let world: World;
let relays: ScriptedRelay[];
let gateway: RunningGateway;
let dataDir: string;
let client: MqttClient;
let listing: TestListing;
let sent = 0n;

beforeAll(async () => {
  world = await startWorld();
  const operators = [RELAY, SECOND_RELAY].map((n) => world.chain.accounts[n]!.address);
  relays = await Promise.all(operators.map((operator) => ScriptedRelay.start(world, operator)));
  world.relays = relays.map(({ address }) => address);
  await world.device("probe");
  listing = await world.listing("wanted for nothing", {
    plans: [{ ...messagePlan, entry: ENTRY }],
    relays: operators,
    segment: { flushMs: 20, maxMessages: 4, maxBytes: 4096 },
  });
  dataDir = join(world.folder, "data");
  gateway = await world.gateway({ dataDir });
  client = await world.connect(gateway, "probe");
});
afterAll(async () => {
  client?.end(true);
  for (const relay of relays ?? []) await relay.stop();
  await world?.stop();
});

/** Publishes a message and waits until both relays have its segment. */
async function publish(): Promise<number> {
  await client.publishAsync("probe/air", `message ${sent}`, { qos: 1 });
  const seq = sent++;
  const [{ header }] = await Promise.all([relays[0]!.segment(seq), relays[1]!.segment(seq)]);
  return header.epoch;
}

/** One who takes keys wherever they come from. */
class Taker {
  readonly buyer: Buyer;
  /** The highest total that was signed, for whichever relay. */
  signed = 0n;
  sessionNo = 0n;
  readonly refused: string[] = [];
  readonly #unsealers = new Map<bigint, Unsealer>();
  readonly #lines = new Set<Inbox>();

  constructor(buyer: Buyer) {
    this.buyer = buyer;
  }

  async #line(relay: ScriptedRelay): Promise<Inbox> {
    const line = await relay.vouchers(listing.listingId);
    this.#lines.add(line);
    return line;
  }

  /** Opens a session with this total where the gateway lets it begin. */
  async open(relay: ScriptedRelay, total: bigint): Promise<boolean> {
    if (total > this.signed) this.signed = total;
    this.sessionNo += 1n;
    const { header } = relay.arrived.at(-1)!;
    const first = relay.arrived.find((one) => one.header.epoch === header.epoch)!.header.seq;
    let at = { generation: header.generation, fromSeq: first, baseTotal: 0n };
    for (let tries = 0; tries < 3; tries += 1) {
      const session = this.buyer.session({ relay: relay.operator, sessionNo: this.sessionNo, total, ...at });
      const line = await this.#line(relay);
      this.#unsealers.set(
        this.sessionNo,
        this.buyer.unsealer(session.generation, SealPurpose.session, session),
      );
      line.frames.send("SESSION", session);
      const answer = await line.next(
        ["SESSION_ACK", "SESSION_REFUSED"],
        ({ channelId, sessionNo }) => channelId === session.channelId && sessionNo === session.sessionNo,
      );
      if (answer.type === "SESSION_ACK") return true;
      this.refused.push(answer.name);
      if (answer.name !== "WrongBase") return false;
      const { generation, fromSeq, baseTotal } = answer.detail;
      at = { generation: Number(generation), fromSeq: BigInt(fromSeq!), baseTotal: BigInt(baseTotal!) };
    }
    return false;
  }

  /** Presents a total; the answer says where the account stands. */
  async pay(relay: ScriptedRelay, total: bigint): Promise<{ total: bigint; owed: bigint }> {
    if (total > this.signed) this.signed = total;
    const line = await this.#line(relay);
    line.frames.send("VOUCHERS", { items: [this.buyer.voucher(total, relay.operator)] });
    const mine = ({ channelId }: { channelId: Hex }) => channelId === this.buyer.paymentId;
    return (await line.next("TOTALS", ({ items }) => items.some(mine))).items.find(mine)!;
  }

  /** Opens a session, and ends the channel as soon as its first keys are there. Returns what the seller keeps. */
  async comeAndGo(relay: ScriptedRelay, total: bigint): Promise<bigint> {
    await expect.poll(() => this.open(relay, total), { timeout: 30_000 }).toBe(true);
    const line = await this.#line(relay);
    const mine = ({ channelId }: { channelId: Hex }) => channelId === this.buyer.paymentId;
    const { sessionNo, seal } = await line.next("RELEASE", mine);
    await this.buyer.unseal(this.#unsealers.get(sessionNo)!, seal);
    line.frames.send("NOTICE", this.buyer.notice());
    const { capture, error } = await line.next("NOTICE_DONE", mine);
    expect(error).toBeNull();
    return capture;
  }

  /** Opens every seal that has come, whichever session and relay it came through. */
  async #take(): Promise<void> {
    for (const { seen } of this.#lines) {
      const mine = seen.filter(
        (frame): frame is FrameOf<"RELEASE"> =>
          frame.type === "RELEASE" && frame.channelId === this.buyer.paymentId,
      );
      for (const frame of mine) {
        seen.splice(seen.indexOf(frame), 1);
        await this.buyer.unseal(this.#unsealers.get(frame.sessionNo)!, frame.seal);
      }
    }
  }

  /** Value of all different messages that can be read with the keys so far, leaked segments included. */
  async readable(): Promise<bigint> {
    await this.#take();
    const leaked = new Map(relays.flatMap(({ arrived }) => arrived).map((one) => [one.header.seq, one]));
    let messages = 0n;
    for (const { header, bytes } of leaked.values()) {
      const epochKey = this.buyer.ring.keyFor(header.epoch);
      if (!epochKey) continue;
      messages += BigInt(
        (await openSegment(nativeCrypto, parseSegment(bytes), { epochKey })).messages.length,
      );
    }
    return messages * PRICE;
  }
}

test("a pair of buyer and relay gains nothing beyond what it paid", { timeout: 180_000 }, async () => {
  let epoch = await publish();
  const buy = async () => new Taker(await Buyer.buy(world, listing, { buyer: 8 + takers.length }));
  const takers: Taker[] = [];
  for (let n = 0; n < 5; n += 1) takers.push(await buy());
  const [restless, stingy, double, payer, leaver] = takers as [Taker, Taker, Taker, Taker, Taker];
  let turn = 0;

  /** What each of them does in a new epoch. */
  async function everyEpoch(): Promise<void> {
    const relay = relays[turn % 2]!;
    const other = relays[(turn + 1) % 2]!;
    turn += 1;
    await restless.open(relay, 3n * ENTRY);
    await stingy.open(relay, ENTRY);
    await double.open(relay, 2n * ENTRY);
    await double.open(other, 2n * ENTRY);
    await double.pay(relay, 2n * ENTRY);
    const due = await payer.readable();
    const stands = await payer.pay(relays[0]!, due + 2n * ENTRY).catch(() => undefined);
    if (payer.sessionNo === 0n || !stands) await payer.open(relays[0]!, due + 2n * ENTRY);
  }

  // An unknown channel gets no answer to a voucher: the payer begins with a session.
  await payer.open(relays[0]!, ENTRY);
  const capture = await leaver.comeAndGo(relays[1]!, 5n * ENTRY);
  for (let n = 1; n < MESSAGES; n += 1) {
    const now = await publish();
    if (n === KILL_AFTER) {
      await gateway.kill();
      gateway = await world.gateway({ dataDir, env: { WEIR_PORT_MQTT: String(gateway.mqttPort) } });
      await payer.open(relays[0]!, (await payer.readable()) + 2n * ENTRY);
      expect(await leaver.open(relays[1]!, 5n * ENTRY)).toBe(false);
    }
    if (now === epoch) continue;
    epoch = now;
    await everyEpoch();
  }

  // The leak is worth more than any of the cheats has signed: the bound is what holds them.
  expect(BigInt(MESSAGES) * PRICE).toBeGreaterThan(restless.signed);
  for (const cheat of [restless, stingy, double]) {
    const { total, owed } = await cheat.pay(relays[0]!, 1n);
    const value = await cheat.readable();
    expect(value).toBeGreaterThan(0n);
    expect(value).toBeLessThanOrEqual(cheat.signed);
    expect(total).toBe(cheat.signed); // counted once, for whichever relay it was signed
    expect(value).toBe(owed);
  }
  expect(stingy.signed).toBe(ENTRY);
  // A close takes what is owed when it is asked for. The two epochs that are open then fill up for nothing, half an entry each.
  expect((await leaver.readable()) - capture).toBeLessThanOrEqual(ENTRY);
  // Reconnecting was not simply refused: sessions were opened again and again.
  expect(restless.sessionNo).toBeGreaterThan(4n);
  expect(await payer.readable()).toBeGreaterThan(3n * ENTRY);
});
