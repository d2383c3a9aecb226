// `npm run test:deep`: programs at length (storage faults, mutated frames, the money path), then the contract tests with Forge. Fuzz tests run one after the
// other; campaigns run in slices, one slice of every campaign before the next, so that a run that is cut short has still seen each of them equally.
import { randomBytes } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { percent, readReport, startReport } from "./campaigns.ts";
import { coverage } from "./deep/coverage.ts";
import { forge, prepareForge } from "./deep/forge.ts";
import { withPulse } from "./deep/program.ts";
import { PROGRAMS, runProgram } from "./deep/programs.ts";

const HELP = `npm run test:deep [-- --minutes N] [-- --match pattern] [-- --jobs N] [-- --coverage]

  --minutes N   the whole run takes about N minutes, shared out over all tests; without it 100,000 runs of every fuzz
                test, 5,000,000 calls of every campaign, 2,000 storage faults of each kind, 2,000,000 mutated frames
                and 100,000 schedules of the money path, however long that takes
  --match P     only tests whose Contract.test matches the regular expression P; programs/storage, programs/frames,
                programs/money
  --jobs N      Forge processes side by side (default: one per core)
  --coverage    what of contracts/ runs, lines and both arms of every if, with Hardhat; under 100 % fails
                (--match is of the test's name alone then)
`;
const { values } = parseArgs({
  options: {
    minutes: { type: "string" },
    match: { type: "string" },
    jobs: { type: "string", default: String(availableParallelism()) },
    coverage: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

const FUZZ_RUNS = 100_000;
const CAMPAIGN_CALLS = 5_000_000;
const DEPTH = 500;
/** About a minute or two: short enough to show progress, long enough that starting Forge does not count. */
const SLICE_RUNS = 100;
const LEAST_SECONDS = 2;
/** What fuzz tests get of a bounded run; the campaigns get the rest. */
const FUZZ_SHARE = 0.25;
/** What each of the programs gets of a bounded run, before the contracts. */
const PROGRAM_SHARE = 0.1;
const FAILURES = ".weir/deep";

type Test = { path: string; contract: string; name: string };
type Result = {
  status: "Success" | "Failure" | "Skipped";
  reason: string | null;
  counterexample: unknown;
  kind: {
    Fuzz?: { runs: number };
    Invariant?: { runs: number; calls: number };
    Unit?: object;
  };
};
/** `calls`: of the handler's functions, as Forge counts them; `asked` and `refused`: what these asked of our contracts, as the handler does. */
type Campaign = Test & { calls: number; asked: number; refused: number; seconds: number; failed: boolean };

const startedAt = performance.now();
const elapsed = () => (performance.now() - startedAt) / 1000;
const count = { passed: 0, failed: 0 };

function positive(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (Number(text) > 0) return Number(text);
  process.stderr.write(`--${name}: ${text} is not a number above 0\n`);
  process.exit(2);
}

const label = ({ contract, name }: Test) => `${contract}.${name.replace(/\(.*/, "")}`;
const figure = (n: number) => n.toLocaleString("en");
const say = (word: string, what: string, detail: string) =>
  console.log(`${word.padEnd(6)} ${what}  ${detail}  [${figure(Math.round(elapsed()))} s]`);

async function listTests(match: RegExp): Promise<Test[]> {
  const { stdout } = await forge(["test", "--list", "--json"]);
  const listed: Record<string, Record<string, string[]>> = JSON.parse(stdout);
  return Object.entries(listed)
    .flatMap(([path, contracts]) =>
      Object.entries(contracts).flatMap(([contract, names]) =>
        names.map((name) => ({ path, contract, name })),
      ),
    )
    .filter((test) => match.test(label(test)));
}

/** Runs the named tests of one contract and reports failures. A process that dies without a result is one failure. */
async function run(
  { path, contract }: Test,
  names: string[],
  settings: Record<string, number>,
  env: Record<string, string> = {},
): Promise<Map<string, Result>> {
  const seed = `0x${randomBytes(32).toString("hex")}`;
  const { code, stdout, stderr } = await forge(
    ["test", "--json", "-j", "1", "--match-path", path, "--match-contract", `^${contract}$`].concat(
      "--match-test",
      `^(${names.join("|")})(\\(|$)`,
    ),
    { ...settings, FUZZ_SEED: seed },
    env,
  );
  let results: Map<string, Result>;
  try {
    const suites: Record<string, { test_results: Record<string, Result> }> = JSON.parse(stdout);
    results = new Map(Object.values(suites).flatMap((suite) => Object.entries(suite.test_results)));
  } catch {
    const reason = stderr.trim().split("\n").slice(-5).join(" ") || `Forge ended with ${code}`;
    results = new Map([[names[0]!, { status: "Failure", reason, counterexample: null, kind: {} }]]);
  }
  for (const [name, result] of results) {
    if (result.status === "Success") continue;
    const what = label({ path, contract, name });
    if (result.status === "Skipped") {
      say("skip", what, "the test says that it lacks something");
      results.delete(name);
      continue;
    }
    const file = `${FAILURES}/${what}.json`;
    writeFileSync(file, JSON.stringify({ seed, settings, ...result }, null, 2));
    say("FAILED", what, `${result.reason ?? result.status}; how to get there is in ${file}`);
  }
  return results;
}

/** Units of a contract in one process, each fuzz test in its own, so that each reports when it is done. */
async function runTests(tests: Test[], seconds: number | undefined, jobs: number): Promise<void> {
  const fuzz = tests.filter(({ name }) => name.startsWith("testFuzz"));
  const contracts = new Map(tests.map((test) => [`${test.path}:${test.contract}`, test]));
  const units = [...contracts.values()].map((test) => ({
    test,
    names: tests
      .filter((t) => t.path === test.path && t.contract === test.contract && !fuzz.includes(t))
      .map(({ name }) => name),
  }));
  const work = [
    ...units.filter(({ names }) => names.length > 0),
    ...fuzz.map((test) => ({ test, names: [test.name] })),
  ];
  const timeout = seconds && Math.max(LEAST_SECONDS, Math.floor((seconds * jobs) / Math.max(1, fuzz.length)));
  await inParallel(jobs, async () => {
    const next = work.shift();
    if (!next) return false;
    const before = elapsed();
    const settings: Record<string, number> = { FUZZ_RUNS };
    if (timeout) settings.FUZZ_TIMEOUT = timeout;
    const results = [...(await run(next.test, next.names, settings)).values()];
    const passed = results.filter(({ status }) => status === "Success");
    count.passed += passed.length;
    count.failed += results.length - passed.length;
    if (passed.length === 0) return true;
    const runs = passed[0]!.kind.Fuzz?.runs;
    const took = `${(elapsed() - before).toFixed(1)} s`;
    if (runs !== undefined) say("ok", label(next.test), `${figure(runs)} runs in ${took}`);
    else say("ok", next.test.contract, `${passed.length} unit tests in ${took}`);
    return true;
  });
}

/** Slices in rounds until every campaign has its calls or the time is over. */
async function runCampaigns(tests: Test[], endsAt: number | undefined, jobs: number): Promise<void> {
  const none = { calls: 0, asked: 0, refused: 0, seconds: 0, failed: false };
  const campaigns: Campaign[] = tests.map((test) => ({ ...test, ...none }));
  const left = () => (endsAt === undefined ? undefined : endsAt - elapsed());
  const open = (c: Campaign) => !c.failed && c.calls < CAMPAIGN_CALLS;
  const share = endsAt && Math.max(LEAST_SECONDS, Math.floor(((endsAt - elapsed()) * jobs) / tests.length));
  let round: Campaign[] = [];
  let slices = 0;
  await inParallel(jobs, async () => {
    if (round.length === 0) round = campaigns.filter(open);
    const campaign = round.shift();
    const rest = left();
    // Nobody stays without a slice, even if the tests before took too long.
    if (!campaign || (rest !== undefined && rest < LEAST_SECONDS && campaign.calls > 0)) return false;
    const settings: Record<string, number> = { INVARIANT_RUNS: SLICE_RUNS, INVARIANT_DEPTH: DEPTH };
    if (share && rest)
      settings.INVARIANT_TIMEOUT = Math.max(LEAST_SECONDS, Math.floor(Math.min(share, rest)));
    const before = elapsed();
    const report = `${FAILURES}/${label(campaign)}.${++slices}.txt`; // two slices of one campaign may run side by side
    const results = await run(campaign, [campaign.name], settings, startReport(report));
    for (const result of results.values()) {
      campaign.calls += result.kind.Invariant?.calls ?? 0;
      if (result.status !== "Success") campaign.failed = true;
    }
    for (const { calls, reverts } of readReport(report).values()) {
      campaign.asked += calls;
      campaign.refused += reverts;
    }
    rmSync(report, { force: true });
    campaign.seconds += elapsed() - before;
    if (!campaign.failed)
      say("…", label(campaign), `${figure(campaign.calls)} of ${figure(CAMPAIGN_CALLS)} calls`);
    return true;
  });
  for (const campaign of campaigns) {
    count[campaign.failed ? "failed" : "passed"]++;
    const { calls, asked, refused, seconds } = campaign;
    const share = `${percent({ calls: asked, reverts: refused })} of ${figure(asked)} transactions reverted`;
    const figures = `${figure(calls)} calls, ${share}, ${figure(Math.round(seconds))} s`;
    say(campaign.failed ? "FAILED" : "ok", label(campaign), figures);
  }
  const calls = campaigns.reduce((sum, campaign) => sum + campaign.calls, 0);
  console.log(`${figure(calls)} calls in ${campaigns.length} campaigns`);
}

async function runPrograms(match: RegExp, seconds: number | undefined): Promise<void> {
  for (const program of PROGRAMS.filter(({ name }) => match.test(`programs/${name}`))) {
    const { passed, ran } = await runProgram(program, seconds && seconds * PROGRAM_SHARE);
    count[passed ? "passed" : "failed"]++;
    say(passed ? "ok" : "FAILED", `programs/${program.name}`, `${program.variable}=${ran}`);
  }
}

async function inParallel(jobs: number, step: () => Promise<boolean>): Promise<void> {
  const worker = async () => {
    while (await step());
  };
  await Promise.all(Array.from({ length: jobs }, worker));
}

if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}
const minutes = positive("minutes", values.minutes);
const jobs = Math.ceil(positive("jobs", values.jobs)!);
const match = new RegExp(values.match ?? "");
mkdirSync(FAILURES, { recursive: true });
if (!values.coverage) await runPrograms(match, minutes && minutes * 60);
if (!values.coverage && values.match?.startsWith("programs/")) {
  // Nothing of the contracts was asked for.
} else if (values.coverage) {
  Object.assign(count, await coverage(values.match));
} else {
  prepareForge();
  const built = await withPulse(
    "compiling (ten minutes and more the first time, then only what changed)",
    forge(["build"]),
  );
  if (built.code !== 0) {
    console.log(`${built.stdout}${built.stderr}`.trimEnd());
    count.failed = 1;
  } else {
    const tests = await listTests(match);
    const campaigns = tests.filter(({ name }) => name.startsWith("invariant"));
    const others = tests.filter((test) => !campaigns.includes(test));
    const endsAt = minutes && minutes * 60;
    const fuzzShare = campaigns.length === 0 ? 1 : FUZZ_SHARE;
    await runTests(others, endsAt && Math.max(1, endsAt - elapsed()) * fuzzShare, jobs);
    await runCampaigns(campaigns, endsAt, jobs);
  }
}
console.log(`\n${count.passed} passed, ${count.failed} failed`);
process.exit(count.failed === 0 && count.passed > 0 ? 0 : 1);
