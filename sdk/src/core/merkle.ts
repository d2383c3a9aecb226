import { type Bytes, concat, equalBytes, label, uint } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";

export const CHUNK_BYTES = 1024;
/** 0x00 ‖ index 4 ‖ length 2. */
const LEAF_PREFIX_BYTES = 7;
const NODE = Uint8Array.of(1);

const chunkCount = (length: number): number => Math.max(1, Math.ceil(length / CHUNK_BYTES));
const chunkAt = (bytes: Uint8Array, index: number): Uint8Array =>
  bytes.subarray(index * CHUNK_BYTES, (index + 1) * CHUNK_BYTES);

function leaf(crypto: Crypto, index: number, salt: Uint8Array, chunk: Uint8Array): Bytes {
  // One buffer and no big integers: every byte that is sealed, carried or read passes here.
  const bytes = new Uint8Array(LEAF_PREFIX_BYTES + salt.length + chunk.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(1, index); // the first byte stays 0: a leaf
  view.setUint16(5, chunk.length);
  bytes.set(salt, LEAF_PREFIX_BYTES);
  bytes.set(chunk, LEAF_PREFIX_BYTES + salt.length);
  return crypto.sha256(bytes);
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
  let node = leaf;
  let used = 0;
  for (let at = index, count = tree.count; count > 1; at >>= 1, count = (count + 1) >> 1) {
    if (at % 2 === 0 && at + 1 === count) continue; // promoted
    const sibling = siblings[used++];
    if (sibling?.length !== 32) return false;
    node = crypto.sha256(at % 2 === 0 ? concat(NODE, node, sibling) : concat(NODE, sibling, node));
  }
  return used === siblings.length && equalBytes(node, tree.root);
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
