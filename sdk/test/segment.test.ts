// A segment sealed by one filling of the primitives opens with the other; any flipped bit is found; a cover opens
// exactly its epochs; seals open in order only, for their key only, under the publisher's signature only.
import { randomBytes } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Bytes,
  type Crypto,
  checkSegment,
  coverKeys,
  coverOf,
  createSealer,
  createUnsealer,
  derivePurchaseKeys,
  epochKey,
  hex,
  KeyRing,
  openSegment,
  parseSegment,
  portableCrypto,
  randomSalt,
  SealPurpose,
  sealSegment,
  streamSecret,
} from "../src/core/index.ts";
import { nativeCrypto } from "../src/core/native.ts";

const delivery = {
  chainId: 31337,
  hubs: `0x${"11".repeat(20)}`,
  grants: `0x${"22".repeat(20)}`,
  channels: `0x${"33".repeat(20)}`,
} as const;
const publisher = p256.utils.randomSecretKey();
const point = p256.getPublicKey(publisher, false);
const publicKey = { x: hex(point.subarray(1, 33)), y: hex(point.subarray(33)) };
const secret = streamSecret(randomBytes(32), delivery, 7n, 1);

const text = (value: unknown) => new TextEncoder().encode(JSON.stringify(value));
/** Seals another body than the one whose root it signs. */
const belied: Crypto = {
  ...nativeCrypto,
  gcmSeal: (key, plain, aad) => nativeCrypto.gcmSeal(key, plain.with(20, plain[20]! ^ 1), aad),
};
const withoutTag = (crypto: Crypto): Crypto => ({
  ...crypto,
  gcmSeal: async (key, plain, aad) => (await crypto.gcmSeal(key, plain, aad)).fill(0, plain.length) as Bytes,
});
const seal = (crypto: Crypto, pad = false) =>
  sealSegment(crypto, {
    delivery,
    publisherPrivateKey: publisher,
    publisherKeyId: 0,
    epochKey: epochKey(crypto, secret, 42),
    listingId: 7n,
    generation: 1,
    epoch: 42,
    seq: 3n,
    sealedAtMs: 42_500,
    prevHash: new Uint8Array(32),
    salt: randomBytes(16),
    messages: Array.from({ length: 40 }, (_, i) => ({
      device: "station-1",
      topic: "air",
      timeMs: 42_000 + i,
      payload: text({ temperature: 20 + i / 10, humidity: 40 }),
    })),
    pad,
  });

describe("segment", () => {
  for (const [name, one, other] of [
    ["native → portable", nativeCrypto, portableCrypto],
    ["portable → native", portableCrypto, nativeCrypto],
  ] as const) {
    it(`round trip ${name}`, async () => {
      const { bytes, segmentId } = await seal(one, true);
      const parsed = parseSegment(bytes);
      expect(hex(await checkSegment(other, delivery, parsed, publicKey))).toBe(hex(segmentId));
      const { messages } = await openSegment(
        other,
        parsed,
        { epochKey: epochKey(other, secret, 42) },
        { deep: true },
      );
      expect(messages).toHaveLength(40);
      expect(new TextDecoder().decode(messages[1]!.payload)).toBe('{"temperature":20.1,"humidity":40}');
      expect(parsed.header.bodyBytes % 256).toBe(0);
    });
  }

  it("finds any flipped bit", async () => {
    const { bytes } = await seal(nativeCrypto);
    const key = epochKey(nativeCrypto, secret, 42);
    for (let at = 0; at < bytes.length; at += 1) {
      const bent = new Uint8Array(bytes);
      bent[at] = bent[at]! ^ (1 << (at % 8));
      const read = async () => {
        const parsed = parseSegment(bent);
        await checkSegment(nativeCrypto, delivery, parsed, publicKey);
        await openSegment(nativeCrypto, parsed, { epochKey: key }, { deep: true });
      };
      await expect(read(), `bit in byte ${at}`).rejects.toThrow();
    }
  });

  it("with a false tag opens if its root holds, and only then", async () => {
    const key = { epochKey: epochKey(nativeCrypto, secret, 42) };
    const { bytes } = await seal(withoutTag(nativeCrypto));
    const false_ = parseSegment((await seal(withoutTag(belied))).bytes);
    for (const crypto of [nativeCrypto, portableCrypto]) {
      await checkSegment(crypto, delivery, parseSegment(bytes), publicKey);
      expect((await openSegment(crypto, parseSegment(bytes), key)).messages).toHaveLength(40);
      await expect(openSegment(crypto, false_, key)).rejects.toMatchObject({ field: "tag" });
    }
  });

  it("whose root is not the body's is found by who looks deep", async () => {
    const segment = parseSegment((await seal(belied)).bytes);
    const key = { epochKey: epochKey(nativeCrypto, secret, 42) };
    await checkSegment(nativeCrypto, delivery, segment, publicKey);
    await expect(openSegment(nativeCrypto, segment, key, { deep: true })).rejects.toMatchObject({
      field: "plaintextRoot",
    });
  });

  it("does not open with the next epoch's key", async () => {
    const { bytes } = await seal(nativeCrypto);
    const wrong = epochKey(nativeCrypto, secret, 43);
    await expect(openSegment(nativeCrypto, parseSegment(bytes), { epochKey: wrong })).rejects.toThrow(
      "keyCommit",
    );
  });

  it("stops inflating at the declared size", () => {
    const bomb = nativeCrypto.deflate(new Uint8Array(1 << 20));
    for (const crypto of [nativeCrypto, portableCrypto]) expect(() => crypto.inflate(bomb, 1000)).toThrow();
  });
});

describe("key tree", () => {
  it("a cover opens exactly its epochs", () => {
    fc.assert(
      fc.property(fc.nat(1_000_000), fc.nat(5000), (from, length) => {
        const to = from + length;
        const ring = new KeyRing(nativeCrypto);
        ring.addCover(from, to, coverKeys(nativeCrypto, secret, from, to));
        for (const epoch of [from, to, from + (length >> 1)]) {
          expect(hex(ring.keyFor(epoch)!)).toBe(hex(epochKey(nativeCrypto, secret, epoch)));
        }
        expect(ring.keyFor(to + 1)).toBeUndefined();
        if (from > 0) expect(ring.keyFor(from - 1)).toBeUndefined();
      }),
      { numRuns: 60 },
    );
  });

  it("is small: at most 62 subtrees, and the whole range is the root", () => {
    expect(coverOf(0, 2 ** 32 - 1)).toEqual([{ first: 0, height: 32 }]);
    expect(coverOf(1, 2 ** 32 - 2)).toHaveLength(62);
  });
});

describe("seal", () => {
  const keys = derivePurchaseKeys(randomBytes(32), randomSalt());
  const context = {
    delivery,
    listingId: 7n,
    generation: 1,
    buyer: `0x${"aa".repeat(20)}`,
    encryptionKey: keys.encryptionKey,
    purpose: SealPurpose.session,
    sessionId: new Uint8Array(16),
  } as const;
  const sealer = () =>
    createSealer(nativeCrypto, { ...context, publisherKeyId: 0, publisherPrivateKey: publisher });

  it("opens in order, and nothing else opens", async () => {
    const source = await sealer();
    const first = await source.seal(1, 1, randomBytes(32));
    const plain = randomBytes(32);
    const second = await source.seal(2, 2, plain);
    const reader = () =>
      createUnsealer(portableCrypto, { ...context, privateKey: keys.encryptionPrivateKey });
    const inOrder = reader();
    await inOrder.unseal(first, publicKey);
    expect(hex(await inOrder.unseal(second, publicKey))).toBe(hex(plain));
    await expect(reader().unseal(second, publicKey)).rejects.toThrow("continues");
    await expect(inOrder.unseal({ ...second, epochTo: 3 }, publicKey)).rejects.toThrow("publisher");
    const stranger = createUnsealer(portableCrypto, { ...context, privateKey: randomBytes(32) });
    await expect(stranger.unseal(first, publicKey)).rejects.toThrow("opens with");
  });

  it("refuses a key that is none", async () => {
    const bad = {
      ...context,
      encryptionKey: "0x00" as const,
      publisherKeyId: 0,
      publisherPrivateKey: publisher,
    };
    await expect(createSealer(nativeCrypto, bad)).rejects.toThrow("encryptionKey");
  });
});
