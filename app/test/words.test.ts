/**
 * Durations in words; stated rates read from words; filters in the address; a stranger's schema; the indexer's terms.
 */
import { createTranslator } from "next-intl";
import { describe, expect, it } from "vitest";
import { allNaughty } from "../../test/support/naughty.ts";
import { listingsPath, MAX_QUERY_CHARS, readFilters, writeFilters } from "../src/features/market/filters.ts";
import { balanceOf, firstTopUp } from "../src/features/purchases/state.ts";
import { parseConfig, tokenOf } from "../src/lib/config.ts";
import type { PurchaseItem } from "../src/lib/indexer.ts";
import { fieldsOf, MAX_FIELDS } from "../src/lib/schema.ts";
import { MAX_ROWS, StreamBuffer } from "../src/lib/series.ts";
import { parseTerms } from "../src/lib/terms.ts";
import { durationWords, statedRate } from "../src/lib/time.ts";
import messages from "../src/messages/en.json" with { type: "json" };

const inWords = createTranslator({ locale: "en", messages, namespace: "duration" });

describe("durationWords", () => {
  it.each([
    [0, "0 s"],
    [59.9, "59 s"],
    [60, "1 min"],
    [3_600, "1 h"],
    [5_400, "1 h 30 min"],
    [86_400, "1 d"],
    [93_600, "1 d 2 h"],
    [86_400 * 40, "40 d"],
    [86_400 * 14 + 7_200, "14 d"],
    [86_400 * 4_000, "4,000 d"],
    [-5, "0 s"],
  ])("%s s is %s", (seconds, words) => expect(durationWords(inWords, seconds)).toBe(words));
});

describe("statedRate", () => {
  it.each([
    ["5 messages a second", 5],
    ["1 message per minute", 1 / 60],
    ["12 messages / hour", 12 / 3_600],
    ["now and then", undefined],
    ["0 messages a second", undefined],
    [undefined, undefined],
  ])("%j is %s a second", (words, rate) => expect(statedRate(words)).toBe(rate));
});

describe("filters", () => {
  it("survive the way through the address", () => {
    const filters = { q: "rain & wind", category: "weather", kind: "free" };
    expect(readFilters(new URLSearchParams(writeFilters(filters)))).toEqual(filters);
    expect(writeFilters({ q: "", category: "", kind: "" })).toBe("");
  });
  it("drop what the indexer would refuse", () => {
    const read = readFilters(new URLSearchParams({ q: "x".repeat(999), category: "nonsense", kind: "gift" }));
    expect(read).toEqual({ q: "x".repeat(MAX_QUERY_CHARS), category: "", kind: "" });
  });
  it("become a question to the indexer", () => {
    expect(listingsPath({ q: " rain ", category: "", kind: "byte" }, "abc")).toBe(
      "/v1/listings?state=open&limit=48&q=rain&kind=byte&cursor=abc",
    );
  });
  it("ask nothing that the indexer refuses, whatever was typed or pasted", () => {
    const typed = [...allNaughty(), "rain\twind\u0000", `${"🌧".repeat(60)} rain`, "x".repeat(101)];
    for (const q of typed) {
      const path = listingsPath({ q, category: "", kind: "" }, "");
      const asked = new URLSearchParams(path.split("?")[1]).get("q");
      // Its two rules (docs/limits.md, and no control characters).
      expect([...(asked ?? "")].length, q).toBeLessThanOrEqual(100);
      expect(asked ?? "", q).not.toMatch(/\p{Cc}/u);
      expect(asked, q).not.toBe("");
    }
    expect(listingsPath({ q: "rain\twind", category: "", kind: "" }, "")).toContain("q=rain+wind");
  });
});

describe("fieldsOf", () => {
  it("reads titles, types and units", () => {
    const schema = {
      properties: { t: { type: "number", unit: "°C", title: "Air" }, ok: { type: "boolean" } },
    };
    expect(fieldsOf({ schema })).toEqual([
      { name: "t", title: "Air", type: "number", unit: "°C" },
      { name: "ok", title: "ok", type: "boolean", unit: "" },
    ]);
  });
  it.each([
    [undefined],
    [{}],
    [{ schema: 7 }],
    [{ schema: { properties: [] } }],
    [{ schema: { properties: null } }],
  ])("a stranger's %j gives no fields", (metadata) =>
    expect(fieldsOf(metadata as Record<string, unknown>)).toEqual([]),
  );
  it("is bounded, and takes no wrong types for titles", () => {
    const properties = Object.fromEntries(
      Array.from({ length: 500 }, (_, i) => [`f${i}`, { title: { evil: 1 } }]),
    );
    const fields = fieldsOf({ schema: { properties } });
    expect(fields).toHaveLength(MAX_FIELDS);
    expect(fields[0]).toEqual({ name: "f0", title: "f0", type: "other", unit: "" });
  });
});

describe("StreamBuffer", () => {
  const numeric = [{ name: "t", title: "t", type: "number" as const, unit: "" }];
  const message = (timeMs: number, t: unknown) => ({
    device: "d",
    topic: "x",
    timeMs,
    payload: new TextEncoder().encode(JSON.stringify({ t })),
    json: { t },
  });
  it("keeps the newest rows first and no more than it may", () => {
    const buffer = new StreamBuffer();
    for (let i = 0; i < MAX_ROWS + 20; i++) buffer.add([message(i, i)], i, numeric);
    expect(buffer.rows).toHaveLength(MAX_ROWS);
    expect(buffer.rows[0]?.timeMs).toBe(MAX_ROWS + 19);
  });
  it("plots numbers only, over rising time", () => {
    const buffer = new StreamBuffer();
    buffer.add([message(1_000, 1), message(1_000, 2), message(900, 3), message(2_000, "no")], 0, numeric);
    const { times, values } = buffer.points("d", "t");
    expect(values).toEqual([1, 2, 3]);
    expect(times.every((time, i) => i === 0 || time > times[i - 1]!)).toBe(true);
  });
});

describe("tokenOf", () => {
  const token = { address: `0x${"ab".repeat(20)}` as const, symbol: "TUSD", decimals: 6 };
  const site = { chainId: 1, rpc: "http://x", contracts: {}, indexers: ["http://x"], tokens: [token] };
  const config = parseConfig({ ...site, unitsOf: "from the file" });
  const stranger = `0x${"12".repeat(20)}`;
  it("names a token by its entry, in whatever letters its address is written", () => {
    expect(tokenOf(config, token.address.toUpperCase().replace("0X", "0x"))).toEqual(token);
    expect(tokenOf(config, `0x${"0".repeat(40)}`)).toMatchObject({ symbol: "ETH", decimals: 18 });
  });
  it("counts another in its smallest units, in the page's words where there are some", () => {
    expect(tokenOf(config, stranger)).toMatchObject({ symbol: "0x1212…1212", decimals: 0 });
    const price = createTranslator({ locale: "en", messages, namespace: "price" });
    const inWords = { ...config, unitsOf: price.raw("unitsOf") as string };
    expect(tokenOf(inWords, stranger).symbol).toBe("units of 0x1212…1212");
  });
});

describe("parseTerms", () => {
  it("gives the SDK bigints where it has them and numbers elsewhere", () => {
    const terms = parseTerms({
      hubId: "3",
      challenge: "3600",
      relays: ["0xab"],
      termsHash: `0x${"12".repeat(32)}`,
      plans: [{ kind: 0, price: "100", unit: "1", entry: "5", maxWindow: "1099511627775" }],
    });
    expect(terms).toEqual({
      hubId: 3n,
      challenge: 3_600,
      relays: ["0xab"],
      termsHash: `0x${"12".repeat(32)}`,
      plans: [{ kind: 0, price: 100n, unit: 1n, entry: 5n, maxWindow: 1_099_511_627_775 }],
    });
  });
});

describe("balanceOf", () => {
  const purchase = (channel: Partial<NonNullable<PurchaseItem["channel"]>>) =>
    ({
      amount: "100",
      channel: { deposit: "100", claimed: "30", refunded: "0", state: "open", ...channel },
    }) as PurchaseItem;
  it("an open channel gives back what was neither claimed nor signed for", () => {
    expect(balanceOf(purchase({}), undefined)).toEqual({ deposited: 100n, spent: 30n, refundable: 70n });
    expect(balanceOf(purchase({}), 45n)).toEqual({ deposited: 100n, spent: 45n, refundable: 55n });
    expect(balanceOf(purchase({}), 20n)).toEqual({ deposited: 100n, spent: 30n, refundable: 70n });
  });
  it("a closed one gave back what was put in and not claimed, top-ups included", () => {
    const closed = (deposit: string, refunded: string) =>
      balanceOf(purchase({ state: "closed", deposit, claimed: deposit, refunded }), 45n);
    expect(closed("30", "70")).toEqual({ deposited: 100n, spent: 30n, refundable: 70n });
    expect(closed("50", "150")).toEqual({ deposited: 200n, spent: 50n, refundable: 150n });
    expect(closed("120", "80")).toEqual({ deposited: 200n, spent: 120n, refundable: 80n });
    expect(closed("200", "0")).toEqual({ deposited: 200n, spent: 200n, refundable: 0n });
  });
  it("one that was opened again holds what is in it now", () => {
    const again = purchase({ deposit: "80", refunded: "70" });
    expect(balanceOf(again, undefined)).toEqual({ deposited: 80n, spent: 30n, refundable: 50n });
  });
  it("a free one holds nothing", () => {
    expect(balanceOf({ ...purchase({}), channel: null }, undefined)).toBeUndefined();
  });
});

describe("firstTopUp", () => {
  it.each([
    ["20", undefined, 20n],
    ["20", 100n, 20n],
    ["20", 10n, 10n],
  ])("%s paid, %s pays to the end of the access: %s is offered", (amount, most, offered) =>
    expect(firstTopUp({ amount }, most)).toBe(offered),
  );
});
