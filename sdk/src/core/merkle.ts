import { type Bytes, concat, equalBytes, label, uint } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";

export const CHUNK_BYTES = 1024;
/** 0x00 ‖ index 4 ‖ length 2. */
const LEAF_PREFIX_BYTES = 7;
const LEAF = 0;
const NODE = 1;
/** A leaf's salt at most. */
const SALT_BYTES = 32;

const chunkCount = (length: number): number => Math.max(1, Math.ceil(length / CHUNK_BYTES));
const chunkAt = (bytes: Uint8Array, index: number): Uint8Array =>
  bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);

/**
 * What is being hashed. Made once, and no big integers: every byte that is sealed, carried or read passes here, and a buffer for each chunk
 * would take as long as its hash. Nobody else sees it, and a hash is done when its call returns.
 */
const scratch = new Uint8Array(LEAF_PREFIX_BYTES + SALT_BYTES + CHUNK_BYTES);
const prefix = new DataView(scratch.buffer);

function leaf(crypto: Crypto, index: number, salt: Uint8Array, chunk: Uint8Array): Bytes {
  prefix.setUint8(0, LEAF);
  prefix.setUint32(1, index);
  prefix.setUint16(5, chunk.length);
  scratch.set(salt, LEAF_PREFIX_BYTES);
  scratch.set(chunk, LEAF_PREFIX_BYTES + salt.length);
  return crypto.sha256(scratch.subarray(0, LEAF_PREFIX_BYTES + salt.length + chunk.length));
}

function node(crypto: Crypto, left: Uint8Array, right: Uint8Array): Bytes {
  prefix.setUint8(0, NODE);
  scratch.set(left, 1);
  scratch.set(right, 1 + left.length);
  return crypto.sha256(scratch.subarray(0, 1 + left.length + right.length));
}

/** Root over leaves; an odd node is promoted. */
export function merkleRoot(crypto: Crypto, leaves: readonly Uint8Array[]): Bytes {
  let level = leaves;
  while (level.length > 1) {
    const next: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) {
      const right = level[i + 1];
      next.push(right === undefined ? level[i]! : node(crypto, level[i]!, right));
    }
    level = next;
  }
  if (level[0] === undefined) throw new RangeError("a Merkle tree has at least one leaf");
  return new Uint8Array(level[0]);
}

/**
 * The path from leaf `index` to the root: siblings from the lowest level up, without those levels at which the node is promoted. What
 * `Anchors.isMember` takes.
 *
 * @throws RangeError when there is no such leaf
 */
export function merkleSiblings(crypto: Crypto, leaves: readonly Uint8Array[], index: number): Bytes[] {
  if (leaves[index] === undefined) throw new RangeError(`the tree has no leaf ${index}`);
  const siblings: Bytes[] = [];
  let level: readonly Uint8Array[] = leaves;
  for (let at = index; level.length > 1; at >>= 1) {
    const sibling = level[at ^ 1];
    if (sibling !== undefined) siblings.push(new Uint8Array(sibling));
    const next: Uint8Array[] = [];
    for (let i = 0; i < level.length; i += 2) next.push(merkleRoot(crypto, level.slice(i, i + 2)));
    level = next;
  }
  return siblings;
}

/** Whether `leaf` is number `index` of the tree with this root and so many leaves: the same answer as `Anchors.isMember`. */
export function isMerkleLeaf(
  crypto: Crypto,
  tree: { root: Uint8Array; count: number },
  index: number,
  leaf: Uint8Array,
  siblings: readonly Uint8Array[],
): boolean {
  if (index < 0 || index >= tree.count) return false;
  let hash = leaf;
  let used = 0;
  for (let at = index, count = tree.count; count > 1; at >>= 1, count = (count + 1) >> 1) {
    if (at % 2 === 0 && at + 1 === count) continue; // promoted
    const sibling = siblings[used++];
    if (sibling?.length !== 32) return false;
    hash = at % 2 === 0 ? node(crypto, hash, sibling) : node(crypto, sibling, hash);
  }
  return used === siblings.length && equalBytes(hash, tree.root);
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
