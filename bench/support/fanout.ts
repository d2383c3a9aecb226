/**
 * One publisher, many readers: how many messages a relay delivers with a second of its CPU, beside Mosquitto (and NATS) with the same
 * messages, publisher and number of sockets. All sides run in every round, the first one in turn, and every reader's messages are compared by
 * hash.
 */

import type { SeedListing } from "../../scripts/stack/listings.ts";
import { type Child, startChild } from "./child.ts";
import { cpuSecondsOf } from "./machine.ts";
import { FREE, listing, type Market, openMarket } from "./market.ts";
import { digestOf, type Kind, payloadsOf } from "./payloads.ts";
import { type Broker, startMosquitto, startNats } from "./peers.ts";
import type { Measured, Sample } from "./row.ts";
import type { RoundSaid } from "./tally.ts";

export type FanoutOptions = {
  readers: number;
  messages: number;
  perProgram: number;
  kinds?: readonly Kind[];
  segment?: SeedListing["segment"];
  /** NATS as well, to be shown. */
  nats?: boolean;
};

/** Who carries; each has a round of its own. */
type Side = "ours" | "plain" | "nats";
type Results = { kind: Kind } & Record<Side, Cost[]>;

/** CPU-seconds per delivery, of who carries and of who reads. */
type Cost = { carrier: number; readers: number };

const DEVICE = "station";
const TOPIC = "station/t";
/** The largest segments of the standard size: a flush that is late enough for them to be full on a busy machine too. */
const FULL = { flushMs: 250, maxMessages: 256, maxBytes: 64 * 1024 };
/** Messages on their way through a plaintext broker: enough to keep it busy, few enough that no queue grows without end. */
const PLAIN_WINDOW = 2_000;
const PLAIN_STEP = 500;

/** Runs until all readers have all messages. @throws Error when one of them has others than were published */
async function round(
  p: { carrierPid: number; device: Child; readers: readonly Child[] },
  set: { kind: Kind; seed: number; count: number; sessions: number; qos: 0 | 1; report?: number },
  publish: () => Promise<void>,
): Promise<Cost> {
  const { kind, seed, count, qos, report } = set;
  p.device.order({ prepare: { kind, seed, count, qos } });
  await p.device.next("prepared");
  for (const reader of p.readers) reader.order({ expect: { count, report } });
  await Promise.all(p.readers.map((reader) => reader.next("expecting")));
  const before = cpuSecondsOf(p.carrierPid);
  const rounds = Promise.all(p.readers.map((reader) => reader.next<RoundSaid>("round")));
  await publish();
  const said = await rounds;
  const carrier = cpuSecondsOf(p.carrierPid) - before;
  const expected = digestOf(payloadsOf(kind, seed, count));
  for (const { digests } of said)
    if (digests.length !== 1 || digests[0] !== expected)
      throw new Error(`a reader has other messages than were published (${kind}, set ${seed})`);
  const deliveries = count * set.sessions;
  const readers = said.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);
  return { carrier: carrier / deliveries, readers: readers / deliveries };
}

export async function measureFanout(
  {
    readers: sessions,
    messages: count,
    perProgram,
    kinds = ["json", "random"],
    segment = FULL,
    nats = false,
  }: FanoutOptions,
  rounds: number,
  say: (line: string) => void,
): Promise<Results[]> {
  const brokers: Broker[] = [await startMosquitto()];
  let market: Market | undefined;
  const plainChildren: Child[] = [];
  try {
    if (nats) brokers.push(await startNats());
    market = await openMarket([listing(DEVICE, FREE, segment)]);
    const grants = await market.grants(DEVICE, sessions);
    const ours = {
      carrierPid: market.relayPid,
      device: await market.device(DEVICE),
      readers: await market.readers(grants, perProgram),
    };
    const plain = brokers.map(({ pid, port }, i) => {
      const broker = i === 0 ? "mqtt" : "nats";
      const device = startChild("device", { broker, port, clientId: "bench", topic: TOPIC, window: 0 });
      const readers: Child[] = [];
      for (let at = 0; at < sessions; at += perProgram) {
        const options = { broker, port, topic: TOPIC, sessions: Math.min(perProgram, sessions - at) };
        readers.push(startChild("plain-readers", options));
      }
      plainChildren.push(device, ...readers);
      return { carrierPid: pid, device, readers };
    });
    await Promise.all(plainChildren.map((child) => child.next("ready")));

    const takeOurs = (kind: Kind, seed: number) =>
      round(ours, { kind, seed, count, sessions, qos: 1 }, async () => ours.device.order({ send: count }));
    // QoS 0 knows no acknowledgement: what goes in follows what has come out.
    const takePlain = (side: (typeof plain)[number], kind: Kind, seed: number) =>
      round(side, { kind, seed, count, sessions, qos: 0, report: PLAIN_STEP }, async () => {
        const progress = () => Promise.all(side.readers.map((reader) => reader.next("progress")));
        for (let sent = 0; sent < count; sent += PLAIN_STEP) {
          if (sent >= PLAIN_WINDOW) await progress();
          side.device.order({ send: Math.min(PLAIN_STEP, count - sent) });
        }
        const ahead = Math.min(PLAIN_WINDOW, count) / PLAIN_STEP - 1;
        for (let i = 0; i < ahead; i++) await progress();
      });
    const take = (side: Side, kind: Kind, seed: number): Promise<Cost> =>
      side === "ours" ? takeOurs(kind, seed) : takePlain(plain[side === "plain" ? 0 : 1]!, kind, seed);

    say("all sides are ready");
    const sides: Side[] = ["ours", "plain", ...(nats ? (["nats"] as const) : [])];
    const results: Results[] = kinds.map((kind) => ({ kind, ours: [], plain: [], nats: [] }));
    for (let seed = 0; seed <= rounds; seed++)
      for (const result of results) {
        const { kind } = result;
        const costs: Partial<Record<Side, Cost>> = {};
        for (const side of seed % 2 === 0 ? sides : sides.toReversed())
          costs[side] = await take(side, kind, seed);
        if (seed === 0) continue; // warms up
        for (const side of sides) result[side].push(costs[side]!);
        const said = sides.map(
          (side) => `${NAMES[side]} ${us(costs[side]!.carrier)} and ${us(costs[side]!.readers)}`,
        );
        say(`${kind} ${seed}/${rounds}, µs of carrier and readers a delivery: ${said.join(", ")}`);
      }
    return results;
  } finally {
    await Promise.all(plainChildren.map((child) => child.stop()));
    await market?.stop();
    await Promise.all(brokers.map((broker) => broker.stop()));
  }
}

const NAMES: Record<Side, string> = { ours: "Weir", plain: "Mosquitto", nats: "NATS" };
const us = (seconds: number): string => (seconds * 1e6).toFixed(2);
export const KIND_TEXT: Record<Kind, string> = { json: "JSON", random: "incompressible" };

/** The rows of a fan-out: deliveries a CPU-second of the relay, and what readers need, on all sides. */
export async function fanoutRows(
  options: FanoutOptions,
  rounds: number,
  say: (line: string) => void,
): Promise<Measured[]> {
  const atLeast = { json: 3, random: 1 };
  const results = await measureFanout({ ...options, nats: true }, rounds, say);
  return results.flatMap(({ kind, ours, plain, nats }): Measured[] => {
    const samples = (peer: readonly Cost[], figure: (cost: Cost) => number): Sample[] =>
      ours.map((cost, i) => ({ value: figure(cost), peerValue: figure(peer[i]!) }));
    const what = `${options.readers} subscribers, ${KIND_TEXT[kind]}`;
    const carried = ({ carrier }: Cost) => 1 / carrier;
    const unit = "deliveries a CPU-second of the relay";
    return [
      {
        name: `relay, ${what}`,
        unit,
        peer: "Mosquitto, plaintext QoS 0",
        target: [{ of: "ratio", atLeast: atLeast[kind] }],
        samples: samples(plain, carried),
      },
      {
        name: `relay beside NATS, ${what}`,
        unit,
        peer: "NATS, plaintext",
        target: [],
        samples: samples(nats, carried),
      },
      {
        name: `readers, ${what}`,
        unit: "µs of the readers' CPU a delivery",
        peer: "bare sockets that only hash",
        target: [],
        samples: samples(plain, ({ readers }) => readers * 1e6),
      },
    ];
  });
}
