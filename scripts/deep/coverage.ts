// Coverage of contracts/, mocks left out: every statement and both arms of every `if`. Hardhat counts statements on a build like the
// deployed one; which statement is an arm, and on which line, is read off the same text that was built.
import { globSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { addStatementCoverageInstrumentation } from "@nomicfoundation/edr";
import { isArm, isJudged, withArms } from "./arms.ts";
import { program, withPulse } from "./program.ts";

const COMPILER = "0.8.30";
/** Where Hardhat leaves the tags of what ran, one file per run. */
const HITS = "coverage/data";

type Place = { line: number; arm: boolean };
type FileCoverage = { file: string; lines: Map<number, boolean>; arms: { line: number; hit: boolean }[] };

/** @returns Per file of contracts/ what ran. @param ran The tags of all statements that ran. */
export function coverageOf(file: string, text: string, ran: ReadonlySet<string>): FileCoverage {
  const { source } = withArms(text);
  const { metadata } = addStatementCoverageInstrumentation(source, `project/${file}`, COMPILER);
  const coverage: FileCoverage = { file, lines: new Map(), arms: [] };
  for (const { kind, tag, startUtf16, endUtf16 } of metadata) {
    if (kind !== "statement") continue;
    const hit = ran.has(Buffer.from(tag).toString("hex"));
    const place = placeOf(source, startUtf16, endUtf16);
    if (place.arm) coverage.arms.push({ line: place.line, hit });
    else coverage.lines.set(place.line, (coverage.lines.get(place.line) ?? true) && hit);
  }
  return coverage;
}

/** A statement's range begins with the blanks and comments before it. */
function placeOf(source: string, start: number, end: number): Place {
  const blank = /^(?:\s|\/\/[^\n]*\n|\/\*[\s\S]*?\*\/)*/.exec(source.slice(start, end))?.[0].length ?? 0;
  return {
    line: source.slice(0, start + blank).split("\n").length,
    arm: isArm(source, start, end),
  };
}

/** Prints the figures and every place that nothing reached. @returns Files that are whole, and failures of tests and files. */
export async function coverage(match: string | undefined): Promise<{ passed: number; failed: number }> {
  rmSync(HITS, { recursive: true, force: true }); // of an earlier run
  mkdirSync(".weir/coverage", { recursive: true });
  const args = ["--config", "scripts/deep/coverage.config.ts", "--coverage", "test", "solidity"];
  if (match) args.push("--grep", match);
  const { code, stdout, stderr } = await withPulse("coverage", program("hardhat", args));
  if (code !== 0) console.log(`${stdout}\n${stderr}`.trimEnd().split("\n").slice(-60).join("\n"));

  const ran = new Set(
    globSync("**/*.json", { cwd: HITS }).flatMap((name) =>
      Object.keys(JSON.parse(readFileSync(join(HITS, name), "utf8"))),
    ),
  );
  const count = { passed: 0, failed: code === 0 ? 0 : 1 };
  for (const file of globSync("contracts/**/*.sol").filter(isJudged).sort()) {
    const text = readFileSync(file, "utf8");
    const { lines, arms } = coverageOf(file, text, ran);
    const missing = [
      ...[...lines].filter(([, hit]) => !hit).map(([line]) => ({ what: "line", line })),
      ...arms.filter(({ hit }) => !hit).map(({ line }) => ({ what: "else", line })),
    ].toSorted((a, b) => a.line - b.line);
    const whole = missing.length === 0 && lines.size > 0;
    count[whole ? "passed" : "failed"]++;
    const reached = [...lines.values()].filter(Boolean).length;
    const taken = arms.filter(({ hit }) => hit).length;
    console.log(
      `${whole ? "ok    " : "FAILED"} ${file}: ${reached}/${lines.size} lines, ${taken}/${arms.length} unwritten else arms`,
    );
    const source = text.split("\n");
    for (const { what, line } of missing)
      console.log(`         ${what} ${file}:${line}  ${source[line - 1]?.trim() ?? ""}`);
  }
  return count;
}
