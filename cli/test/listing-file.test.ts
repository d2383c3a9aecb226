// A listing's file: what it becomes, and each wrong field by its name.
import { readFileSync } from "node:fs";
import { agreementHash, agreementText, FOREVER, metadataHash, PlanKind, ZERO_ADDRESS } from "@weir/sdk/core";
import { describe, expect, test } from "vitest";
import { allNaughty, leastNaughty } from "../../test/support/naughty.ts";
import { parseListing } from "../src/listing-file.ts";
import { UsageError } from "../src/output.ts";

const ADDRESS = `0x${"11".repeat(20)}` as const;
const CONTEXT = {
  hubId: 3n,
  payee: ADDRESS,
  operator: ADDRESS,
  token: { address: ZERO_ADDRESS, symbol: "ETH", decimals: 18 },
  relays: [ADDRESS],
};
const FILE = {
  title: "Tides",
  description: "Height of the water.",
  category: "environment",
  keywords: ["tide"],
  licence: "CC-BY-4.0",
  source: { kind: "live", rate: "1 a second", origin: "the pier" },
  schema: { fields: { height: { type: "number", unit: "m", title: "Height" } } },
  plans: [{ kind: "message", price: "0.001" }],
};
const parse = (more: Record<string, unknown> = {}) => parseListing({ ...FILE, ...more }, CONTEXT);
const plan = (more: Record<string, unknown>) => parse({ plans: [more] }).terms.plans[0]!;

test("hashes are those of what is shown, and defaults are the least that the chain takes", () => {
  const { terms, metadata } = parse({
    flags: ["store", "research", "restricted"],
    agreement: "And be kind.",
  });
  expect(terms.metadataHash).toBe(metadataHash(metadata));
  const text = agreementText(terms.flags, "And be kind.");
  expect(terms.termsHash).toBe(agreementHash(text));
  expect(JSON.parse(metadata)).toMatchObject({ name: "Tides", usageInfo: text });
  expect(terms.flags).toBe((1 << 0) | (1 << 16) | (1 << 20));
  expect(terms).toMatchObject({ epochLength: 1, challenge: 86_400, relays: [ADDRESS], saleUntil: 0 });
  expect(terms.plans[0]).toMatchObject({
    price: 10n ** 15n,
    unit: 1n,
    entry: 2n * 256n * 10n ** 15n,
    maxWindow: FOREVER,
  });
});

test("every kind of plan", () => {
  expect(plan({ kind: "byte", price: "0.001" })).toMatchObject({
    unit: 1n << 20n,
    entry: 2n * (10n ** 15n / 16n),
  });
  expect(plan({ kind: "period", price: "1", period: "30d", upfront: "0.5", notice: "2h" })).toMatchObject({
    kind: PlanKind.period,
    period: 30 * 86_400,
    upfront: 5n * 10n ** 17n,
    notice: 7_200,
    unit: 0n,
    entry: 0n,
  });
  expect(plan({ kind: "flat", price: "2", maxWindow: "1d" })).toMatchObject({
    price: 0n,
    upfront: 2n * 10n ** 18n,
    maxWindow: 86_400,
  });
  expect(plan({ kind: "free" })).toMatchObject({ price: 0n, notice: 3_600 });
  expect(parse({ plans: [{ kind: "free" }] }).terms.epochLength).toBe(60);
  expect(
    plan({ kind: "message", price: "0.003", unit: 7, promoPrice: "0.001", promoUntil: "2030-01-01" }),
  ).toMatchObject({
    entry: 2n * ((3n * 10n ** 15n * 256n + 6n) / 7n),
    promoPrice: 10n ** 15n,
    promoUntil: 1_893_456_000,
  });
});

describe("named by its field", () => {
  test.each<[field: string, more: Record<string, unknown>]>([
    ["colour", { colour: "red" }],
    ["title", { title: "" }],
    ["title", { title: 5 }],
    ["title", { title: "a\u0007b" }],
    ["title", { title: "a\ud800" }],
    ["category", { category: "weathr" }],
    ["keywords", { keywords: "tide" }],
    ["place.latitude", { place: { name: "x", latitude: 91, longitude: 0 } }],
    ["place.longitude", { place: { name: "x", latitude: 0, longitude: "8" } }],
    ["schema.fields", { schema: { fields: {} } }],
    ["schema.fields.height.type", { schema: { fields: { height: { type: "integer" } } } }],
    ["schema.timeField", { schema: { fields: FILE.schema.fields, timeField: "time" } }],
    ["feed.devices[0]", { feed: { devices: ["a/b"] } }],
    ["plans[0].price", { plans: [{ kind: "message" }] }],
    ["plans[0].price", { plans: [{ kind: "message", price: "0" }] }],
    ["plans[0].price", { plans: [{ kind: "message", price: "1e-3" }] }],
    ["plans[0].price", { plans: [{ kind: "message", price: "0.0000000000000000001" }] }],
    ["plans[0].price", { plans: [{ kind: "free", price: "1" }] }],
    ["plans[0].entry", { plans: [{ kind: "message", price: "1", entry: "1" }] }],
    ["plans[0].period", { plans: [{ kind: "period", price: "1" }] }],
    ["plans[0].period", { plans: [{ kind: "period", price: "1", period: "a month" }] }],
    ["plans[0].kind", { plans: [{ kind: "weekly" }] }],
    ["plans[0].cheap", { plans: [{ kind: "free", cheap: true }] }],
    ["plans[0].promoUntil", { plans: [{ kind: "flat", price: "1", promoPrice: "0.5" }] }],
    ["relays[0]", { relays: ["relay"] }],
    ["relays", { relays: [] }],
    ["relayCut", { relayCut: 31 }],
    ["flags[1]", { flags: ["store", "steal"] }],
    ["segment.maxBytes", { segment: { maxBytes: 2 ** 21 } }],
    ["challenge", { challenge: "long" }],
    ["attestation.schema", { attestation: { schema: "0x1" } }],
    ["description", { description: "x".repeat(4_097) }],
  ])("%s in %j", (field, more) => {
    expect(() => parse(more)).toThrow(UsageError);
    expect(() => parse(more)).toThrow(new RegExp(`^${field.replace(/[[\]$.]/g, "\\$&")}[: .]`));
  });
});

test("any text is carried unchanged into the metadata, or refused by the field's name", () => {
  const texts = allNaughty();
  expect(texts.length).toBeGreaterThanOrEqual(leastNaughty());
  let carried = 0;
  for (const text of texts)
    for (const field of ["title", "description", "licence"] as const) {
      try {
        const json = JSON.parse(parse({ [field]: text }).metadata) as Record<string, unknown>;
        expect(json[{ title: "name", description: "description", licence: "license" }[field]]).toBe(text);
        carried += 1;
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        expect(error.message).toMatch(new RegExp(`^${field}: `));
      }
    }
  expect(carried).toBeGreaterThan(2 * leastNaughty());
});

test("the page's example is a listing", () => {
  const page = readFileSync(new URL("../../docs/cli.md", import.meta.url), "utf8");
  const [, example] = /```json listing\n([\s\S]*?)```/.exec(page) ?? [];
  expect(parseListing(JSON.parse(example!), CONTEXT).terms.plans.length).toBeGreaterThan(1);
});
