/**
 * A file that does not hold is told in words, by the promise that it breaks.
 * ├── every field that the checker names belongs to one, read from its sources: a new one has to be put somewhere
 * ├── an edited export says which promise it breaks
 * └── every promise has its words, and none is without a field
 */
import { readFileSync } from "node:fs";
import { portableCrypto, VerifyError, verifyExport } from "@weir/sdk/core";
import { expect, it } from "vitest";
import { type BrokenPoint, brokenPoint } from "../src/features/verify/points.ts";
import messages from "../src/messages/en.json" with { type: "json" };

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
const sources = read("../../sdk/src/core/export.ts") + read("../../sdk/src/client/verify.ts");
/** What is no field of a proof but the file's own form. */
const FORM = ["type", "line", "format", "purchase"];
const fields = [
  ...[...sources.matchAll(/need\((?:[^;]*?),\s*"(\w+)",\s*["`]/g)].map((match) => match[1]!),
  ...[...sources.matchAll(/new VerifyError\(\w+, "(\w+)"/g)].map((match) => match[1]!),
  ...[...sources.matchAll(/\["(\w+)", "(?:Channels|Hubs|Grants)"\]/g)].map((match) => match[1]!),
];

it("every field of the checker belongs to a promise", () => {
  expect(fields.length).toBeGreaterThan(25);
  for (const field of fields)
    expect([field, brokenPoint(field) === "form"]).toEqual([field, FORM.includes(field)]);
  expect(brokenPoint("purchase.signer")).toBe("purchase");
});

it("every promise has its words and its fields", () => {
  const points = new Set<string>(["purchase", ...fields.map(brokenPoint)]);
  expect(Object.keys(messages.verify.breaks).toSorted()).toEqual([...points].toSorted());
});

const lines = read("../../test/vectors/exported.jsonl").trimEnd().split("\n");
const edit = (type: string, change: (row: Record<string, unknown>) => void): string[] => {
  const at = lines.findIndex((line) => JSON.parse(line).type === type);
  const row = JSON.parse(lines[at]!);
  change(row);
  return lines.with(at, JSON.stringify(row));
};

it.each<[string, string[], BrokenPoint]>([
  ["a payload", edit("message", (row) => Object.assign(row, { payload: '{"level":9}' })), "hashes"],
  [
    "a signature",
    edit("segment", (row) => Object.assign(row, { signature: `0x${"11".repeat(64)}` })),
    "signatures",
  ],
  ["the sum", edit("end", (row) => Object.assign(row, { due: "1" })), "price"],
  ["the count", edit("end", (row) => Object.assign(row, { messages: 7_777 })), "completeness"],
  ["the end", lines.slice(0, -1), "form"],
  ["a line of another kind", [...lines.slice(0, 1), "{}", ...lines.slice(1)], "form"],
])("an edit of %s is named", async (_, edited, point) => {
  const error = await verifyExport(portableCrypto, edited).catch((fault: unknown) => fault);
  expect(error).toBeInstanceOf(VerifyError);
  expect(brokenPoint((error as VerifyError).field)).toBe(point);
});
