// Covers on a live session: asked for as the notice runs, never more often than gateways allow.
//
// begin: one cover, and its keys open its epochs · renewed when half of what is left is over · not before ten seconds
// a renewal that fails is tried again while there is time, and nobody hears of it · an epoch that has come without a key asks at once,
//   and its refusal is the session's · stopped: nothing more is asked
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Cover } from "../src/client/cover.ts";
import { coverKeys, epochKey, hex, KeyRing } from "../src/core/index.ts";
import { nativeCrypto } from "../src/core/native.ts";
import { RefusedError } from "../src/wire/index.ts";

const SECRET = new Uint8Array(32).fill(7);
const START = 1_700_000_000;
const NOTICE = 3_600;

beforeEach(() => void vi.useFakeTimers({ now: START * 1000 }));
afterEach(() => void vi.useRealTimers());

/** A gateway that seals up to the notice ahead of the clock, or refuses. */
function stand(notice = NOTICE) {
  const asked: { from: number; at: number }[] = [];
  let refusal: RefusedError | undefined;
  const ring = new KeyRing(nativeCrypto);
  const cover = new Cover({
    epochLength: 1,
    ring,
    async fetch(epochFrom) {
      const now = Math.floor(Date.now() / 1000);
      asked.push({ from: epochFrom, at: now - START });
      if (refusal) throw refusal;
      const epochTo = now + notice;
      return { epochFrom, epochTo, keys: coverKeys(nativeCrypto, SECRET, epochFrom, epochTo) };
    },
  });
  return {
    asked,
    cover,
    ring,
    refuse: (next?: RefusedError) => {
      refusal = next;
    },
    pass: (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1000),
  };
}
const offline = () => new RefusedError("GatewayOffline", "asleep");

test("one cover opens its epochs, and is renewed when half of it is over", async () => {
  const { asked, cover, ring, pass } = stand();
  await cover.begin(START);
  expect(hex(ring.keyFor(START + NOTICE)!)).toBe(hex(epochKey(nativeCrypto, SECRET, START + NOTICE)));
  expect(ring.keyFor(START + NOTICE + 1)).toBeUndefined();
  await pass(NOTICE / 2 - 1);
  expect(asked).toHaveLength(1);
  await pass(2);
  expect(asked).toHaveLength(2);
  expect(asked[1]!.from).toBe(START + NOTICE + 1);
  expect(await cover.keyFor(START + NOTICE + NOTICE / 2)).toBeDefined();
  expect(asked).toHaveLength(2);
  // A day of reading: one for each half of a notice period, and no more.
  await pass(86_400);
  expect(asked.length).toBeGreaterThanOrEqual(86_400 / NOTICE);
  expect(asked.length).toBeLessThanOrEqual((2 * 86_400) / NOTICE + 3);
});

test("with a notice of seconds it is asked for every ten seconds at most", async () => {
  const { asked, cover, pass } = stand(5);
  await cover.begin(START);
  await pass(60);
  expect(asked.length).toBeLessThanOrEqual(7);
  expect(asked.slice(1).every(({ at }, i) => at - asked[i]!.at >= 10)).toBe(true);
});

test("a renewal that fails is tried again in time, and nobody hears of it", async () => {
  const { asked, cover, refuse, pass, ring } = stand();
  await cover.begin(START);
  refuse(offline());
  await pass(NOTICE - 60);
  expect(asked.length).toBeGreaterThan(3);
  refuse();
  await pass(40);
  expect(ring.keyFor(START + NOTICE + 60)).toBeDefined();
});

test("an epoch that has come without a key asks at once, and its refusal is told", async () => {
  const { asked, cover, refuse } = stand();
  await cover.begin(START);
  vi.setSystemTime((START + 2 * NOTICE) * 1000); // a computer that slept
  expect(await cover.keyFor(START + 2 * NOTICE)).toBeDefined();
  expect(asked.at(-1)!.from).toBe(START + 2 * NOTICE);
  refuse(new RefusedError("OutOfMoney", "over"));
  await expect(cover.keyFor(START + 9 * NOTICE)).rejects.toMatchObject({ name: "OutOfMoney" });
  await expect(stand().cover.keyFor(START)).resolves.toBeDefined();
});

test("once stopped it asks for nothing", async () => {
  const { asked, cover, pass } = stand();
  await cover.begin(START);
  cover.stop();
  await pass(10 * NOTICE);
  expect(asked).toHaveLength(1);
});
