// The protocol pages, the code and the vectors say the same of every byte layout, every frame and every refusal.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import {
  deliveryVectors,
  type FrameVector,
  frameTable,
  frameVectors,
  type Layout,
} from "../../scripts/vectors/delivery.ts";
import {
  decodeFrame,
  frameRules,
  MAX_CONTROL_BYTES,
  MAX_SEGMENT_BYTES,
  RELAY_REFUSALS,
} from "../../sdk/src/wire/index.ts";
import { sentDetails } from "../support/refusals.ts";

const page = (name: string) =>
  readFileSync(new URL(`../../docs/protocol/${name}.md`, import.meta.url), "utf8");
const segment = page("segment");
const wire = page("wire");
const read = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`${name}.json`, import.meta.url), "utf8"));
const layouts = read<Layout[]>("delivery");
const frames = read<FrameVector[]>("frames");

/** Cells of the first table behind this text. */
function tableAfter(text: string, mark: string): string[][] {
  const from = text.indexOf(mark);
  if (from < 0) throw new Error(`no ${mark} in the page`);
  const lines = text.slice(from).split("\n");
  const first = lines.findIndex((line) => line.startsWith("|"));
  const last = lines.findIndex((line, n) => n > first && !line.startsWith("|"));
  return lines.slice(first + 2, last).map((line) =>
    line
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** "71 + p" with the letters' lengths put in. */
const sum = (text: string, sizes: Record<string, number>): number =>
  text.split(" + ").reduce((total, part) => {
    const value = /^\d+$/.test(part) ? Number(part) : sizes[part];
    if (value === undefined) throw new Error(`${part} is neither a number nor a letter of this layout`);
    return total + value;
  }, 0);

it("the code makes the bytes of delivery.json and frames.json", async () => {
  expect(layouts).toEqual(await deliveryVectors());
  expect(frames).toEqual(await frameVectors());
});

it("every layout of the vectors has its table, and every table its layout", () => {
  const named = [...segment.matchAll(/^(?:Both [^\n]* )?Layout `([^`]+)`/gm)].map(([, name]) => name);
  expect(named.sort()).toEqual(layouts.map(({ name }) => name).sort());
});

it.each(layouts)("layout $name: offsets, sizes and fields of the page are those of the bytes", (layout) => {
  const rows = tableAfter(segment, `Layout \`${layout.name}\``);
  expect(rows.map(([, , field]) => field)).toEqual(layout.fields.map(([name]) => name));
  let end = 0;
  for (const [n, [offset, size, field]] of rows.entries()) {
    const from = sum(offset!, layout.sizes);
    expect([field, from]).toEqual([field, end]);
    end = from + sum(size!, layout.sizes);
    expect([field, layout.bytes.slice(2 + 2 * from, 2 + 2 * end)]).toEqual([
      field,
      layout.fields[n]![1].slice(2),
    ]);
  }
  expect(end).toBe((layout.bytes.length - 2) / 2);
});

it("every frame is laid out as the page says, and reads back as its fields", () => {
  const [length, type, body] = tableAfter(wire, "Layout `frame`");
  for (const { name, type: typeByte, lengthBytes, bytes, fields } of frames) {
    const raw = Buffer.from(bytes.slice(2), "hex");
    const sizes = { v: lengthBytes, b: raw.length - lengthBytes - 1 };
    expect(sum(length![0]!, sizes)).toBe(0);
    expect(raw[sum(type![0]!, sizes)]).toBe(typeByte);
    expect(sum(body![0]!, sizes) + sum(body![1]!, sizes)).toBe(raw.length);
    const { type: decoded, ...found } = decodeFrame(raw.subarray(sum(length![1]!, sizes)));
    expect(decoded).toBe(name);
    expect(Object.keys(found).sort()).toEqual(Object.keys(fields as object).sort());
  }
  const figure = (limit: number) => limit.toLocaleString("en");
  expect(body![3]).toContain(figure(MAX_CONTROL_BYTES));
  expect(body![3]).toContain(figure(MAX_SEGMENT_BYTES));
});

it("the page lists every frame type, in vectors and code alike, with every field", () => {
  const rows = tableAfter(wire, "| type | name | says |");
  const listed = rows.map(([type, name]) => [Number(type), name]);
  expect(listed).toEqual(frames.map(({ type, name }) => [type, name]));
  const coded = frameRules().map(({ type, name }) => [type, name] as const);
  expect(listed.filter(([, name]) => name !== "SEGMENT")).toEqual(coded.toSorted(([a], [b]) => a - b));
  expect(
    tableAfter(wire, "<!-- fields -->")
      .map((cells) => `| ${cells.join(" | ")} |`)
      .join("\n"),
  ).toBe(frameTable());
});

it("the page lists every refusal in the code's order, with the details that are sent", () => {
  const rows = tableAfter(wire, "## Refusals");
  expect(rows.map(([name]) => name)).toEqual(RELAY_REFUSALS.map((name) => `\`${name}\``));
  for (const cells of rows)
    expect([cells[0], cells.length, cells.at(-1) !== ""]).toEqual([cells[0], 4, true]);
  const said = Object.fromEntries(
    rows.map(([name, , detail]) => [name!.slice(1, -1), [...(detail!.match(/\w+(?=`)/g) ?? [])]]),
  );
  for (const [name, details] of Object.entries(sentDetails()))
    expect([name, details.filter((detail) => !(said[name] as string[]).includes(detail))]).toEqual([
      name,
      [],
    ]);
});
