// Bytes → records: however the bytes are cut, the records and the places behind them are the same; what breaks a rule is named.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_MESSAGE_BYTES } from "../src/limits.ts";
import { columnsOf, Lines, payloadOf, type RecordFormat } from "../src/sources/records.ts";

/** All records of a text that arrives in pieces of these sizes. */
function read(format: RecordFormat, text: string, sizes: readonly number[] = [7]) {
  const bytes = Buffer.from(text);
  const lines = new Lines(format, 0);
  const found: { line: string; end: number }[] = [];
  const add = ({ line, end }: { line: Uint8Array; end: number }) =>
    found.push({ line: Buffer.from(line).toString(), end });
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = Math.max(1, sizes[i % sizes.length] ?? 1);
    for (const line of lines.push(bytes.subarray(at, at + size))) add(line);
    at += size;
  }
  const last = lines.end();
  if (last) add(last);
  return found;
}
const row = (text: string, columns: string[]) =>
  JSON.parse(Buffer.from(payloadOf(Buffer.from(text), columns)!).toString());

test("however the bytes are cut, the lines and the places behind them are the same", () => {
  const text = fc.string({ unit: fc.constantFrom("a", "é", '"', ",", "\n", "\r\n") });
  fc.assert(
    fc.property(
      fc.constantFrom("jsonl", "csv"),
      text,
      fc.array(fc.nat(9), { minLength: 1 }),
      (format, words, sizes) => {
        const whole = read(format, words, [1 << 20]);
        expect(read(format, words, sizes)).toEqual(whole);
        // Reading on behind any record gives the rest.
        for (const { end } of whole) {
          const rest = read(format, Buffer.from(words).subarray(end).toString()).map(({ line }) => line);
          expect(whole.filter((item) => item.end > end).map(({ line }) => line)).toEqual(rest);
        }
      },
    ),
  );
});

test("a row may span lines inside quotes, and quotes are doubled there", () => {
  const rows = read("csv", 'name,note\r\n"a ""b""","line\none"\nc,\n');
  const columns = columnsOf(Buffer.from(rows[0]!.line));
  expect(rows.slice(1).map(({ line }) => row(line, columns))).toEqual([
    { name: 'a "b"', note: "line\none" },
    { name: "c", note: null },
  ]);
});

test("what is written exactly as a number is one, everything else stays what it is", () => {
  const columns = ["a", "b", "c", "d", "e", "f", "g"];
  expect(row("1,-2.50,007,1e5,0x1,12345678901234567890,true", columns)).toEqual({
    a: 1,
    b: -2.5,
    c: "007",
    d: "1e5",
    e: "0x1",
    f: "12345678901234567890",
    g: "true",
  });
});

test("a line of JSON is carried byte for byte; an empty one is none", () => {
  const line = '{"b":1, "a":  "ü"}';
  expect(Buffer.from(payloadOf(Buffer.from(line), undefined)!).toString()).toBe(line);
  expect(payloadOf(Buffer.from("  "), undefined)).toBeUndefined();
});

describe("refused", () => {
  const rows: [what: string, rule: RegExp, text: string | Uint8Array, columns?: string[]][] = [
    ["no JSON", /is JSON/, "{a}"],
    ["no UTF-8", /is UTF-8/, Uint8Array.of(0x22, 0xff, 0x22)],
    ["too few cells", /has 2 cells/, "1", ["a", "b"]],
    ["too many cells", /has 2 cells/, "1,2,3", ["a", "b"]],
    ["an open quote", /closes every quote/, '"1,2', ["a", "b"]],
    ["a quote in the middle", /whole cells/, '1"x",2', ["a", "b"]],
    ["words behind a quote", /nothing behind/, '"1"x,2', ["a", "b"]],
  ];
  test.each(rows)("%s", (_, rule, text, columns) => {
    expect(() => payloadOf(Buffer.from(text), columns)).toThrow(rule);
  });

  test.each([
    ["a column without a name", "a,,b", /names every column/],
    ["a column twice", "a,a", /no column twice/],
    ["too many columns", Array.from({ length: 1025 }, (_, i) => `c${i}`).join(","), /at most 1024/],
  ])("%s", (_, header, rule) => {
    expect(() => columnsOf(Buffer.from(header))).toThrow(rule);
  });

  test("a record that never ends", () => {
    const lines = new Lines("jsonl", 0);
    expect(() => {
      for (let i = 0; i <= MAX_MESSAGE_BYTES / 65_536; i++) lines.push(new Uint8Array(65_536).fill(0x61));
    }).toThrow(/more than/);
  });
});
