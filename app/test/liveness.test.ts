/**
 * A listing's pulse
 *   no head at all: gone if a relay answered, unknown if none did
 *   by age of the newest head: live, quiet, stale, gone, each up to and including its limit; heads that are said again count
 *   several relays: the newest head counts
 */
import { describe, expect, it } from "vitest";
import { freshness, livenessOf, newestHeads } from "../src/lib/liveness.ts";

const now = 1_800_000_000_000;

const headOf = (listingId: string, sealedAtMs: number, headAtMs?: number) => ({
  listingId,
  sealedAtMs,
  ...(headAtMs === undefined ? {} : { headAtMs }),
});

describe("livenessOf", () => {
  it.each([
    [0, "live"],
    [30_000, "live"],
    [30_001, "quiet"],
    [60_000, "quiet"],
    [60_001, "stale"],
    [3_600_000, "stale"],
    [3_600_001, "gone"],
    [-3_000, "live"], // the relay's clock is a little ahead
  ])("%s ms old is %s", (age, word) => expect(livenessOf(headOf("1", now - age), now, true)).toBe(word));

  it("a head that is said again keeps a quiet stream from being stale", () => {
    const old = now - 5 * 3_600_000;
    expect(livenessOf(headOf("1", old, now - 15_000), now, true)).toBe("quiet");
    expect(livenessOf(headOf("1", old, now - 61_000), now, true)).toBe("stale");
    expect(livenessOf(headOf("1", old), now, true)).toBe("gone");
  });

  it("silence is told apart from not having been able to ask", () => {
    expect(livenessOf(undefined, now, true)).toBe("gone");
    expect(livenessOf(undefined, now, false)).toBe("unknown");
  });
});

describe("newestHeads", () => {
  it("keeps the newest of all relays", () => {
    const newest = newestHeads([[headOf("1", 10), headOf("2", 50)], [headOf("1", 30)], []]);
    expect(newest.get("1")?.sealedAtMs).toBe(30);
    expect(newest.get("2")?.sealedAtMs).toBe(50);
  });
  it("prefers the later word on the same segment, whichever relay has it", () => {
    const newest = newestHeads([[headOf("1", 30, 90)], [headOf("1", 30, 60)], [headOf("1", 30)]]);
    expect(newest.get("1")?.headAtMs).toBe(90);
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
