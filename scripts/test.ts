// `npm test`: every runner, one after the other, and the sum over all of them on the last line.
// With WEIR_REQUIRE_ALL=1 a test whose browser, broker or database is missing fails; otherwise the run says what it lacks.
import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import hre from "hardhat";
import { readReport, startReport, table } from "./campaigns.ts";
import { buildContracts } from "./deploy.ts";
import { buildApp } from "./stack/build.ts";

/** Where the campaigns say what their calls came to; hardhat.config.ts lets tests write this file alone. */
const CAMPAIGNS = ".weir/campaigns.txt";

type Count = { passed: number; failed: number };

/** Runs a command with its output shown as it comes; resolves with exit code and everything printed. */
function run(
  command: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, FORCE_COLOR: "0", ...env },
    });
    let output = "";
    const show = (chunk: Buffer) => {
      output += chunk;
      process.stdout.write(chunk);
    };
    child.stdout.on("data", show);
    child.stderr.on("data", show);
    child.on("error", (error) => show(Buffer.from(`${error}\n`)));
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

const only = process.argv.slice(2);
/** `npm test -- check solidity` runs these two. */
const wants = (runner: string) => only.length === 0 || only.includes(runner);

const step = (title: string) => console.log(`\n── ${title}`);

/** A runner that fails without counting a failure (it crashed) counts as one failure. */
const honest = (count: Count, code: number): Count =>
  code !== 0 && count.failed === 0 ? { ...count, failed: 1 } : count;

async function check(): Promise<Count> {
  step("check: format, lint, types, imports, streams, generated files");
  const { code, output } = await run(process.execPath, ["scripts/check.ts"]);
  return honest(
    { passed: output.match(/^ok /gm)?.length ?? 0, failed: output.match(/^FAILED /gm)?.length ?? 0 },
    code,
  );
}

async function solidity(): Promise<Count> {
  step("contracts: unit, fuzz and invariant tests");
  // Everything that compiles with one thread, side by side. Whatever fails here is compiled again, and reported, where it is needed.
  const app = Promise.allSettled(wants("typescript") ? [buildApp(".weir/logs")] : []);
  const roots = await hre.solidity.getRootFilePaths({ scope: "tests" });
  const tests = hre.solidity.build(roots, { scope: "tests", concurrency: availableParallelism() });
  await Promise.allSettled([buildContracts(), tests]);
  const { code, output } = await run("hardhat", ["test", "solidity"], startReport(CAMPAIGNS));
  console.log(`${table(readReport(CAMPAIGNS))}\n`);
  await app;
  const sum = (word: string) =>
    [...output.matchAll(new RegExp(`(\\d+) ${word}`, "g"))].reduce(
      (total, match) => total + Number(match[1]),
      0,
    );
  return honest({ passed: sum("passing"), failed: sum("failing") }, code);
}

async function typescript(): Promise<Count> {
  step("units, integration and browser journeys");
  mkdirSync(".weir", { recursive: true });
  const report = ".weir/vitest.json";
  rmSync(report, { force: true });
  const { code } = await run("vitest", [
    "run",
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${report}`,
  ]);
  let count: Count = { passed: 0, failed: 0 };
  try {
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(
      readFileSync(report, "utf8"),
    );
    // A skipped test is a test that did not pass.
    const skipped = numPendingTests + numTodoTests;
    count = {
      passed: numPassedTests,
      failed: numFailedTests + (process.env.WEIR_REQUIRE_ALL === "1" ? skipped : 0),
    };
    if (skipped > 0) console.log(`${skipped} tests were skipped: see above what they miss`);
  } catch (error) {
    console.log(`vitest left no report: ${error}`);
  }
  return honest(count, code);
}

/** Browser, broker's client, database and strace: what cannot be installed is named, and the tests that need it say so, too. */
async function packages(): Promise<void> {
  await run("bash", ["scripts/packages.sh"]);
}

const runners = { check, solidity, typescript };
let total: Count = { passed: 0, failed: 0 };
if (wants("typescript")) await packages();
for (const [name, runner] of Object.entries(runners)) {
  if (!wants(name)) continue;
  const count = await runner();
  total = { passed: total.passed + count.passed, failed: total.failed + count.failed };
}
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
