// The tests of programs that an environment variable makes longer than everyday runs have time for.
import { spawn } from "node:child_process";

type Program = {
  name: string;
  file: string;
  /** Only tests whose name matches. */
  test?: string;
  variable: string;
  count: number;
  /** What one of them takes on two cores, for a bounded run. */
  secondsEach: number;
};

export const PROGRAMS: readonly Program[] = [
  {
    // kill -9 at a storage call; and with it every byte of the log's last record, and ten flipped bits for each point.
    name: "storage",
    file: "relay/test/storage.test.ts",
    variable: "WEIR_STORAGE_POINTS",
    count: 2_000,
    secondsEach: 0.5,
  },
  {
    name: "frames",
    file: "sdk/test/mutated.test.ts",
    variable: "WEIR_MUTATED",
    count: 2_000_000,
    secondsEach: 0.0001,
  },
  {
    // Two relays, a gateway and a buyer, each killed between any two things that it does, beside a cheat who owns a relay.
    name: "money",
    file: "test/integration/money.test.ts",
    variable: "WEIR_MODEL_SCHEDULES",
    count: 100_000,
    secondsEach: 0.02,
  },
];

/** Runs one of them with as many as fit; its output is shown. Resolves with whether it passed. `seconds` undefined = all of them. */
export function runProgram(
  { file, test, variable, count, secondsEach }: Program,
  seconds: number | undefined,
): Promise<{ passed: boolean; ran: number }> {
  const ran = seconds === undefined ? count : Math.max(1, Math.min(count, Math.floor(seconds / secondsEach)));
  return new Promise((resolve) => {
    const child = spawn("vitest", ["run", file, ...(test ? ["-t", test] : [])], {
      stdio: "inherit",
      env: { ...process.env, [variable]: String(ran) },
    });
    child.on("error", (error) => {
      console.error(error.message);
      resolve({ passed: false, ran });
    });
    child.on("close", (code) => resolve({ passed: code === 0, ran }));
  });
}
