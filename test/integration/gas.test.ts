/**
 * What calls cost, by the bench itself: `npm run bench -- gas --json`.
 *
 * - it ends with 0: nothing rose above the snapshot in git, and every state-changing call has a row
 * - stdout is one JSON object per row, every row of the design's table among them
 * - a rise beyond the tolerance, a new row and a lost row are told
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { TARGETS } from "../../bench/gas/targets.ts";
import { type Row, risesOf } from "../../bench/gas.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const SNAPSHOT = JSON.parse(readFileSync(join(ROOT, "bench/results/gas.json"), "utf8")) as Record<
  string,
  number
>;

let result: { code: number | null; stdout: string; stderr: string };

beforeAll(async () => {
  const program = ["--disable-warning=ExperimentalWarning", "scripts/bench.ts", "gas", "--json"];
  const child = spawn(process.execPath, program, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  result = { code: null, stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => {
    result.stdout += chunk;
  });
  child.stderr.on("data", (chunk: Buffer) => {
    result.stderr += chunk;
  });
  result.code = await new Promise((resolve) => child.once("close", resolve));
});

test("nothing rose above the snapshot and every call is measured", () => {
  expect(result).toMatchObject({ code: 0, stderr: "" });
});

test("stdout is one row per line, the design's table first", () => {
  const rows = result.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
  expect(rows.slice(0, Object.keys(TARGETS).length).map(({ name }) => name)).toEqual(Object.keys(TARGETS));
  expect(rows.map(({ name }) => name).sort()).toEqual(Object.keys(SNAPSHOT).sort());
  for (const row of rows) {
    expect(Object.keys(row)).toEqual(["name", "gas", "target", "met", "peer", "peerGas"]);
    expect(Number.isInteger(row.gas)).toBe(true);
    expect(row.met).toBe(row.target === null ? null : row.gas <= row.target);
    expect(row.peer === null).toBe(row.peerGas === null);
  }
});

test("a rise, a new row and a lost row are told; noise is not", () => {
  const before = { small: 30_000, large: 1_000_000, lost: 1 };
  expect(risesOf({ small: 30_060, large: 1_002_000, lost: 1 }, before)).toEqual([]);
  expect(risesOf({ small: 30_061, large: 1_002_001, fresh: 5 }, before)).toEqual([
    "small: 30061, was 30000",
    "large: 1002001, was 1000000",
    "fresh: 5, not in the snapshot",
    "lost: in the snapshot, but nothing measured it",
  ]);
  expect(risesOf({ one: 10_051 }, { one: 10_000 })).toEqual(["one: 10051, was 10000"]);
  expect(risesOf({ one: 9_000 }, { one: 10_000 })).toEqual([]);
});
