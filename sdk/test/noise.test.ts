// Noise's messages in Node are those of the portable cipher, in one piece or several, short or long; nothing opens with another tag.
import { randomBytes } from "node:crypto";
import { pureJsCrypto } from "@libp2p/noise";
import { LengthPrefixedDecoder } from "@libp2p/utils";
import { encode } from "uint8-varint";
import { expect, it } from "vitest";
import { concat } from "../src/core/index.ts";
import { noiseCrypto } from "../src/wire/noise.ts";

/** The same bytes in as many pieces as `cuts` says, as they come from a socket. */
function inPieces(bytes: Uint8Array, cuts: readonly number[]) {
  const decoder = new LengthPrefixedDecoder();
  const whole = concat(encode(bytes.length), bytes);
  const places = [0, ...cuts.map((cut) => whole.length - bytes.length + cut), whole.length];
  const found = places.slice(1).flatMap((end, i) => [...decoder.decode(whole.slice(places[i], end))]);
  expect(found).toHaveLength(1);
  return found[0]!;
}

const key = new Uint8Array(randomBytes(32));
const nonce = new Uint8Array(12);

it.each([1, 300, 511, 512, 513, 1_200, 6_000, 65_519])("%i bytes", (length) => {
  const plain = new Uint8Array(randomBytes(length));
  for (const ad of [new Uint8Array(0), new Uint8Array(randomBytes(32))]) {
    const expected = pureJsCrypto.chaCha20Poly1305Encrypt(plain, nonce, ad, key).subarray();
    for (const pieces of [
      plain,
      inPieces(plain, []),
      inPieces(plain, [Math.min(12, length - 1), length >> 1]),
    ])
      expect(
        Buffer.compare(noiseCrypto.chaCha20Poly1305Encrypt(pieces, nonce, ad, key).subarray(), expected),
      ).toBe(0);
    // The tag lies in the last piece, or begins in the one before.
    for (const cuts of [[], [length >> 1], [length, length + 7]]) {
      const opened = noiseCrypto.chaCha20Poly1305Decrypt(inPieces(expected, cuts), nonce, ad, key);
      expect(Buffer.compare(opened.subarray(), plain)).toBe(0);
      const bent = inPieces(expected.with(-1, expected.at(-1)! ^ 1), cuts);
      expect(() => noiseCrypto.chaCha20Poly1305Decrypt(bent, nonce, ad, key)).toThrow();
      const other = new Uint8Array(randomBytes(32));
      expect(() => noiseCrypto.chaCha20Poly1305Decrypt(inPieces(expected, cuts), nonce, ad, other)).toThrow();
    }
  }
});
