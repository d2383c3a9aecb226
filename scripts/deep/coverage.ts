// `forge coverage` of contracts/, mocks left out, judged line by line and branch by branch.
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { forge, withPulse } from "./forge.ts";

const REPORT = ".weir/deep/lcov.info";
/** Enough to reach every branch that fuzzing reaches at all; the figures ask what runs, not how often. */
const RUNS = { FUZZ_RUNS: 64, INVARIANT_RUNS: 4, INVARIANT_DEPTH: 50 };
const NOT_OURS = "(^|/)(test|mocks|node_modules|\\.toolchain|interfaces|types)/";

type FileCoverage = { file: string; lines: Map<number, number>; branches: Map<string, number> };

/** @param text A tracefile of lcov. @returns One entry per source file; a branch's key is `line.block.arm`. */
export function parseLcov(text: string): FileCoverage[] {
  return text
    .split("end_of_record")
    .filter((record) => record.includes("SF:"))
    .map((record) => {
      const entry: FileCoverage = { file: "", lines: new Map(), branches: new Map() };
      for (const line of record.split("\n")) {
        const [key, rest = ""] = [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)];
        const fields = rest.split(",");
        if (key === "SF") entry.file = rest;
        if (key === "DA") entry.lines.set(Number(fields[0]), Number(fields[1]));
        if (key === "BRDA") entry.branches.set(fields.slice(0, 3).join("."), Number(fields[3]) || 0);
      }
      return entry;
    });
}

/** Prints the figures and every place that nothing reached. @returns Whether all lines and branches ran and all tests passed. */
export async function coverage(match: string | undefined): Promise<{ passed: number; failed: number }> {
  mkdirSync(".weir/deep", { recursive: true });
  rmSync(REPORT, { force: true }); // of an earlier run
  const args = ["coverage", "--ir-minimum", "--report", "lcov", "--report-file", REPORT];
  args.push("--no-match-coverage", NOT_OURS);
  if (match) args.push("--match-test", match);
  const { code, stdout, stderr } = await withPulse("coverage", forge(args, RUNS));
  for (const line of stdout.split("\n")) if (/^\[FAIL|^Suite result: FAILED/.test(line)) console.log(line);
  if (code !== 0) console.log(stderr.trimEnd().split("\n").slice(-20).join("\n"));

  const count = { passed: 0, failed: code === 0 ? 0 : 1 };
  if (!existsSync(REPORT)) return { ...count, failed: 1 };
  const share = (hits: Iterable<number>) => {
    const all = [...hits];
    return { reached: all.filter((n) => n > 0).length, of: all.length };
  };
  for (const { file, lines, branches } of parseLcov(readFileSync(REPORT, "utf8"))) {
    const [l, b] = [share(lines.values()), share(branches.values())];
    const whole = l.reached === l.of && b.reached === b.of;
    count[whole ? "passed" : "failed"]++;
    console.log(
      `${whole ? "ok    " : "FAILED"} ${file}: ${l.reached}/${l.of} lines, ${b.reached}/${b.of} branches`,
    );
    const source = readFileSync(file, "utf8").split("\n");
    const show = (what: string, line: number) =>
      console.log(`         ${what} ${file}:${line}  ${source[line - 1]?.trim() ?? ""}`);
    for (const [line, hits] of lines) if (hits === 0) show("line  ", line);
    for (const [key, hits] of branches)
      if (hits === 0) show(`arm ${key.split(".")[2]} `, Number(key.split(".")[0]));
  }
  return count;
}
