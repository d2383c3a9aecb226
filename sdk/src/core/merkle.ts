import { type Bytes, concat, label, uint } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";

export const CHUNK_BYTES = 1024;
const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

const chunkCount = (length: number): number => Math.max(1, Math.ceil(length / CHUNK_BYTES));
const chunkAt = (bytes: Uint8Array, index: number): Uint8Array =>
  bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);

function leaf(crypto: Crypto, index: number, salt: Uint8Array, chunk: Uint8Array): Bytes {
  return crypto.sha256(concat(LEAF, uint(index, 4), uint(chunk.length, 2), salt, chunk));
}

/** Root over leaves; an odd node is promoted. */
export function merkleRoot(crypto: Crypto, leaves: readonly Uint8Array[]): Bytes {
  let level = leaves;
  while (level.length > 1) {
    const next: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const right = level[i + 1];
      next.push(right === undefined ? level[i]! : crypto.sha256(concat(NODE, level[i]!, right)));
    }
    level = next;
  }
  if (level[0] === undefined) throw new RangeError("a Merkle tree has at least one leaf");
  return new Uint8Array(level[0]);
}

function root(crypto: Crypto, bytes: Uint8Array, saltOf: (index: number) => Uint8Array): Bytes {
  const leaves: Uint8Array[] = [];
  for (let i = 0; i < chunkCount(bytes.length); i++)
    leaves.push(leaf(crypto, i, saltOf(i), chunkAt(bytes, i)));
  return merkleRoot(crypto, leaves);
}

const NO_SALT = new Uint8Array(0);
/** Over ciphertext ‖ tag: anyone can check it. */
export const ciphertextRoot = (crypto: Crypto, ciphertext: Uint8Array): Bytes =>
  root(crypto, ciphertext, () => NO_SALT);

const LEAF_LABEL = label("weir/leaf");
/** Over the bytes that enter the cipher; salted, or a relay could guess a thermometer. */
export const plaintextRoot = (crypto: Crypto, body: Uint8Array, segmentKey: Uint8Array): Bytes =>
  root(crypto, body, (i) => crypto.hmac(segmentKey, concat(LEAF_LABEL, uint(i, 4))));
