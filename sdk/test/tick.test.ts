// Ticks without a chain; the contract's view of them: chain-funding.test.ts.
// ├── element i of a chain, hashed i times, is the tip, for every length; so it is verified, and as no other tick
// ├── another channel, a shorter bound, a wrong length → refused
// └── limits: at most 1,024 ticks, 32 bytes of seed, no tick beyond the end
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  hex,
  MAX_TICKS,
  portableCrypto,
  randomSalt,
  tickAfter,
  tickAt,
  tickChain,
  verifyTick,
} from "../src/core/index.ts";
import { nativeCrypto } from "../src/core/native.ts";

const bytes32 = fc.uint8Array({ minLength: 32, maxLength: 32 });

test("every element pays for its own number of ticks, and for no other", () => {
  const lengths = fc.integer({ min: 1, max: 40 });
  fc.assert(
    fc.property(bytes32, bytes32, lengths, fc.nat(), fc.nat(), (id, seed, count, a, b) => {
      const channelId = hex(id);
      const chain = tickChain(nativeCrypto, channelId, seed, count);
      const voucher = { channelId, tip: hex(chain[0]!), maxTicks: count };
      const [own, other] = [a % (count + 1), b % (count + 1)];
      const preimage = tickAt(chain, own);
      expect(hex(tickAfter(portableCrypto, channelId, preimage, own))).toBe(voucher.tip);
      expect(verifyTick(portableCrypto, voucher, preimage, other)).toBe(own === other);
      expect(verifyTick(nativeCrypto, { ...voucher, channelId: randomSalt() }, preimage, own)).toBe(
        own === 0,
      );
      expect(verifyTick(nativeCrypto, { ...voucher, maxTicks: own - 1 }, preimage, own)).toBe(false);
      expect(verifyTick(nativeCrypto, voucher, preimage.subarray(1), own)).toBe(false);
    }),
    { numRuns: 50 },
  );
});

test("a chain has its limits", () => {
  const channelId = randomSalt();
  const seed = new Uint8Array(32);
  const longest = tickChain(nativeCrypto, channelId, seed, MAX_TICKS);
  expect(longest).toHaveLength(MAX_TICKS + 1);
  expect(() => tickChain(nativeCrypto, channelId, seed, MAX_TICKS + 1)).toThrow(/^count/);
  expect(() => tickChain(nativeCrypto, channelId, seed, 0)).toThrow(/^count/);
  expect(() => tickChain(nativeCrypto, channelId, seed.subarray(1), 4)).toThrow(/^seed/);
  expect(() => tickAt(longest, MAX_TICKS + 1)).toThrow(/^index/);
  const tip = hex(tickAfter(nativeCrypto, channelId, seed, MAX_TICKS + 1));
  const beyond = { channelId, tip, maxTicks: MAX_TICKS + 1 };
  expect(verifyTick(nativeCrypto, beyond, seed, MAX_TICKS + 1)).toBe(false);
});
