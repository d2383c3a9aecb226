/**
 * Messages that a buyer verifies, decrypts and decodes with a second of his CPU, beside mqtt.js reading the same messages in plaintext:
 * `npm run bench -- consumer`. Both parse what is JSON; payloads are kept and compared by hash when the clock has stopped. Both work at full
 * speed: everything of a round waits for them in the relay or broker.
 */
import { runBench } from "./support/bench.ts";
import { type Child, startChild } from "./support/child.ts";
import type { CollectSaid } from "./support/collect.ts";
import { KIND_TEXT } from "./support/fanout.ts";
import { FREE, listing, openMarket } from "./support/market.ts";
import { digestOf, type Kind, payloadsOf } from "./support/payloads.ts";
import { startMosquitto } from "./support/peers.ts";
import type { Bound, Measured, Sample } from "./support/row.ts";

const DEVICE = "station";
const TOPIC = "station/t";
/** Published while the reader stands still: enough for some tenths of a second of its CPU, and few enough that it is not taken for dead. */
const MESSAGES = 44_200;

/** Rounds that do not count: both readers are still being compiled in the first ones, and a round is a tenth of a second of their CPU. */
const WARM_UPS = 5;

const TARGETS: Record<Kind, readonly Bound[]> = {
  json: [
    { of: "value", atLeast: 250_000 },
    { of: "ratio", atLeast: 2 },
  ],
  random: [
    { of: "value", atLeast: 100_000 },
    { of: "ratio", atLeast: 2 },
  ],
};

async function measure(rounds: number, say: (line: string) => void): Promise<Measured[]> {
  const mosquitto = await startMosquitto();
  const children: Child[] = [];
  const market = await openMarket([listing(DEVICE, FREE)]);
  try {
    const [bought] = await market.grants(DEVICE, 1);
    const { rpc, contracts, relays } = market;
    const reader = startChild("reader", { rpc, contracts, relays, bought: [bought] });
    const { port } = mosquitto;
    const plainDevice = startChild("device", { port, clientId: "bench", topic: TOPIC, window: 0 });
    const plainReader = startChild("plain-client", { port, topic: TOPIC });
    children.push(reader, plainDevice, plainReader);
    const device = await market.device(DEVICE);
    await Promise.all(children.map((child) => child.next("ready")));

    /** Messages a CPU-second. The reader is stopped while they are published, and then has all of them before it. */
    async function round(
      publisher: Child,
      consumer: Child,
      set: { kind: Kind; seed: number; qos: 0 | 1 },
    ): Promise<number> {
      const { kind, seed, qos } = set;
      publisher.order({ prepare: { kind, seed, qos, count: MESSAGES } });
      await publisher.next("prepared");
      consumer.order({ expect: { count: MESSAGES } });
      await consumer.next("expecting");
      process.kill(consumer.pid, "SIGSTOP");
      publisher.order({ send: MESSAGES });
      await publisher.next("sent");
      process.kill(consumer.pid, "SIGCONT");
      const { digest, decoded, cpuSeconds } = await consumer.next<CollectSaid>("collected");
      if (
        digest !== digestOf(payloadsOf(kind, seed, MESSAGES)) ||
        decoded !== (kind === "json" ? MESSAGES : 0)
      )
        throw new Error(`a reader has other messages than were published (${kind}, set ${seed})`);
      return MESSAGES / cpuSeconds;
    }

    const rows = (["json", "random"] as const).map((kind) => ({ kind, samples: [] as Sample[] }));
    for (let seed = 0; seed < WARM_UPS + rounds; seed++)
      for (const { kind, samples } of rows) {
        const ours = () => round(device, reader, { kind, seed, qos: 1 });
        const theirs = () => round(plainDevice, plainReader, { kind, seed, qos: 0 });
        const first = seed % 2 === 0 ? await ours() : await theirs();
        const second = seed % 2 === 0 ? await theirs() : await ours();
        const sample =
          seed % 2 === 0 ? { value: first, peerValue: second } : { value: second, peerValue: first };
        if (seed < WARM_UPS) continue;
        samples.push(sample);
        say(
          `${kind} ${seed - WARM_UPS + 1}/${rounds}: ${sample.value.toFixed(0)}, mqtt.js ${sample.peerValue.toFixed(0)} messages a CPU-second`,
        );
      }
    return rows.map(({ kind, samples }) => ({
      name: `consumer, ${KIND_TEXT[kind]}`,
      unit: "messages a CPU-second of the reader",
      peer: "mqtt.js 5.16 reading plaintext",
      target: TARGETS[kind],
      samples,
    }));
  } finally {
    await Promise.all(children.map((child) => child.stop()));
    await market.stop();
    await mosquitto.stop();
  }
}

export const main = (args: string[]): Promise<number> =>
  runBench({ name: "consumer", rounds: 15, measure }, args);
