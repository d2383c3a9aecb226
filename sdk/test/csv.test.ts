import { expect, test } from "vitest";
import { csvHeader, csvRow, utf8 } from "../src/core/index.ts";

const FIELDS = ["temperature", "note"];
const TIME = Date.UTC(2026, 10, 21, 12);
const row = (payload: Uint8Array) =>
  csvRow(FIELDS, { device: "roof", topic: "air", timeMs: TIME, segmentId: "0xab", payload });
const HEAD = "2026-11-21T12:00:00.000Z,roof,air,0xab";

test("a reading of the schema fills its columns", () => {
  expect(csvHeader(FIELDS)).toBe("time,device,topic,segmentId,temperature,note,payload");
  expect(row(utf8('{"note":"dry","temperature":-1.5}'))).toBe(`${HEAD},-1.5,dry,`);
  expect(row(utf8('{"temperature":3}'))).toBe(`${HEAD},3,,`);
});

test("commas, quotes and line ends are quoted", () => {
  expect(row(utf8('{"note":"a,\\"b\\"\\nc"}'))).toBe(`${HEAD},,"a,""b""\nc",`);
});

test("what does not fit the schema is kept whole", () => {
  expect(row(utf8('{"other":1}'))).toBe(`${HEAD},,,"{""other"":1}"`);
  expect(row(utf8("21.5"))).toBe(`${HEAD},,,21.5`);
  expect(row(Uint8Array.of(0xff, 0x00))).toBe(`${HEAD},,,base64:/wA=`);
});

test.each(["=1+1", "+1", "-1", "@x", "\t=1"])("%j from a stranger is text to a spreadsheet", (note) => {
  expect(row(utf8(JSON.stringify({ note })))).toContain(`,'${note},`);
});

test("nested values and names of Object's own do not surprise", () => {
  expect(row(utf8('{"note":{"a":[1]}}'))).toBe(`${HEAD},,"{""a"":[1]}",`);
  expect(
    csvRow(["toString"], { device: "d", topic: "t", timeMs: TIME, segmentId: "0x", payload: utf8("{}") }),
  ).toBe("2026-11-21T12:00:00.000Z,d,t,0x,,");
});

test("a time beyond the calendar stays a number", () => {
  const message = {
    device: "d",
    topic: "t",
    timeMs: Number.MAX_SAFE_INTEGER,
    segmentId: "0x",
    payload: utf8("{}"),
  };
  expect(csvRow([], message)).toBe(`${Number.MAX_SAFE_INTEGER},d,t,0x,`);
});
