// The Node filling of Crypto: OpenSSL through node:crypto, zlib, libsecp256k1, and Keccak in WebAssembly. Keys are given as KeyObjects and nothing
// else: with bytes, or options around a key, node:crypto first throws and catches an error inside, 20 µs each time.
import {
  createCipheriv,
  createDecipheriv,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  hash,
  type KeyObject,
  sign as nodeSign,
  verify as nodeVerify,
} from "node:crypto";
import { deflateRawSync, inflateRawSync } from "node:zlib";
import { p256 } from "@noble/curves/nist.js";
import secp256k1 from "secp256k1";
import { publicKeyToAddress } from "viem/accounts";
import { type Address, type Bytes, concat, equalBytes, hex, readUint, uint, unhex } from "./bytes.ts";
import { type Crypto, compact, expandCompact, GCM_DATA_COUNTER, SECP256K1_ORDER } from "./crypto.ts";
import { isLowS, P256_ORDER, type PublicKey } from "./es256.ts";
import { keccak256 } from "./keccak.ts";

const ZERO_NONCE = new Uint8Array(12);
const TAG_BYTES = 16;
/** Imported keys are kept: importing costs more than verifying. Bounded, because strangers name the keys. */
const KEY_CACHE = 4096;

/** Two numbers of 33 bytes with their heads, and the sequence's. */
const MAX_DER_BYTES = 72;
/** The smallest piece that zlib takes. */
const LEAST_CHUNK_BYTES = 64;

const publicKeys = new Map<string, KeyObject>();
const privateKeys = new Map<string, KeyObject>();

/** The same memory as plain bytes: node:crypto and zlib give Buffers, and readers work faster on one type. */
const view = (buffer: Buffer): Bytes =>
  new Uint8Array(buffer.buffer as ArrayBuffer, buffer.byteOffset, buffer.length);

const base64url = (bytes: Uint8Array): string => Buffer.from(bytes).toString("base64url");

function remember(cache: Map<string, KeyObject>, id: string, make: () => KeyObject): KeyObject {
  const known = cache.get(id);
  if (known !== undefined) return known;
  const key = make();
  if (cache.size >= KEY_CACHE) cache.clear();
  cache.set(id, key);
  return key;
}

const publicKeyObject = (key: PublicKey): KeyObject =>
  remember(publicKeys, `${key.x}${key.y}`, () =>
    createPublicKey({
      key: { kty: "EC", crv: "P-256", x: base64url(unhex(key.x)), y: base64url(unhex(key.y)) },
      format: "jwk",
    }),
  );

function privateKeyObject(privateKey: Uint8Array): KeyObject {
  return remember(privateKeys, hex(privateKey), () => {
    const point = p256.getPublicKey(privateKey, false);
    return createPrivateKey({
      key: {
        kty: "EC",
        crv: "P-256",
        d: base64url(privateKey),
        x: base64url(point.subarray(1, 33)),
        y: base64url(point.subarray(33)),
      },
      format: "jwk",
    });
  });
}

/** OpenSSL gives either half of the order; the chain's verifier takes the lower one only. */
function lowS(signature: Uint8Array): Bytes {
  if (isLowS(signature, P256_ORDER)) return new Uint8Array(signature);
  return concat(signature.subarray(0, 32), uint(P256_ORDER - readUint(signature.subarray(32)), 32));
}

/** r ‖ s → the DER that OpenSSL verifies. Letting its binding convert, as `dsaEncoding` beside the key, takes half as long as the verification. */
function derOf(signature: Uint8Array): Uint8Array {
  const der = new Uint8Array(MAX_DER_BYTES);
  const end = putInteger(der, putInteger(der, 2, signature.subarray(0, 32)), signature.subarray(32));
  der[0] = 0x30; // a sequence of two numbers
  der[1] = end - 2;
  return der.subarray(0, end);
}

/** Writes a number without the zeros in front, but for one where it would look negative. @returns where it ends */
function putInteger(der: Uint8Array, at: number, bytes: Uint8Array): number {
  let from = 0;
  while (from < bytes.length - 1 && bytes[from] === 0) from += 1;
  const sign = bytes[from]! >> 7;
  const length = bytes.length - from + sign;
  der[at] = 0x02;
  der[at + 1] = length;
  der.set(bytes.subarray(from), at + 2 + sign);
  return at + 2 + length;
}

/** What OpenSSL signed, as r ‖ s. Its own DER is well-formed, and too short for lengths of more than a byte. */
function fromDer(der: Uint8Array): Bytes {
  const out = new Uint8Array(64);
  let at = 2;
  for (const end of [32, 64]) {
    const from = at + 2;
    at = from + der[at + 1]!;
    const bytes = der.subarray(Math.max(from, at - 32), at); // without the zero that keeps it from looking negative
    out.set(bytes, end - bytes.length);
  }
  return out;
}

/** As text of one character a byte: OpenSSL's binding takes longer to make a buffer than to hash 64 bytes. */
function sha256(bytes: Uint8Array): Bytes {
  const text = hash("sha256", bytes, "binary");
  const digest = new Uint8Array(32);
  for (let i = 0; i < 32; i++) digest[i] = text.charCodeAt(i);
  return digest;
}

const BLOCK_BYTES = 64;

/** RFC 2104 over one-shot hashes: OpenSSL's own object takes ten times as long to set up as these two hashes. */
function hmac(key: Uint8Array, bytes: Uint8Array): Bytes {
  const short = key.length > BLOCK_BYTES ? sha256(key) : key;
  const inner = new Uint8Array(BLOCK_BYTES + bytes.length).fill(0x36, 0, BLOCK_BYTES);
  const outer = new Uint8Array(BLOCK_BYTES + 32).fill(0x5c, 0, BLOCK_BYTES);
  for (let i = 0; i < short.length; i++) {
    inner[i] = 0x36 ^ short[i]!;
    outer[i] = 0x5c ^ short[i]!;
  }
  inner.set(bytes, BLOCK_BYTES);
  outer.set(sha256(inner), BLOCK_BYTES);
  return sha256(outer);
}

/** Points whose address is known, by six bytes of them. */
const addresses = new Map<number, { point: Uint8Array; address: Address }>();

/** Point → address. Remembered: the same buyer signs again and again, and hashing costs a fifth of recovering. */
function addressOf(point: Uint8Array): Address {
  const id = Buffer.from(point.buffer, point.byteOffset, point.length).readUIntBE(1, 6);
  const known = addresses.get(id);
  if (known !== undefined && equalBytes(known.point, point)) return known.address;
  const address = publicKeyToAddress(hex(point));
  if (addresses.size >= KEY_CACHE) addresses.clear();
  addresses.set(id, { point: point.slice(), address });
  return address;
}

/** Where a recovered point is written: it is read at once. */
const recovered = new Uint8Array(65);

export const nativeCrypto: Crypto = {
  sha256,
  hmac,
  keccak256,
  gcmSeal(key, plaintext, aad) {
    const cipher = createCipheriv("aes-256-gcm", createSecretKey(key), ZERO_NONCE);
    cipher.setAAD(aad);
    return concat(cipher.update(plaintext), cipher.final(), cipher.getAuthTag());
  },
  gcmOpen(key, ciphertext, aad) {
    const decipher = createDecipheriv("aes-256-gcm", createSecretKey(key), ZERO_NONCE, {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(aad);
    decipher.setAuthTag(ciphertext.subarray(ciphertext.length - TAG_BYTES));
    const plaintext = decipher.update(ciphertext.subarray(0, ciphertext.length - TAG_BYTES));
    decipher.final(); // checks the tag; in this mode nothing is left to come
    return view(plaintext);
  },
  ctrOpen: (key, ciphertext) =>
    view(createDecipheriv("aes-256-ctr", createSecretKey(key), GCM_DATA_COUNTER).update(ciphertext)),
  deflate: (bytes) => new Uint8Array(deflateRawSync(bytes)),
  inflate(bytes, size) {
    // One byte more than declared, so that zlib is done after one piece: several would be joined, and that takes longer than inflating.
    const chunkSize = Math.max(size + 1, LEAST_CHUNK_BYTES);
    return view(inflateRawSync(bytes, { chunkSize, maxOutputLength: Math.max(size, 1) }));
  },
  es256Verify(publicKey, message, signature) {
    if (signature.length !== 64 || !isLowS(signature, P256_ORDER)) return false;
    try {
      return nodeVerify("sha256", message, publicKeyObject(publicKey), derOf(signature));
    } catch (error) {
      // A point off the curve is refused at import: for us that is just not a valid signature.
      if (error instanceof Error) return false;
      throw error;
    }
  },
  es256Sign(privateKey, message) {
    return lowS(fromDer(nodeSign("sha256", message, privateKeyObject(privateKey))));
  },
  recover(digest, signature) {
    const parts = expandCompact(signature);
    if (parts === null || !isLowS(parts.rs, SECP256K1_ORDER)) return null;
    try {
      return addressOf(secp256k1.ecdsaRecover(parts.rs, parts.recovery, digest, false, recovered));
    } catch (error) {
      if (error instanceof Error) return null;
      throw error;
    }
  },
  signSecp(privateKey, digest) {
    const { signature, recid } = secp256k1.ecdsaSign(digest, privateKey);
    return compact(signature, recid);
  },
};
