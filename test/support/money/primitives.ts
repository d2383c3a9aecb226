// Signatures that cost a hash, in place of curves: forging one needs the secret, as it should, and a schedule takes milliseconds.
// Everything else of Crypto is the native filling.
import { hash } from "node:crypto";
import {
  type Address,
  type Bytes,
  type Crypto,
  concat,
  equalBytes,
  hex,
} from "../../../sdk/src/core/index.ts";
import { nativeCrypto } from "../../../sdk/src/core/native.ts";

const sha = (...parts: readonly Uint8Array[]): Bytes =>
  new Uint8Array(hash("sha256", parts.length === 1 ? parts[0]! : concat(...parts), "buffer"));
const text = (word: string): Bytes => new TextEncoder().encode(word) as Bytes;

const secrets = new Map<string, Uint8Array>();
const publishers = new Map<string, Uint8Array>();

/** The address of a secret; known from now on. */
export function addressOf(secret: Uint8Array): Address {
  const address = hex(sha(text("address"), secret).subarray(0, 20));
  secrets.set(address, secret);
  return address;
}

/** The public half of a publisher's secret; known from now on. */
export function publicKeyOf(secret: Uint8Array): { x: Address; y: Address } {
  const x = hex(sha(text("x"), secret));
  publishers.set(x, secret);
  return { x, y: x };
}

const twice = (secret: Uint8Array, message: Uint8Array): Bytes => {
  const half = sha(secret, message);
  return concat(half, half);
};

export const cheapCrypto: Crypto = {
  ...nativeCrypto,
  sha256: (bytes) => sha(bytes),
  hmac: (key, bytes) => sha(key, bytes),
  signSecp: (secret, digest) =>
    concat(
      sha(text("address"), secret).subarray(0, 20),
      sha(secret, digest).subarray(0, 32),
      new Uint8Array(12),
    ),
  recover(digest, signature) {
    if (signature.length !== 64) return null;
    const address = hex(signature.subarray(0, 20));
    const secret = secrets.get(address);
    return secret && equalBytes(sha(secret, digest), signature.subarray(20, 52)) ? address : null;
  },
  es256Sign: (secret, message) => twice(secret, message),
  es256Verify(key, message, signature) {
    const secret = publishers.get(key.x);
    return secret !== undefined && equalBytes(twice(secret, message), signature);
  },
};

// ---- the two packages behind sdk/src/core/hpke.ts: contexts that open in order, with the right key, info and associated data only

type Key = Uint8Array;
const keyOf = (publicKey: Key, info: Uint8Array, enc: Uint8Array): Bytes => sha(publicKey, info, enc);

function stream(key: Uint8Array, n: number, length: number): Bytes {
  const out = new Uint8Array(length);
  for (let at = 0; at < length; at += 32)
    out.set(sha(key, Uint8Array.of(n, at >> 5)).subarray(0, Math.min(32, length - at)), at);
  return out;
}
const xor = (a: Uint8Array, b: Uint8Array): Bytes => {
  const out = new Uint8Array(a.length);
  for (let i = 0; i < a.length; i += 1) out[i] = a[i]! ^ b[i]!;
  return out;
};
const tagOf = (key: Uint8Array, n: number, aad: Uint8Array, ct: Uint8Array): Bytes =>
  sha(key, Uint8Array.of(n), aad, ct).subarray(0, 16) as Bytes;

let contexts = 0;

/** As @hpke/core's; a private key is its public key. */
export class CipherSuite {
  kem = {
    deserializePublicKey: async (bytes: Uint8Array): Promise<Key> => bytes,
    deserializePrivateKey: async (bytes: Uint8Array): Promise<Key> => bytes,
  };
  async createSenderContext(p: { recipientPublicKey: Key; info: Uint8Array }) {
    const enc = sha(text(`context ${contexts++}`));
    const key = keyOf(p.recipientPublicKey, p.info, enc);
    let n = 0;
    return {
      enc,
      async seal(plain: Uint8Array, aad: Uint8Array): Promise<Bytes> {
        const ct = xor(plain, stream(key, n, plain.length));
        return concat(ct, tagOf(key, n++, aad, ct));
      },
    };
  }
  async createRecipientContext(p: { recipientKey: Key; enc: Uint8Array; info: Uint8Array }) {
    const key = keyOf(p.recipientKey, p.info, p.enc);
    let n = 0;
    return {
      async open(sealed: Uint8Array, aad: Uint8Array): Promise<Bytes> {
        const ct = sealed.subarray(0, sealed.length - 16);
        if (!equalBytes(tagOf(key, n, aad, ct), sealed.subarray(ct.length))) throw new Error("does not open");
        return xor(ct, stream(key, n++, ct.length));
      },
    };
  }
}
export class HkdfSha256 {}
export class Aes256Gcm {}
export class DhkemX25519HkdfSha256 {}
