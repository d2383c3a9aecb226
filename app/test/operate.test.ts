/**
 * The operator's checklist and what an operator types.
 * ├── the checklist: from nothing to earning; what nobody can tell yet is not a "no"
 * ├── endpoints: one peer, one line for pages, or the rule that is broken
 * └── shares and regions within the registry's bounds
 */
import fc from "fast-check";
import type { Hex } from "viem";
import { describe, expect, it } from "vitest";
import { checksOf } from "../src/features/operate/checks.ts";
import { isRegion, MAX_FEE_BPS, readEndpoints, readPercent } from "../src/features/operate/entry.ts";

const PEER = "12D3KooWD3eckifWpRn9wQpMG9R9hX3sD158z7EqHWmweQAJU5SA";
const OTHER = "12D3KooWGzBe5tyvSmyAFmvE7yKFHVoVHoUa3kHnL8LZ1oaYzZ9E";
const WS = `/ip4/127.0.0.1/tcp/4002/ws/p2p/${PEER}`;
const NOW = 1_800_000_000_000;

const entry = {
  stake: 1n,
  feeBps: 500,
  region: "",
  registeredAt: 1,
  withdrawableAt: 0,
  peerId: "0x12" as Hex,
  endpoints: [WS],
};
const found = {
  operator: "0x00000000000000000000000000000000000000aa" as Hex,
  peerId: "0x12" as Hex,
  endpoints: [WS],
  feeBps: 500,
  region: "",
  stake: "1",
  registeredAt: 1,
  deregisteredAt: null,
  listings: [] as string[],
  earned: [] as { token: Hex; amount: string }[],
  lastSettlementAt: null,
};
const head = (sealedAtMs: number) => ({ listingId: "1", generation: 0, epoch: 0, seq: 0, sealedAtMs });

describe("the checklist", () => {
  it("knows nothing before anybody answered, except whether there is an entry", () => {
    const { checks } = checksOf({ entry, found: undefined }, undefined, NOW);
    expect(checks).toEqual({
      registered: "yes",
      reachable: "wait",
      serving: "wait",
      chosen: "wait",
      earning: "wait",
    });
    const left = checksOf({ entry: { ...entry, withdrawableAt: 9 }, found: undefined }, undefined, NOW);
    expect(left.checks.registered).toBe("no");
  });

  it("says no where somebody looked and found nothing", () => {
    const probe = { endpoints: [{ text: WS, result: "failed" as const }], heads: undefined };
    const { checks, figures } = checksOf({ entry, found }, probe, NOW);
    expect(checks).toEqual({
      registered: "yes",
      reachable: "no",
      serving: "no",
      chosen: "no",
      earning: "no",
    });
    expect(figures).toMatchObject({ reached: 0, dialled: 1 });
  });

  it("says yes five times for a relay at work; what pages cannot dial does not count", () => {
    const endpoints = [
      { text: WS, result: "reached" as const, ms: 3 },
      { text: "/ip4/127.0.0.1/tcp/1", result: "skipped" as const },
    ];
    const working = { ...found, listings: ["1"], earned: [{ token: found.operator, amount: "1" }] };
    const probe = { endpoints, heads: [head(NOW - 1_000), head(NOW - 10 * 3_600_000)] };
    const { checks, figures } = checksOf({ entry, found: working }, probe, NOW);
    expect(new Set(Object.values(checks))).toEqual(new Set(["yes"]));
    expect(figures).toEqual({ reached: 1, dialled: 1, served: 1, listings: 1 });
  });
});

describe("endpoints", () => {
  it("are read with their peer", () => {
    const text = `  ${WS}\n\n/ip4/127.0.0.1/tcp/4003/http\n`;
    expect(readEndpoints(text)).toEqual({ lines: [WS, "/ip4/127.0.0.1/tcp/4003/http"], peerId: PEER });
  });

  it.each([
    ["", "missing"],
    ["/ip4/1.2.3.4/tcp/1/http", "noPeer"],
    [`/ip4/1.2.3.4/tcp/1/p2p/${PEER}`, "noBrowser"],
    [`${WS}\n${WS.replace(PEER, OTHER)}`, "peersDiffer"],
    ["https://relay.example", "line"],
    [`${WS}\n`.repeat(20), "tooLong"],
  ])("%j breaks %s", (text, rule) => expect(readEndpoints(text)).toMatchObject({ wrong: { rule } }));
});

describe("shares and regions", () => {
  it("a share is read to the basis point, and never above the maximum", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5_000 }), (bps) => {
        const read = readPercent((bps / 100).toFixed(2));
        return bps <= MAX_FEE_BPS ? read === bps : read === undefined;
      }),
    );
    for (const text of ["", "-1", "1e1", "30.01", "2.555", "five"]) expect(readPercent(text)).toBeUndefined();
  });

  it("a region is counted in bytes", () => {
    expect([isRegion("eu-west"), isRegion("äöü€"), isRegion("eu-west-1"), isRegion("a\nb")]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});
