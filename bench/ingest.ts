/**
 * Messages a second that are on the disk before they are acknowledged: `npm run bench -- ingest`.
 *
 * Through `/weir/publish/1`: segments sealed beforehand go to the relay as a gateway sends them; the clock stops at the acknowledgement of
 * the last one, which follows its fsync. Through the gateway: a device publishes with QoS 1. Beside both, Mosquitto with the same QoS 1
 * publisher, with the persistence that its package comes with: it writes a snapshot now and then and acknowledges without an fsync. It has
 * no subscriber, so it does nothing but take in. NATS JetStream is shown with a file stream and one message an acknowledgement, as its
 * package configures it: it flushes to the disk every two minutes. In the end the relay is killed, and what its disk holds is compared by hash.
 */
import { openSecrets } from "../gateway/src/secrets.ts";
import { LOCAL_PASSPHRASE } from "../scripts/stack/seed.ts";
import { CHAIN_ID } from "../scripts/stack/stack.ts";
import { deliveryOf } from "../sdk/src/client/index.ts";
import { streamSecret } from "../sdk/src/core/index.ts";
import { runBench } from "./support/bench.ts";
import { type Child, startChild } from "./support/child.ts";
import { KIND_TEXT } from "./support/fanout.ts";
import { cpuSecondsOf } from "./support/machine.ts";
import { FREE, listing, openMarket } from "./support/market.ts";
import { digestOf, type Kind, payloadsOf } from "./support/payloads.ts";
import { type Broker, startMosquitto, startNats } from "./support/peers.ts";
import type { PublisherOptions } from "./support/publisher.ts";
import type { Bound, Measured, Sample } from "./support/row.ts";
import { storedDigest } from "./support/stored.ts";

const DEVICE = "station";
const MQTT_DEVICE = "meter";
/** Through the relay's protocol, and from the MQTT publisher: some tenths of a second each. */
const MESSAGES = 44_200;
const MQTT_MESSAGES = 15_000;
/** Of the largest segment, 64 KiB: so many of our messages. */
const PER_SEGMENT = 221;
const WINDOW = 2_000;
/** Rounds that do not count: gateway and relay are still being compiled in the first ones, and a round is short. */
const WARM_UPS = 3;

const TARGET: readonly Bound[] = [
  { of: "value", atLeast: 50_000 },
  { of: "ratio", atLeast: 3 },
];

async function measure(rounds: number, say: (line: string) => void): Promise<Measured[]> {
  const mosquitto = await startMosquitto({ persistence: true });
  const nats = await startNats({ jetStream: true });
  const children: Child[] = [];
  const market = await openMarket([listing(DEVICE, FREE), listing(MQTT_DEVICE, FREE)]);
  try {
    const { rpc, contracts, relays, relayPid, gatewayPid, stack } = market;
    const gatewayDevice = await market.device(MQTT_DEVICE, WINDOW);
    const plain = { clientId: "bench", topic: "meter/t", window: WINDOW };
    const plainDevice = startChild("device", { ...plain, port: mosquitto.port });
    const stream = { name: "bench", topic: plain.topic };
    const natsDevice = startChild("device", { ...plain, broker: "nats", port: nats.port, stream });
    children.push(plainDevice, natsDevice);
    await Promise.all(children.map((child) => child.next("ready")));

    /** Messages a second from a publisher that waits for acknowledgements, and CPU-seconds of the broker for each. */
    async function publish(device: Child, { pid }: Pick<Broker, "pid">, kind: Kind, seed: number) {
      device.order({ prepare: { kind, seed, qos: 1, count: MQTT_MESSAGES } });
      await device.next("prepared");
      const before = cpuSecondsOf(pid);
      device.order({ send: MQTT_MESSAGES });
      const { seconds } = await device.next<{ seconds: number }>("sent");
      return { rate: MQTT_MESSAGES / seconds, cpu: (cpuSecondsOf(pid) - before) / MQTT_MESSAGES };
    }

    const mqtt: Sample[] = [];
    const mqttCpu: Sample[] = [];
    for (let seed = 0; seed < WARM_UPS + rounds; seed++) {
      const ours = await publish(gatewayDevice, { pid: gatewayPid }, "json", seed);
      const theirs = await publish(plainDevice, mosquitto, "json", seed);
      if (seed < WARM_UPS) continue;
      mqtt.push({ value: ours.rate, peerValue: theirs.rate });
      mqttCpu.push({ value: ours.cpu * 1e6, peerValue: theirs.cpu * 1e6 });
      say(
        `MQTT ${seed - WARM_UPS + 1}/${rounds}: gateway ${ours.rate.toFixed(0)}, Mosquitto ${theirs.rate.toFixed(0)} messages/s`,
      );
    }

    // A relay takes one publisher at a time.
    await gatewayDevice.stop();
    await stack.programs.get("gateway")!.stop();
    const { hub, listingId } = stack.listings.find(({ device }) => device === DEVICE)!;
    const options: PublisherOptions = {
      rpc,
      contracts,
      relays,
      hubId: String(hub.hubId),
      listingId: String(listingId),
      secrets: hub.secrets,
      epochLength: 60,
      maxMessages: PER_SEGMENT,
    };
    const publisher = startChild("publisher", options);
    children.push(publisher);
    const { generation } = await publisher.next<{ generation: number }>("ready");

    const rows = (["json", "random"] as const).map((kind) => ({
      kind,
      rates: [] as Sample[],
      cpu: [] as Sample[],
      natsRates: [] as Sample[],
    }));
    const stored: { kind: Kind; seed: number }[] = [];
    for (let seed = 0; seed < WARM_UPS + rounds; seed++)
      for (const { kind, rates, cpu, natsRates } of rows) {
        publisher.order({ prepare: { kind, seed, count: MESSAGES } });
        await publisher.next("prepared");
        const before = cpuSecondsOf(relayPid);
        publisher.order({ send: true });
        const { seconds } = await publisher.next<{ seconds: number }>("sent");
        const used = ((cpuSecondsOf(relayPid) - before) / MESSAGES) * 1e6;
        stored.push({ kind, seed });
        const theirs = await publish(plainDevice, mosquitto, kind, seed + 1_000);
        const shown = await publish(natsDevice, nats, kind, seed + 1_000);
        if (seed < WARM_UPS) continue;
        rates.push({ value: MESSAGES / seconds, peerValue: theirs.rate });
        natsRates.push({ value: MESSAGES / seconds, peerValue: shown.rate });
        cpu.push({ value: used, peerValue: theirs.cpu * 1e6 });
        say(
          `${kind} ${seed - WARM_UPS + 1}/${rounds}: relay ${(MESSAGES / seconds).toFixed(0)}, Mosquitto ${theirs.rate.toFixed(0)}, JetStream ${shown.rate.toFixed(0)} messages/s`,
        );
      }

    // What was acknowledged survives a kill: it is read from the disk of a relay that had no time to say good-bye.
    await market.killRelay();
    const kept = await storedDigest(market.relayStore, {
      listingId,
      generation,
      secret: streamSecret(
        (await openSecrets({ path: hub.secrets, passphrase: LOCAL_PASSPHRASE })).masterSeed,
        deliveryOf(CHAIN_ID, contracts),
        listingId,
        generation,
      ),
    });
    const published = stored.flatMap(({ kind, seed }) => payloadsOf(kind, seed, MESSAGES));
    if (kept.count !== published.length || kept.digest !== digestOf(published))
      throw new Error("the relay's disk has other messages than it acknowledged");
    return [
      ...rows.flatMap(({ kind, rates, cpu, natsRates }): Measured[] => [
        {
          name: `ingest through /weir/publish/1, ${KIND_TEXT[kind]}`,
          unit: "messages/s on the disk",
          peer: "Mosquitto QoS 1, no fsync",
          target: TARGET,
          samples: rates,
        },
        {
          name: `ingest beside JetStream, ${KIND_TEXT[kind]}`,
          unit: "messages/s on the disk",
          peer: "JetStream, file, no fsync",
          target: [],
          samples: natsRates,
        },
        {
          name: `ingest, relay's CPU, ${KIND_TEXT[kind]}`,
          unit: "µs a message",
          peer: "Mosquitto QoS 1, no fsync",
          target: [],
          samples: cpu,
        },
      ]),
      {
        name: "ingest by MQTT through the gateway, JSON",
        unit: "messages/s on the disk",
        peer: "Mosquitto QoS 1, no fsync",
        target: [],
        samples: mqtt,
      },
      {
        name: "ingest by MQTT, gateway's CPU, JSON",
        unit: "µs a message",
        peer: "Mosquitto QoS 1, no fsync",
        target: [],
        samples: mqttCpu,
      },
    ];
  } finally {
    await Promise.all(children.map((child) => child.stop()));
    await market.stop();
    await Promise.all([mosquitto.stop(), nats.stop()]);
  }
}

export const main = (args: string[]): Promise<number> =>
  runBench({ name: "ingest", rounds: 7, measure }, args);
