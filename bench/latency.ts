/**
 * Milliseconds from a device's MQTT publish to a paying reader, at 1,000 messages a second and a flush of 5 ms: `npm run bench -- latency`.
 * Everything is on: the gateway's disk, sealing, the relay's disk, the meter, signatures. Beside it the same publisher and a bare reader at
 * Mosquitto, plaintext, right before or after, on the same machine.
 */
import { parseEther } from "viem";
import { runBench } from "./support/bench.ts";
import { type Child, startChild } from "./support/child.ts";
import { listing, metered, openMarket } from "./support/market.ts";
import { startMosquitto } from "./support/peers.ts";
import { type Measured, quantile, type Sample } from "./support/row.ts";

const DEVICE = "station";
const PER_SECOND = 1_000;
/** Of a round. */
const MESSAGES = 5_000;
/** An epoch of a second holds at most half of what is prepaid: four seconds' worth leaves room for a stall. */
const PREPAID = 8_000n;
const SEGMENT = { flushMs: 5, maxMessages: 256, maxBytes: 64 * 1024 };

/** Milliseconds of each message on its way. */
async function round(publisher: Child, reader: Child): Promise<number[]> {
  reader.order({ expect: MESSAGES });
  await reader.next("expecting");
  publisher.order({ count: MESSAGES, perSecond: PER_SECOND });
  const { times: sent } = await publisher.next<{ times: string[] }>("published");
  const { times: arrived } = await reader.next<{ times: string[] }>("arrived");
  return sent.map((at, i) => Number(BigInt(arrived[i]!) - BigInt(at)) / 1e6);
}

async function measure(rounds: number, say: (line: string) => void): Promise<Measured[]> {
  const mosquitto = await startMosquitto();
  const children: Child[] = [];
  const market = await openMarket([listing(DEVICE, metered(PREPAID), SEGMENT)]);
  try {
    const bought = await market.grants(DEVICE, 1, parseEther("1"));
    const { rpc, contracts, relays } = market;
    const topic = `${DEVICE}/t`;
    const { port } = mosquitto;
    const ours = [
      startChild("pacer", { ...(await market.login(DEVICE)), topic, qos: 1 }),
      startChild("latency-reader", { rpc, contracts, relays, bought }),
    ] as const;
    const plain = [
      startChild("pacer", { port, clientId: "bench", topic, qos: 0 }),
      startChild("latency-reader", { port, topic }),
    ] as const;
    children.push(...ours, ...plain);
    await Promise.all(children.map((child) => child.next("ready")));

    const shares = [0.5, 0.99] as const;
    const samples: Sample[][] = shares.map(() => []);
    for (let turn = 0; turn <= rounds; turn++) {
      const first = await round(...(turn % 2 === 0 ? ours : plain));
      const second = await round(...(turn % 2 === 0 ? plain : ours));
      if (turn === 0) continue; // warms up
      const [value, peer] = turn % 2 === 0 ? [first, second] : [second, first];
      const figures = shares.map((share) => ({
        value: quantile(value, share),
        peerValue: quantile(peer, share),
      }));
      figures.forEach((figure, i) => void samples[i]!.push(figure));
      say(
        `${turn}/${rounds}: ${figures.map(({ value, peerValue }, i) => `p${shares[i]! * 100} ${value.toFixed(1)} ms, Mosquitto ${peerValue.toFixed(1)} ms`).join("; ")}`,
      );
    }
    const atMost = [15, 60];
    return shares.map((share, i) => ({
      name: `latency p${share * 100}, MQTT publish to paying reader`,
      unit: "ms",
      peer: "Mosquitto, plaintext QoS 0",
      target: [{ of: "value", atMost: atMost[i]! }],
      samples: samples[i]!,
    }));
  } finally {
    await Promise.all(children.map((child) => child.stop()));
    await market.stop();
    await mosquitto.stop();
  }
}

export const main = (args: string[]): Promise<number> =>
  runBench({ name: "latency", rounds: 5, measure }, args);
