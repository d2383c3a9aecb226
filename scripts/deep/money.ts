// The deep part of test/integration/money.test.ts: the same schedules, ten times as many, each run with a seed of its own.
import { spawn } from "node:child_process";

/** Schedules of one process: a failure is reported before the next begins. */
const SLICE = 10_000;

/**
 * Runs so many schedules of the money path. Output is shown as it comes; seed and path of a failure are in it.
 *
 * @returns how many passed, and how many slices failed
 */
export async function money(schedules: number): Promise<{ passed: number; failed: number }> {
  const count = { passed: 0, failed: 0 };
  for (let left = schedules; left > 0; left -= SLICE) {
    const slice = Math.min(SLICE, left);
    if ((await run(slice)) === 0) count.passed += slice;
    else count.failed += 1;
  }
  return count;
}

const run = (schedules: number): Promise<number> =>
  new Promise((resolve) => {
    const child = spawn("vitest", ["run", "test/integration/money.test.ts", "--reporter=verbose"], {
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, WEIR_MODEL_SCHEDULES: String(schedules), WEIR_CONTRACTS_BUILT: "1" },
    });
    child.on("error", (error) => {
      console.log(String(error));
      resolve(1);
    });
    child.on("close", (code) => resolve(code ?? 1));
  });
