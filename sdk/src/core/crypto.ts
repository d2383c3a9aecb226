import { p256 } from "@noble/curves/nist.js";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { hmac as nobleHmac } from "@noble/hashes/hmac.js";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { deflateSync, Inflate } from "fflate";
import { publicKeyToAddress } from "viem/accounts";
import { type Address, type Bytes, concat, hex, uint } from "./bytes.ts";
import { isLowS, type PublicKey, verifyEs256 } from "./es256.ts";

export type MaybePromise<T> = T | Promise<T>;

/**
 * The primitives everything in core is built on. `portableCrypto` runs anywhere; `nativeCrypto` (from
 * `@weir/sdk/native`) is the fast filling for Node. Digests are 32 bytes; P-256 signatures are raw r ‖ s, low s only;
 * secp256k1 signatures are 64 bytes r ‖ vs (EIP-2098).
 */
export interface Crypto {
  sha256(bytes: Uint8Array): Bytes;
  hmac(key: Uint8Array, bytes: Uint8Array): Bytes;
  /** As Ethereum pads it. */
  keccak256(bytes: Uint8Array): Bytes;
  /** AES-256-GCM with twelve zero bytes as nonce: every key seals exactly once. Returns ciphertext ‖ tag. */
  gcmSeal(key: Uint8Array, plaintext: Uint8Array, aad: Uint8Array): MaybePromise<Bytes>;
  /** Throws when the tag does not hold. */
  gcmOpen(key: Uint8Array, ciphertext: Uint8Array, aad: Uint8Array): MaybePromise<Bytes>;
  /** The same cipher without its tag, which `ciphertext` does not hold: counter mode from `GCM_DATA_COUNTER` on. Whatever comes out is unproven. */
  ctrOpen(key: Uint8Array, ciphertext: Uint8Array): MaybePromise<Bytes>;
  /** Raw deflate. */
  deflate(bytes: Uint8Array): Bytes;
  /** Raw inflate; stops with an error beyond `size` bytes. */
  inflate(bytes: Uint8Array, size: number): Bytes;
  /** ES256: hashes `message` with SHA-256. False for anything but a valid low-s signature. */
  es256Verify(publicKey: PublicKey, message: Uint8Array, signature: Uint8Array): MaybePromise<boolean>;
  /** ES256: hashes `message` with SHA-256 and gives r ‖ s with low s. */
  es256Sign(privateKey: Uint8Array, message: Uint8Array): Bytes;
  /** The address that signed, or null when the signature is malformed, high-s or recovers nothing. */
  recover(digest: Uint8Array, signature: Uint8Array): Address | null;
  signSecp(privateKey: Uint8Array, digest: Uint8Array): Bytes;
}

export const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** Splits EIP-2098 into r ‖ s and the recovery bit. */
export function expandCompact(signature: Uint8Array): { rs: Bytes; recovery: number } | null {
  if (signature.length !== 64) return null;
  const rs = new Uint8Array(signature);
  const recovery = rs[32]! >> 7;
  rs[32] = rs[32]! & 0x7f;
  return { rs, recovery };
}

/** r ‖ s with a recovery bit → EIP-2098. */
export function compact(rs: Uint8Array, recovery: number): Bytes {
  const out = new Uint8Array(rs);
  out[32] = out[32]! | ((recovery & 1) << 7);
  return out;
}

async function aesKey(
  key: Uint8Array,
  name: "AES-GCM" | "AES-CTR",
  usage: "encrypt" | "decrypt",
): Promise<CryptoKey> {
  return globalThis.crypto.subtle.importKey("raw", new Uint8Array(key), name, false, [usage]);
}

const ZERO_NONCE = new Uint8Array(12);
/** The counter block of GCM's first 16 bytes of data: the nonce, then 2 (1 is spent on the tag). */
export const GCM_DATA_COUNTER = concat(ZERO_NONCE, uint(2, 4));
/** Of a counter block GCM counts the last bits only. */
const GCM_COUNTER_BITS = 32;

/** Pure JavaScript and WebCrypto: the browser's filling, and the reference for the native one. */
export const portableCrypto: Crypto = {
  sha256: (bytes) => nobleSha256(bytes) as Bytes,
  hmac: (key, bytes) => nobleHmac(nobleSha256, key, bytes) as Bytes,
  keccak256: (bytes) => keccak_256(bytes) as Bytes,
  async gcmSeal(key, plaintext, aad) {
    const algorithm = { name: "AES-GCM", iv: ZERO_NONCE, additionalData: new Uint8Array(aad) };
    const handle = await aesKey(key, "AES-GCM", "encrypt");
    return new Uint8Array(
      await globalThis.crypto.subtle.encrypt(algorithm, handle, new Uint8Array(plaintext)),
    );
  },
  async gcmOpen(key, ciphertext, aad) {
    const algorithm = { name: "AES-GCM", iv: ZERO_NONCE, additionalData: new Uint8Array(aad) };
    const handle = await aesKey(key, "AES-GCM", "decrypt");
    return new Uint8Array(
      await globalThis.crypto.subtle.decrypt(algorithm, handle, new Uint8Array(ciphertext)),
    );
  },
  async ctrOpen(key, ciphertext) {
    const algorithm = { name: "AES-CTR", counter: GCM_DATA_COUNTER, length: GCM_COUNTER_BITS };
    const handle = await aesKey(key, "AES-CTR", "decrypt");
    return new Uint8Array(
      await globalThis.crypto.subtle.decrypt(algorithm, handle, new Uint8Array(ciphertext)),
    );
  },
  deflate: (bytes) => deflateSync(bytes) as Bytes,
  inflate(bytes, size) {
    // Pushed in small pieces, so that a bomb is cut off one piece after it passes the declared size.
    const out = new Uint8Array(size);
    let length = 0;
    const stream = new Inflate((chunk) => {
      if (length + chunk.length > size) throw new RangeError("inflates beyond its declared size");
      out.set(chunk, length);
      length += chunk.length;
    });
    const piece = 1024;
    for (let at = 0; at < bytes.length || at === 0; at += piece) {
      stream.push(bytes.subarray(at, at + piece), at + piece >= bytes.length);
    }
    return out.slice(0, length);
  },
  es256Verify: verifyEs256,
  es256Sign: (privateKey, message) => p256.sign(message, privateKey, { prehash: true, lowS: true }) as Bytes,
  recover(digest, signature) {
    const parts = expandCompact(signature);
    if (parts === null || !isLowS(parts.rs, SECP256K1_ORDER)) return null;
    try {
      const point = secp256k1.recoverPublicKey(concat(Uint8Array.of(parts.recovery), parts.rs), digest, {
        prehash: false,
      });
      return publicKeyToAddress(hex(secp256k1.Point.fromBytes(point).toBytes(false)));
    } catch (error) {
      if (error instanceof Error) return null;
      throw error;
    }
  },
  signSecp(privateKey, digest) {
    const signature = secp256k1.sign(digest, privateKey, { prehash: false, lowS: true, format: "recovered" });
    return compact(signature.subarray(1), signature[0]!);
  },
};
