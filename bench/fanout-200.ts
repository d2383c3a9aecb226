/** Messages delivered per CPU-second of the relay to 200 subscribers, beside Mosquitto: `npm run bench -- fanout-200`. */
import { runBench } from "./support/bench.ts";
import { fanoutRows } from "./support/fanout.ts";

export const main = (args: string[]): Promise<number> =>
  runBench(
    {
      name: "fanout-200",
      rounds: 3,
      measure: (rounds, say) => fanoutRows({ readers: 200, messages: 2_000, perProgram: 50 }, rounds, say),
    },
    args,
  );
