/**
 * What noise encrypts with in Node: OpenSSL, as by the library's default, but with the keys of a connection made into KeyObjects once. Given the
 * bytes, node:crypto throws and catches an error inside for every message, which takes a fifth of what encrypting 64 KiB takes.
 */
import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from "node:crypto";
import { defaultCrypto } from "@libp2p/noise/crypto";

type Noise = typeof defaultCrypto;
type Bytes = Parameters<Noise["chaCha20Poly1305Encrypt"]>[0];

const CIPHER = "chacha20-poly1305";
const TAG = { authTagLength: 16 } as const;
/** Shorter messages are quicker with the library's WebAssembly than with three calls into OpenSSL. */
const LEAST_BYTES = 512;

/** A connection keeps its two keys for life, and the entries go with them. */
const keys = new WeakMap<Uint8Array, KeyObject>();

function keyOf(bytes: Uint8Array): KeyObject {
  let key = keys.get(bytes);
  if (key === undefined) {
    key = createSecretKey(bytes);
    keys.set(bytes, key);
  }
  return key;
}

/** Each piece through `act`, as pieces; nothing is copied. */
function through(bytes: Exclude<Bytes, Uint8Array>, act: (piece: Uint8Array) => Uint8Array) {
  const out = bytes.sublist(0, 0);
  for (const piece of bytes) out.append(act(piece));
  return out;
}

export const noiseCrypto: Noise = {
  ...defaultCrypto,
  chaCha20Poly1305Encrypt(plaintext, nonce, ad, k) {
    if (plaintext.byteLength < LEAST_BYTES || plaintext instanceof Uint8Array)
      return defaultCrypto.chaCha20Poly1305Encrypt(plaintext, nonce, ad, k);
    const cipher = createCipheriv(CIPHER, keyOf(k), nonce, TAG);
    cipher.setAAD(ad, { plaintextLength: plaintext.byteLength });
    const out = through(plaintext, (piece) => cipher.update(piece));
    cipher.final(); // a stream cipher: nothing is left to come
    out.append(cipher.getAuthTag());
    return out;
  },
  chaCha20Poly1305Decrypt(ciphertext, nonce, ad, k, dst) {
    if (ciphertext.byteLength < LEAST_BYTES || ciphertext instanceof Uint8Array)
      return defaultCrypto.chaCha20Poly1305Decrypt(ciphertext, nonce, ad, k, dst);
    const end = ciphertext.byteLength - TAG.authTagLength;
    const decipher = createDecipheriv(CIPHER, keyOf(k), nonce, TAG);
    decipher.setAAD(ad, { plaintextLength: end });
    decipher.setAuthTag(ciphertext.subarray(end));
    const out = through(ciphertext.sublist(0, end), (piece) => decipher.update(piece));
    decipher.final(); // throws when the tag does not hold
    return out;
  },
};
