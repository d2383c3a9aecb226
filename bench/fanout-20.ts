/** Messages delivered per CPU-second of the relay to 20 subscribers, beside Mosquitto: `npm run bench -- fanout-20`. */
import { runBench } from "./support/bench.ts";
import { fanoutRows } from "./support/fanout.ts";

export const main = (args: string[]): Promise<number> =>
  runBench(
    {
      name: "fanout-20",
      rounds: 5,
      measure: (rounds, say) => fanoutRows({ readers: 20, messages: 10_000, perProgram: 10 }, rounds, say),
    },
    args,
  );
