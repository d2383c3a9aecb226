// The export file: when the seller has changed keys while it was written, its first line names the new ones, too, and nothing else changes.
import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ExportPurchase } from "@weir/sdk/core";
import { expect, test } from "vitest";
import { messagePlan } from "../../test/support/market.ts";
import { openSink } from "../src/sinks.ts";

const keyOf = (keyId: number) => ({ keyId, x: `0x${"1".repeat(64)}`, y: `0x${"é".repeat(3)}` }) as const;

test.each([false, true])("a new key meanwhile: %s", async (isNew) => {
  const folder = await mkdtemp(join(tmpdir(), "weir-sinks-"));
  const publisherKeys = [keyOf(0)];
  const head = { terms: { plans: [messagePlan] }, purchase: { plan: 0 }, publisherKeys };
  const path = join(folder, "out.jsonl");
  const sink = await openSink(path, {
    head: head as unknown as ExportPurchase,
    fields: [],
    print: () => undefined,
  });
  if (isNew) publisherKeys.push(keyOf(1));
  await sink.end(null);
  const [first, ...rest] = (await readFile(path, "utf8")).split("\n");
  expect(JSON.parse(first!).publisherKeys).toEqual(isNew ? [keyOf(0), keyOf(1)] : [keyOf(0)]);
  expect(rest.map((line) => line && JSON.parse(line).type)).toEqual(["end", ""]);
  expect(await readdir(folder)).toEqual(["out.jsonl"]);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  await rm(folder, { recursive: true });
});
