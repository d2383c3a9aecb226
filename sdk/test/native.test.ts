// Node's filling of the primitives says what the portable one says: of signatures of every shape, and of what is inflated to its very last byte.
import { createHash, randomBytes } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import fc from "fast-check";
import { expect, it } from "vitest";
import { hex, portableCrypto } from "../src/core/index.ts";
import { nativeCrypto } from "../src/core/native.ts";

const privateKey = createHash("sha256").update("a publisher").digest();
const point = p256.getPublicKey(privateKey, false);
const publicKey = { x: hex(point.subarray(1, 33)), y: hex(point.subarray(33)) };
const messageOf = (number: number) => createHash("sha256").update(String(number)).digest();

it("takes ES256 signatures whose numbers are short, or would look negative", () => {
  const seen = { shortR: 0, shortS: 0, signedR: 0, signedShortS: 0 };
  for (let number = 0; number < 500 || Object.values(seen).includes(0); number++) {
    const signature = nativeCrypto.es256Sign(privateKey, messageOf(number));
    if (signature[0] === 0) seen.shortR += 1;
    if (signature[0]! > 0x7f) seen.signedR += 1;
    if (signature[32] === 0) seen.shortS += 1;
    if (signature[32] === 0 && signature[33]! > 0x7f) seen.signedShortS += 1;
    expect(nativeCrypto.es256Verify(publicKey, messageOf(number), signature)).toBe(true);
  }
});

it("judges any bytes as the portable filling does", async () => {
  const signature = fc.oneof(
    fc.uint8Array({ maxLength: 70 }),
    fc.uint8Array({ minLength: 64, maxLength: 64 }),
    fc
      .tuple(fc.nat(40), fc.nat(63), fc.nat(255))
      .map(([number, place, byte]) =>
        nativeCrypto.es256Sign(privateKey, messageOf(number)).with(place, byte),
      ),
    fc.constantFrom(new Uint8Array(64), new Uint8Array(64).fill(1, 0, 32), new Uint8Array(64).fill(1, 32)),
  );
  await fc.assert(
    fc.asyncProperty(fc.nat(40), signature, async (number, bytes) => {
      const message = messageOf(number);
      expect(nativeCrypto.es256Verify(publicKey, message, bytes)).toBe(
        await portableCrypto.es256Verify(publicKey, message, bytes),
      );
    }),
    { numRuns: 300 },
  );
});

it("inflates to exactly what is declared, and not a byte further", () => {
  for (const size of [0, 1, 62, 63, 64, 65, 1_000, 16_384, 65_536, (1 << 20) - 1, 1 << 20]) {
    const bytes = new Uint8Array(randomBytes(size)).fill(7, size >> 1);
    const packed = portableCrypto.deflate(bytes);
    for (const crypto of [nativeCrypto, portableCrypto]) {
      const whole = crypto.inflate(packed, size);
      expect(whole.constructor).toBe(Uint8Array);
      expect(Buffer.compare(whole, bytes), `${size} bytes`).toBe(0);
      expect(crypto.inflate(packed, size + 1)).toHaveLength(size);
      if (size > 1) expect(() => crypto.inflate(packed, size - 1), `${size} bytes`).toThrow();
    }
  }
});

it("opens what was sealed, empty or large, and nothing with another tag", async () => {
  const key = randomBytes(32);
  const aad = randomBytes(163);
  for (const size of [0, 1, 16, 4_096, 1 << 20]) {
    const plain = randomBytes(size);
    const sealed = await nativeCrypto.gcmSeal(key, plain, aad);
    const opened = await nativeCrypto.gcmOpen(key, sealed, aad);
    expect(opened.constructor).toBe(Uint8Array);
    expect(Buffer.compare(opened, plain)).toBe(0);
    const bent = sealed.with(sealed.length - 1, sealed.at(-1)! ^ 1);
    expect(() => nativeCrypto.gcmOpen(key, bent, aad)).toThrow();
    for (const crypto of [nativeCrypto, portableCrypto]) {
      const unproven = await crypto.ctrOpen(key, sealed.subarray(0, -16));
      expect(unproven.constructor).toBe(Uint8Array);
      expect(Buffer.compare(unproven, plain), `${size} bytes without the tag`).toBe(0);
    }
  }
});
