/**
 * The seller's console without a page or a chain.
 * ├── a draft: written, put on chain, read back → the same terms and the same bytes
 * ├── a draft: what each field refuses, by field and rule
 * ├── pasted gateway keys: JSON, lines, garbage
 * ├── a revision: amounts as they are read, never in smallest units
 * └── earnings: days without a sale are there; amounts exact; no formula in a table
 */
import { agreementText, FOREVER } from "@weir/sdk/core";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { earningsCsv } from "../src/features/sell/earnings/csv.ts";
import { barsOf } from "../src/features/sell/earnings/days.ts";
import { faultsOf, readPasted } from "../src/features/sell/hub/publicKey.ts";
import { detailOf } from "../src/features/sell/listings/detail.ts";
import { amountsOf } from "../src/features/sell/wizard/changes.ts";
import { type Draft, newDraft, newField, newPlan } from "../src/features/sell/wizard/draft.ts";
import { draftOf } from "../src/features/sell/wizard/fromListing.ts";
import { readDraft } from "../src/features/sell/wizard/readDraft.ts";

const address = (digit: string) => `0x${digit.repeat(40)}` as const;
const NOW = 1_800_000_000;
const context = {
  hubId: 3n,
  payout: address("a"),
  publishers: [address("b")],
  decimalsOf: () => 18,
  now: NOW,
};

const good = (part: Partial<Draft> = {}): Draft => ({
  ...newDraft({ token: address("0"), relays: [address("c")], operator: address("b"), flags: 7 }),
  title: "Tide",
  plans: [{ ...newPlan("message"), price: "0.0001" }],
  ...part,
});
const rulesOf = (part: Partial<Draft>) =>
  readDraft(good(part), context).problems.map(
    ({ field, rule }) => `${field.replace(/\.[a-z0-9]+\./, ".*.")} ${rule}`,
  );

describe("a draft", () => {
  it("with a title, a price and a relay is ready, and proposes the entry by the formula", () => {
    const { problems, terms } = readDraft(good(), context);
    expect(problems).toEqual([]);
    expect(terms.plans[0]).toMatchObject({ price: 10n ** 14n, unit: 1n, entry: 2n * 256n * 10n ** 14n });
    expect(terms).toMatchObject({ epochLength: 1, payee: address("a"), relayBps: 500, challenge: 86_400 });
    expect(terms.plans[0]?.maxWindow).toBe(FOREVER);
  });

  it("reads back from the chain as it was written", () => {
    const fields = [{ ...newField(), name: "level", title: "Level", unit: "m" }];
    const draft = good({
      keywords: "tide, water",
      placeName: "Pier 7",
      latitude: "47.5",
      longitude: "-122.25",
      fields,
      timeField: fields[0]?.id ?? "",
      wholeHub: false,
      devices: ["gauge-1"],
      topics: "level/#",
      plans: [
        { ...newPlan("byte"), price: "0.02", unit: "2" },
        { ...newPlan("period"), price: "1", periodUnit: "hour", upfront: "0.5", history: true },
        { ...newPlan("flat"), price: "3", window: "30" },
        newPlan("free"),
      ],
      agreementMore: "Ask before you publish.",
      historyDepth: "7",
    });
    const first = readDraft(draft, context);
    expect(first.problems).toEqual([]);
    const again = readDraft(draftOf(first.terms, first.metadata, 18), context);
    expect(again.terms).toEqual(first.terms);
    expect(again.metadata).toBe(first.metadata);
    expect(again.problems).toEqual([]);
  });

  it.each<[string, Partial<Draft>]>([
    ["title TitleMissing", { title: "  " }],
    ["title TitleTooLong", { title: "x".repeat(121) }],
    ["description MetadataTooLong", { agreementMore: "x".repeat(8_192) }],
    ["keywords TooManyKeywords", { keywords: Array.from({ length: 17 }, (_, i) => `k${i}`).join() }],
    ["placeName PlaceIncomplete", { placeName: "Pier" }],
    ["latitude LatitudeInvalid", { placeName: "Pier", latitude: "91", longitude: "0" }],
    ["longitude LongitudeInvalid", { placeName: "Pier", latitude: "0", longitude: "east" }],
    ["fields.*.name FieldNameMissing", { fields: [{ ...newField(), title: "Level" }] }],
    ["fields.*.name FieldNameTwice", { fields: [1, 2].map(() => ({ ...newField(), name: "a" })) }],
    ["devices DeviceMissing", { wholeHub: false }],
    ["topics TopicInvalid", { topics: "a/#/b" }],
    ["plans.*.price AmountInvalid", { plans: [{ ...newPlan(), price: "1e3" }] }],
    ["plans.*.promoUntil PromotionEndMissing", { plans: [{ ...newPlan(), price: "1", promoPrice: "1" }] }],
    ["relays RelayMissing", { relays: [] }],
    ["epochLength NumberInvalid", { epochLength: "-1" }],
    ["operator OperatorNotPublisher", { operator: address("d") }],
    ["markets AddressInvalid", { markets: "here" }],
    ["attestationSchema SchemaInvalid", { attestationSchema: "0x12", attester: address("e") }],
  ])("is refused: %s", (wrong, part) => expect(rulesOf(part)).toContain(wrong));

  it("never throws and always previews, whatever is typed", () => {
    const text = fc.string({ unit: "binary", maxLength: 40 });
    const texts = fc.record({
      title: text,
      keywords: text,
      latitude: text,
      topics: text,
      relayPercent: text,
      challenge: text,
      maxBytes: text,
      saleUntil: text,
      markets: text,
      attester: text,
    });
    fc.assert(
      fc.property(texts, text, text, (typed, price, name) => {
        const plans = [{ ...newPlan("message"), price, unit: price, entry: price, window: price }];
        const fields = [{ ...newField(), name }];
        const { terms, metadata } = readDraft(good({ ...typed, plans, fields }), context);
        const hub = { id: "3", name: "h", owner: address("1") };
        const shown = detailOf({
          hub,
          id: "0",
          version: 1,
          state: "open",
          terms,
          metadataText: metadata,
          at: NOW,
        });
        expect([...shown.title].length).toBeLessThanOrEqual(120);
      }),
    );
  });

  it("keeps a field of any name a field like any other", () => {
    const { metadata } = readDraft(good({ fields: [{ ...newField(), name: "__proto__" }] }), context);
    expect(metadata).toContain('"properties":{"__proto__":{"type":"number","title":"__proto__"}}');
  });

  it("carries the agreement whose hash it states", () => {
    const { agreement, metadata } = readDraft(good({ agreementMore: "Ask." }), context);
    expect(agreement).toBe(agreementText(7, "Ask."));
    expect(JSON.parse(metadata)).toMatchObject({ usageInfo: agreement });
  });
});

describe("a pasted gateway key", () => {
  const key = { account: address("A"), x: `0x${"1".repeat(64)}`, y: `0x${"2".repeat(64)}` };
  it.each([
    JSON.stringify(key, null, 2),
    JSON.stringify({ hubs: [{ operator: key.account, publicKey: { x: key.x, y: key.y } }] }),
    `account  ${key.account}\nx        ${key.x}\ny        ${key.y}\n`,
    `account: ${key.account}, x: ${key.x}, y: ${key.y}`,
  ])("is found in %j", (text) => expect(readPasted(text)).toEqual(key));
  it("is not made up", () => {
    expect(readPasted(`<script>x</script> ${"0x".repeat(50)}`)).toEqual({ account: "", x: "", y: "" });
    expect(faultsOf({ account: address("0"), x: "0x1", y: key.y })).toEqual({ account: true, x: true });
    expect(faultsOf(key)).toEqual({});
  });
});

describe("a revision", () => {
  it("says entry, promotion and what is due at once in the token", () => {
    const plan = { entry: "1024000000000000", promoPrice: "500000000000", upfront: "0" };
    expect(amountsOf(plan, { decimals: 18, symbol: "ETH" })).toEqual({
      entry: "0.001024 ETH",
      promo: "0.0000005 ETH",
      upfront: "0 ETH",
    });
    const timed = { entry: "0", promoPrice: "0", upfront: "2500000" };
    expect(amountsOf(timed, { decimals: 6, symbol: "TUSD" })).toEqual({
      entry: undefined,
      promo: undefined,
      upfront: "2.5 TUSD",
    });
  });
});

describe("earnings", () => {
  it("has a bar for every day, those without a sale included", () => {
    const day = Date.UTC(2026, 10, 21);
    const items = [
      { day: "2026-11-21", token: address("0"), settled: "5" },
      { day: day / 1_000, token: address("0"), settled: "2" },
      { day: "2026-11-19T00:00:00Z", token: address("0"), settled: "9" },
      { day: "2020-01-01", token: address("0"), settled: "1" },
    ];
    expect(barsOf(items, day + 3_600_000, 3)).toEqual([
      { day: "2026-11-19", amount: 9n },
      { day: "2026-11-20", amount: 0n },
      { day: "2026-11-21", amount: 7n },
    ]);
  });
  it("writes exact amounts and runs no formula", () => {
    const row = {
      listing: "1",
      buyer: address("1"),
      kind: "byte",
      since: "2026",
      token: "ETH",
      decimals: 18,
    };
    const rows = [{ ...row, title: '=cmd("x")', deposited: 10n ** 18n, settled: 1n }];
    expect(earningsCsv(rows).split("\r\n")[1]).toBe(
      `1,"'=cmd(""x"")",${address("1")},byte,2026,ETH,1,0.000000000000000001`,
    );
  });
});
