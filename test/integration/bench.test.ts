/**
 * Rows of the delivery benches, from a short run of the cheapest one.
 *
 * - stdout is one JSON object per row with exactly the promised fields, and every figure follows from the rounds
 * - `met` follows from the bounds: it turns when a bound is moved to the other side of what was measured
 * - the exit code says whether a target was missed
 * - a peer that is not installed is named in one sentence, and no figure is printed
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { measurePayments } from "../../bench/payments.ts";
import { RESULTS, type Results } from "../../bench/support/bench.ts";
import { type Bound, boundText, type Measured, type Row, rowOf } from "../../bench/support/row.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const FIELDS = ["name", "value", "unit", "peer", "peerValue", "ratio", "target", "met", "spread"];

type Ended = { code: number | null; stdout: string; stderr: string };

function bench(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const program = ["--disable-warning=ExperimentalWarning", "scripts/bench.ts", ...args];
  const child = spawn(process.execPath, program, { cwd: ROOT, env: { ...process.env, ...env } });
  const ended: Ended = { code: null, stdout: "", stderr: "" };
  child.stdout.on("data", (chunk: Buffer) => {
    ended.stdout += chunk;
  });
  child.stderr.on("data", (chunk: Buffer) => {
    ended.stderr += chunk;
  });
  return new Promise((resolve) => child.once("close", (code) => resolve({ ...ended, code })));
}

let ran: Ended;
let measured: Measured[];
beforeAll(async () => {
  ran = await bench(["payments", "--json", "--rounds", "1"]);
  measured = measurePayments(3);
});

const rowsOf = (stdout: string): Row[] =>
  stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);

test("stdout is one row a line, with the promised fields, and the exit code follows from met", () => {
  const rows = rowsOf(ran.stdout);
  expect(rows.map(({ name }) => name)).toEqual(["vouchers checked", "ticks checked"]);
  for (const row of rows) {
    expect(Object.keys(row)).toEqual(FIELDS);
    expect(row.value).toBeGreaterThan(0);
    expect(row.ratio! / (row.value / row.peerValue!)).toBeCloseTo(1, 2);
  }
  expect(ran.code).toBe(rows.every(({ met }) => met) ? 0 : 1);
});

test("met is computed from what was measured", () => {
  for (const row of measured) {
    const judged = (bound: Bound) => rowOf({ ...row, target: [bound] }).met;
    for (const of of ["value", "ratio"] as const) {
      const figure = rowOf(row)[of]!;
      expect(judged({ of, atLeast: figure * 0.99 })).toBe(true);
      expect(judged({ of, atLeast: figure * 1.01 })).toBe(false);
      expect(judged({ of, atMost: figure * 1.01 })).toBe(true);
      expect(judged({ of, atMost: figure * 0.99 })).toBe(false);
    }
    const both = {
      ...row,
      target: [
        { of: "ratio", atLeast: 0 },
        { of: "value", atMost: 0 },
      ],
    } as const;
    expect(rowOf(both).met).toBe(false);
    expect(rowOf({ ...row, target: [] })).toMatchObject({ target: null, met: null });
  }
});

test("figures are medians over rounds, the ratio that of the rounds' ratios", () => {
  const samples = [
    { value: 10, peerValue: 5 },
    { value: 30, peerValue: 10 },
    { value: 20, peerValue: 20 },
  ];
  const row: Measured = { name: "r", unit: "u", peer: "p", target: [], samples };
  expect(rowOf(row)).toMatchObject({ value: 20, peerValue: 10, ratio: 2, spread: 0.8 });
  const alone = { ...row, peer: null, samples: samples.map(({ value }) => ({ value })) };
  expect(rowOf(alone)).toMatchObject({ value: 20, peerValue: null, ratio: null, spread: 0.8 });
  expect(() => rowOf({ ...row, samples: [{ value: 1 }] })).toThrow(RangeError);
  expect(() => rowOf({ ...row, samples: [] })).toThrow(RangeError);
  expect(() => rowOf({ ...row, samples: [{ value: 1, peerValue: 0 }] })).toThrow("no number");
  expect(() => rowOf({ ...alone, target: [{ of: "ratio", atLeast: 1 }] })).toThrow("needs a peer");
  expect(boundText({ of: "ratio", atLeast: 3 }, "u")).toBe("≥ 3 ×");
});

test("a peer that is not installed is named, and nothing is invented", async () => {
  const { code, stdout, stderr } = await bench(["fanout-20", "--json"], { WEIR_BENCH_MOSQUITTO: "/nowhere" });
  expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  expect(stderr).toMatch(/^fanout-20: mosquitto is not installed .*\n$/);
});

/** What was promised, before anything was measured: file, row, bounds. Every other row is only shown. */
const PROMISED: Record<string, Record<string, readonly Bound[]>> = {
  "fanout-20": {
    "relay, 20 subscribers, JSON": [{ of: "ratio", atLeast: 3 }],
    "relay, 20 subscribers, incompressible": [{ of: "ratio", atLeast: 1 }],
  },
  "fanout-200": {
    "relay, 200 subscribers, JSON": [{ of: "ratio", atLeast: 3 }],
    "relay, 200 subscribers, incompressible": [{ of: "ratio", atLeast: 1 }],
  },
  consumer: {
    "consumer, JSON": [
      { of: "value", atLeast: 250_000 },
      { of: "ratio", atLeast: 2 },
    ],
    "consumer, incompressible": [
      { of: "value", atLeast: 100_000 },
      { of: "ratio", atLeast: 2 },
    ],
  },
  ingest: {
    "ingest through /weir/publish/1, JSON": [
      { of: "value", atLeast: 50_000 },
      { of: "ratio", atLeast: 3 },
    ],
    "ingest through /weir/publish/1, incompressible": [
      { of: "value", atLeast: 50_000 },
      { of: "ratio", atLeast: 3 },
    ],
  },
  "publish-cost": { "publish cost with 100,000 metered grants": [{ of: "ratio", atMost: 1.05 }] },
  latency: {
    "latency p50, MQTT publish to paying reader": [{ of: "value", atMost: 15 }], // ms
    "latency p99, MQTT publish to paying reader": [{ of: "value", atMost: 60 }],
  },
  "first-message": { "purchase mined to first message, p95": [{ of: "value", atMost: 1 }] }, // s
  payments: {
    "vouchers checked": [{ of: "ratio", atLeast: 0.9 }],
    "ticks checked": [{ of: "ratio", atLeast: 0.5 }],
  },
  cpu: { "cpu of relay and reader, segments of 256, JSON": [{ of: "value", atMost: 4.9 }] }, // µs
  memory: {
    "relay memory per idle subscriber": [{ of: "value", atMost: 100 }], // KiB
    "relay memory with 1,000,000 stored segments": [{ of: "ratio", atMost: 1.1 }], // "flat"
  },
};

test.each(Object.entries(PROMISED))(
  "%s is kept, with what was promised and what its rounds say",
  (name, promised) => {
    const { machine, rows } = JSON.parse(readFileSync(join(RESULTS, `${name}.json`), "utf8")) as Results;
    expect(machine.cores).toBeGreaterThan(0);
    expect(rows.map((row) => row.name)).toEqual(expect.arrayContaining(Object.keys(promised)));
    for (const { samples, ...row } of rows) {
      const target = promised[row.name] ?? [];
      expect(rowOf({ name: row.name, unit: row.unit, peer: row.peer, target, samples })).toEqual(row);
    }
  },
);
