/**
 * Messages of the wrong shape.
 * ├── what fits: an object of described fields, each of its type, missing or null, others beside them; anything where nothing is described
 * ├── what does not: by rule, and by field where one is to blame; and what fits stays so with any of its fields left out
 * ├── none is lost: each is counted and kept as it came, letters or bytes, however many that fit come after it
 * ├── every numeric field that a listing describes is drawn, integers and those that may be null too, with its unit
 * └── the seed's own readings fit what its listings describe
 */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SEED_LISTINGS } from "../../scripts/stack/listings.ts";
import { fieldsOf, type Misfit, misfitOf, type SchemaField } from "../src/lib/schema.ts";
import { type IncomingMessage, MAX_MISFITS, MAX_ROWS, StreamBuffer } from "../src/lib/series.ts";

const METADATA = {
  schema: {
    type: "object",
    properties: {
      temp: { type: "number", unit: "°C", title: "Air" },
      count: { type: "integer", unit: "1", title: "Count" },
      depth: { type: ["number", "null"], unit: "m", title: "Depth" },
      name: { type: "string", title: "Name" },
      ok: { type: "boolean", title: "Fine" },
      where: { type: "object", title: "Where" },
    },
  },
};
const FIELDS = fieldsOf(METADATA, Number.POSITIVE_INFINITY);
const GOOD = { temp: 1.5, count: 2, depth: 7, name: "a", ok: true, where: { x: 1 } };

const message = (payload: string | Uint8Array): IncomingMessage => {
  const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    json = undefined;
  }
  return { device: "d", topic: "t", timeMs: 1_000, payload: bytes, json };
};

describe("misfitOf", () => {
  it.each<[unknown, Misfit]>([
    [undefined, { rule: "noJson" }],
    [null, { rule: "noObject" }],
    [7, { rule: "noObject" }],
    [[GOOD], { rule: "noObject" }],
    [{}, { rule: "noField" }],
    [{ more: 1 }, { rule: "noField" }],
    [
      { ...GOOD, temp: "1.5" },
      { rule: "wrongType", field: "temp" },
    ],
    [
      { ...GOOD, count: true },
      { rule: "wrongType", field: "count" },
    ],
    [
      { ...GOOD, depth: "7" },
      { rule: "wrongType", field: "depth" },
    ],
    [
      { ...GOOD, name: 1 },
      { rule: "wrongType", field: "name" },
    ],
    [
      { ...GOOD, ok: "yes" },
      { rule: "wrongType", field: "ok" },
    ],
    [JSON.parse('{"constructor":1}'), { rule: "noField" }],
    [JSON.parse('{"__proto__":1}'), { rule: "noField" }],
  ])("%j does not fit: %j", (json, misfit) => expect(misfitOf(json, FIELDS)).toEqual(misfit));

  it("others may stand beside them", () => expect(misfitOf({ ...GOOD, more: [] }, FIELDS)).toBeUndefined());

  it("fields may be missing or null", () => {
    const some = fc.subarray(Object.keys(GOOD), { minLength: 1 });
    fc.assert(
      fc.property(some, fc.boolean(), (names, asNull) => {
        const row = Object.fromEntries(Object.entries(GOOD).filter(([name]) => names.includes(name)));
        expect(misfitOf(row, FIELDS)).toBeUndefined();
        if (asNull) expect(misfitOf({ ...GOOD, [names[0]!]: null }, FIELDS)).toBeUndefined();
      }),
    );
  });

  it.each([[undefined], [null], [7], [{ any: 1 }]])("where nothing is described, %j fits", (json) =>
    expect(misfitOf(json, [])).toBeUndefined(),
  );
});

describe("the live page's buffer", () => {
  it("counts and keeps what does not fit, as it came", () => {
    const buffer = new StreamBuffer();
    const numeric: SchemaField[] = FIELDS.filter(({ type }) => type === "number");
    const fits = message(JSON.stringify(GOOD));
    const bad = ["no JSON at all", '{"temp":"hot"}', Uint8Array.of(0xff, 0xfe, 0)];
    buffer.add([fits, ...bad.map(message)], 0, numeric, FIELDS);
    buffer.add(Array(MAX_ROWS + 1).fill(fits), 1, numeric, FIELDS);
    expect(buffer.rows.every(({ misfit }) => misfit === undefined)).toBe(true);
    expect(buffer.misfitCount).toBe(3);
    expect(buffer.count).toBe(MAX_ROWS + 5);
    expect(buffer.misfits.map(({ text, misfit }) => [text, misfit?.rule])).toEqual([
      ["base64://4A", "noJson"],
      ['{"temp":"hot"}', "wrongType"],
      ["no JSON at all", "noJson"],
    ]);
    buffer.add(Array(MAX_MISFITS + 7).fill(message("x")), 2, numeric, FIELDS);
    expect(buffer.misfits).toHaveLength(MAX_MISFITS);
    expect(buffer.misfitCount).toBe(MAX_MISFITS + 10);
  });

  it("draws every numeric field, with the unit that is described", () => {
    const buffer = new StreamBuffer();
    const numeric = FIELDS.filter(({ type }) => type === "number");
    buffer.add([message(JSON.stringify(GOOD))], 0, numeric, FIELDS);
    const drawn = numeric.map(({ name, unit }) => [name, unit, buffer.points("d", name).values]);
    expect(drawn).toEqual([
      ["temp", "°C", [1.5]],
      ["count", "1", [2]],
      ["depth", "m", [7]],
    ]);
  });
});

it.each(SEED_LISTINGS.map((listing) => [listing.title, listing] as const))(
  "%s: its readings fit",
  (_, listing) => {
    const fields = fieldsOf({ schema: { properties: listing.fields } }, Number.POSITIVE_INFINITY);
    expect(fields.length).toBeGreaterThan(0);
    const readings = listing.readings();
    for (let n = 0; n < 500; n += 1) {
      const { value, done } = readings.next();
      if (done) break;
      const misfit = misfitOf(JSON.parse(JSON.stringify(value)), fields);
      if (misfit) expect.fail(`${JSON.stringify(misfit)}: ${JSON.stringify(value)}`);
    }
  },
);
