// Segments on their way to relays.
//
// order and proof: what arrives is the line without gaps, signed, in a relay's hands before the journal forgets it
// a quiet listing: its new generation is said at once
// coming back: after the relay was away · after NEED · from a number that was never sealed · after kill -9 with the same bytes · after StaleGeneration · from a foreign head
import { connect } from "node:net";
import { join } from "node:path";
import { reviseListing } from "@weir/sdk/chain";
import { RefusedError } from "@weir/sdk/wire";
import mqtt, { type MqttClient } from "mqtt";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { RELAY, SELLER } from "../../test/support/market.ts";
import { ScriptedRelay } from "./support/relay.ts";
import { type Login, type RunningGateway, startWorld, type World } from "./support/world.ts";

let world: World;
let relay: ScriptedRelay;
let gateway: RunningGateway;
let dataDir: string;
let listing: Awaited<ReturnType<World["listing"]>>;
let login: Login;
let client: MqttClient;

beforeAll(async () => {
  world = await startWorld();
  relay = await ScriptedRelay.start(world, world.chain.accounts[RELAY]!.address);
  world.relays = [relay.address];
  await world.device("probe");
  listing = await world.listing("one for all", { segment: { flushMs: 20, maxMessages: 4, maxBytes: 4096 } });
  dataDir = join(world.folder, "data");
  gateway = await world.gateway({ dataDir });
  login = await world.login(gateway, "probe");
});
afterAll(async () => {
  client?.end(true);
  await relay?.stop();
  await world?.stop();
});

const device = async () => {
  client?.end(true);
  client = await mqtt.connectAsync(gateway.mqtt, {
    protocolVersion: 4,
    username: login.user,
    password: login.password,
    reconnectPeriod: 0,
  });
};
beforeEach(device);

/** Publishes one message and waits until its segment is at the relay. */
async function send(text: string) {
  const before = relay.arrived.length;
  await client.publishAsync("probe/air", text, { qos: 1 });
  await relay.until(() => relay.arrived.length > before);
  return relay.arrived.at(-1)!;
}
const metric = async (name: string) =>
  Number(
    new RegExp(`weir_gateway_${name} (\\d+)`).exec(
      await (await fetch(`${gateway.http}/metrics`)).text(),
    )?.[1] ?? 0,
  );
const journalBytes = () => metric("journal_bytes");
const settleRounds = () => metric("settle_rounds_total");
const last = () => relay.arrived.at(-1)!.header;

describe("in order", () => {
  test("a line of signed segments without gaps, each continuing the one before", async () => {
    for (const text of ["a", "b", "c"]) await send(text);
    await relay.check();
    const headers = relay.arrived.map(({ header }) => header);
    expect(headers.map(({ seq }) => seq)).toEqual(headers.map((_, i) => BigInt(i)));
    expect(new Set(headers.map(({ generation }) => generation)).size).toBe(1);
  });

  test("the journal keeps what no relay has on disk, and lets go of the rest", async () => {
    await expect.poll(journalBytes, { timeout: 20_000 }).toBe(0);
    relay.acknowledge = false;
    await send("not yet");
    // The first round to come may have begun before; the second one has looked at what was sent.
    const rounds = await settleRounds();
    await expect.poll(settleRounds, { timeout: 20_000 }).toBeGreaterThanOrEqual(rounds + 2);
    expect(await journalBytes()).toBeGreaterThan(0);
    relay.acknowledge = true;
    await relay.dropPublishers();
    await send("again");
    await expect.poll(journalBytes, { timeout: 20_000 }).toBe(0);
  });
});

describe("coming back", () => {
  test("goes on behind the relay's head", async () => {
    await send("before");
    const { seq } = last();
    await relay.dropPublishers();
    await send("after");
    expect(last().seq).toBe(seq + 1n);
  });

  test.each(["ACK", "NEED"] as const)(
    "%s of a number that was never sealed ends the stream, and nothing is passed over",
    async (name) => {
      await send("before");
      const { seq, generation } = last();
      const frames = relay.publishStreams.at(-1)!;
      const ended = new Promise<void>((resolve) => frames.onClose(resolve));
      frames.send(name, { generation, seq: seq + 1_000n });
      await ended;
      for (const text of ["after", "that"]) await send(text);
      expect(relay.arrived.slice(-3).map(({ header }) => header.seq)).toEqual([seq, seq + 1n, seq + 2n]);
    },
  );

  test("sends again from where the relay asks", async () => {
    const frames = relay.publishStreams.at(-1)!;
    relay.acknowledge = false;
    for (const text of ["x", "y", "z"]) await send(text);
    const { seq, generation } = last();
    const count = relay.arrived.length;
    frames.send("NEED", { generation, seq: seq - 1n });
    await relay.until(() => relay.arrived.length >= count + 2);
    expect(relay.arrived.slice(count).map(({ header }) => header.seq)).toEqual([seq - 1n, seq]);
    expect(relay.arrived[count]!.bytes).toEqual(relay.arrived[count - 2]!.bytes);
    relay.acknowledge = true;
  });

  test("after kill -9 the same bytes are sent again and the line goes on", async () => {
    await send("kept");
    const before = relay.arrived.at(-1)!;
    const one = relay.arrived.at(-2)!;
    relay.acknowledge = false;
    await send("unacknowledged");
    const { bytes, header } = relay.arrived.at(-1)!;
    await gateway.kill();
    // The relay lost what it had not acknowledged.
    relay.stored = before;
    relay.acknowledge = true;
    const count = relay.arrived.length;
    gateway = await world.gateway({ dataDir });
    await relay.until(() => relay.arrived.length > count);
    expect(relay.arrived[count]!.bytes).toEqual(bytes);
    expect(one.header.generation).toBe(header.generation);
    await device();
    const next = await send("next");
    expect(next.header.seq).toBe(header.seq + 1n);
    await relay.check();
  });

  test("begins a generation above one that the relay has seen", async () => {
    const seen = last().generation + 500;
    relay.refusal = (auth) =>
      auth.generation < seen
        ? new RefusedError("StaleGeneration", "a later one was published", { generation: String(seen) })
        : undefined;
    await relay.dropPublishers();
    const before = relay.arrived.length;
    await client.publishAsync("probe/air", "in the new one", { qos: 1 });
    await relay.until(() => relay.arrived.slice(before).some(({ header }) => header.generation > seen));
    expect(last()).toMatchObject({ generation: seen + 1, seq: expect.any(BigInt) });
    relay.refusal = undefined;
  });

  test("never goes on behind a head that is not its own: the data file is an old copy", async () => {
    await send("mine");
    const { generation } = last();
    // A relay that holds a segment of this generation which this gateway's file does not know.
    relay.stored = { ...relay.arrived.at(-1)!, bytes: relay.arrived.at(-1)!.bytes.slice() };
    relay.stored.bytes[20] = 0x7f; // its number: far beyond ours
    await relay.dropPublishers();
    const before = relay.arrived.length;
    await client.publishAsync("probe/air", "elsewhere", { qos: 1 });
    await relay.until(() => relay.arrived.slice(before).some(({ header }) => header.generation > generation));
    expect(relay.arrived.slice(before).every(({ header }) => header.generation > generation)).toBe(true);
    // A copy lacks vouchers, too.
    const vouchers = await relay.vouchers(listing.listingId);
    expect(await vouchers.next("RECALL")).toMatchObject({ after: null });
  });
});

test("a generation in which nothing was published yet is said in a signed head", async () => {
  await send("the last one");
  const { generation } = last();
  const arrived = relay.arrived.length;
  const { contracts } = world.chain;
  const { listingId, terms, metadata } = listing;
  const segment = { ...terms.segment, maxMessages: terms.segment.maxMessages + 1 };
  await reviseListing(world.chain.wallet(SELLER), {
    contracts,
    listingId,
    terms: { ...terms, segment },
    metadata,
  });
  const head = await relay.until(() => relay.heads.find((said) => said.generation > generation));
  expect(head).toMatchObject({ nextSeq: 0n, segmentId: new Uint8Array(32) });
  expect(relay.arrived).toHaveLength(arrived);
});

test("strangers at the broker's door: garbage and silence cost one connection each", async () => {
  const sockets = Array.from({ length: 20 }, (_, i) => {
    const socket = connect(gateway.mqttPort, "127.0.0.1");
    if (i % 2) socket.write(crypto.getRandomValues(new Uint8Array(500)));
    else socket.write(Uint8Array.of(0x10, 0xff, 0xff, 0xff, 0x7f)); // a CONNECT of 256 MB
    return new Promise<void>((resolve) => {
      socket.once("close", () => resolve());
      socket.once("error", () => resolve());
    });
  });
  await Promise.all(sockets);
  await send("still here");
});
