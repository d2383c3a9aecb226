/**
 * A listing's pulse
 *   no head at all: gone if a relay answered, unknown if none did
 *   by age of the newest head: live, quiet, stale, gone, each up to and including its limit
 *   several relays: the newest head counts
 */
import { describe, expect, it } from "vitest";
import { freshness, livenessOf, newestHeads } from "../src/lib/liveness.ts";

const now = 1_800_000_000_000;

describe("livenessOf", () => {
  it.each([
    [0, "live"],
    [15_000, "live"],
    [15_001, "quiet"],
    [60_000, "quiet"],
    [60_001, "stale"],
    [600_000, "stale"],
    [600_001, "gone"],
    [-3_000, "live"], // the relay's clock is a little ahead
  ])("%s ms old is %s", (age, word) => expect(livenessOf(now - age, now, true)).toBe(word));

  it("silence is told apart from not having been able to ask", () => {
    expect(livenessOf(undefined, now, true)).toBe("gone");
    expect(livenessOf(undefined, now, false)).toBe("unknown");
  });
});

describe("newestHeads", () => {
  const head = (listingId: string, sealedAtMs: number) => ({
    listingId,
    generation: 1,
    epoch: 1,
    seq: 1,
    sealedAtMs,
  });
  it("keeps the newest of all relays", () => {
    const newest = newestHeads([[head("1", 10), head("2", 50)], [head("1", 30)], []]);
    expect(newest.get("1")?.sealedAtMs).toBe(30);
    expect(newest.get("2")?.sealedAtMs).toBe(50);
  });
});

describe("freshness", () => {
  it("runs dry in a minute", () => {
    expect(freshness(now, now)).toBe(1);
    expect(freshness(now - 30_000, now)).toBe(0.5);
    expect(freshness(now - 70_000, now)).toBe(0);
    expect(freshness(undefined, now)).toBe(0);
  });
});
