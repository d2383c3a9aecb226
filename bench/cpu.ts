/**
 * CPU of both ends for each delivery, in full segments of 256 messages: `npm run bench -- cpu`. The relay's and the reader's together, beside
 * what Streamr's network layer needs for sending and receiving without signatures and encryption (293 + 199 µs; measured once on another
 * machine with its packages at 103.3, and quoted here: they are not installed). Each message's payload is hashed by the readers, inside the
 * measured time.
 */
import { runBench } from "./support/bench.ts";
import { measureFanout } from "./support/fanout.ts";
import type { Measured } from "./support/row.ts";

const STREAMR_MICROSECONDS = 492;
/** 256 messages of 256 bytes fit, with room for their names. */
const SEGMENT = { flushMs: 250, maxMessages: 256, maxBytes: 128 * 1024 };

async function measure(rounds: number, say: (line: string) => void): Promise<Measured[]> {
  const options = {
    readers: 20,
    messages: 10_240,
    perProgram: 10,
    kinds: ["json"] as const,
    segment: SEGMENT,
  };
  const [json] = await measureFanout(options, rounds, say);
  const row = (name: string, figure: (cost: { carrier: number; readers: number }) => number) => ({
    name,
    unit: "µs of CPU a delivery",
    samples: json!.ours.map((cost) => ({ value: figure(cost) * 1e6 })),
  });
  const both = row("cpu of relay and reader, segments of 256, JSON", (cost) => cost.carrier + cost.readers);
  return [
    {
      ...both,
      peer: "Streamr's network layer, quoted",
      target: [{ of: "value", atMost: 4.9 }],
      samples: both.samples.map(({ value }) => ({ value, peerValue: STREAMR_MICROSECONDS })),
    },
    { ...row("cpu of the relay alone", ({ carrier }) => carrier), peer: null, target: [] },
    { ...row("cpu of the reader alone", ({ readers }) => readers), peer: null, target: [] },
  ];
}

export const main = (args: string[]): Promise<number> => runBench({ name: "cpu", rounds: 5, measure }, args);
