/**
 * The frame of every bench that prints rows: `npm run bench -- <name> [--json] [--write] [--rounds N]`.
 *
 * Exit code 0: every target is met; 1: one is missed; 2: it could not be measured, because a program to compare with is not installed.
 * `--write` keeps the rows with their rounds and the machine in bench/results/<name>.json.
 */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { loadNow, type Machine, machineOf } from "./machine.ts";
import { boundText, type Measured, type Row, rowOf } from "./row.ts";

/** A program to compare with is not there. Nothing is measured then: a figure from elsewhere would not be comparable. */
export class PeerMissing extends Error {
  override readonly name = "PeerMissing";
}

export type Bench = {
  /** As on the command line and in bench/results. */
  name: string;
  /** Rounds without `--rounds`. */
  rounds: number;
  measure(rounds: number, say: (line: string) => void): Promise<Measured[]>;
};

/** A file of bench/results. */
export type Results = { bench: string; machine: Machine; rows: (Row & Pick<Measured, "samples">)[] };

export const RESULTS = join(import.meta.dirname, "..", "results");

/** Runs a bench. @returns the exit code */
export async function runBench(bench: Bench, args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      json: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
      rounds: { type: "string", default: String(bench.rounds) },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new RangeError("--rounds: is a whole number above 0");
  const loadBefore = loadNow();
  let measured: Measured[];
  try {
    measured = await bench.measure(rounds, (line) => console.error(line));
  } catch (error) {
    if (!(error instanceof PeerMissing)) throw error;
    console.error(`${bench.name}: ${error.message}`);
    return 2;
  }
  const rows = measured.map(rowOf);
  console.log(values.json ? rows.map((row) => JSON.stringify(row)).join("\n") : table(rows));
  if (values.write) {
    await mkdir(RESULTS, { recursive: true });
    const results: Results = {
      bench: bench.name,
      machine: machineOf(loadBefore),
      rows: rows.map((row, i) => ({ ...row, samples: measured[i]!.samples })),
    };
    await writeFile(join(RESULTS, `${bench.name}.json`), `${JSON.stringify(results, null, 2)}\n`);
  }
  return rows.some(({ met }) => met === false) ? 1 : 0;
}

function table(rows: readonly Row[]): string {
  const head = ["row", "value", "unit", "peer", "ratio", "target", "", "spread"];
  const lines = rows.map((row) => [
    row.name,
    row.value.toLocaleString("en"),
    row.unit,
    row.peer === null ? "" : `${row.peerValue!.toLocaleString("en")} (${row.peer})`,
    row.ratio === null ? "" : `${row.ratio} ×`,
    (row.target ?? []).map((bound) => boundText(bound, row.unit)).join(", "),
    row.met === null ? "" : row.met ? "met" : "MISSED",
    `${(row.spread * 100).toFixed(0)} %`,
  ]);
  const widths = head.map((_, i) => Math.max(...[head, ...lines].map((line) => line[i]!.length)));
  return [head, ...lines]
    .map((line) =>
      line
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
