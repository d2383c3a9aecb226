// Makes test/vectors/merkle.json: trees over segment ids with the SDK's merkleRoot and a proof for every position asked.
// `node test/vectors/merkle.ts` writes it; merkle.test.ts and test/contracts/Anchors.vectors.t.sol hold both sides to it.
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import type { Crypto } from "../../sdk/src/core/crypto.ts";
import { merkleRoot } from "../../sdk/src/core/merkle.ts";

export const VECTORS = new URL("merkle.json", import.meta.url);

const sha256 = (bytes: Uint8Array): Uint8Array<ArrayBuffer> =>
  new Uint8Array(createHash("sha256").update(bytes).digest());
/** merkleRoot needs nothing else of a Crypto. */
export const crypto = { sha256 } as unknown as Crypto;

const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString("hex")}`;

/** Stands for a segment id: sha256 of "seed/seq". */
export const leafAt = (seed: number, seq: number): Uint8Array => sha256(Buffer.from(`${seed}/${seq}`));

/** The siblings of a leaf from the lowest level up, each found by merkleRoot alone: the subtree beside the path. */
export function siblingsOf(leaves: readonly Uint8Array[], index: number): Uint8Array[] {
  const siblings: Uint8Array[] = [];
  for (let width = 1; width < leaves.length; width *= 2) {
    const start = (Math.floor(index / width) ^ 1) * width;
    const subtree = leaves.slice(start, start + width);
    if (subtree.length > 0) siblings.push(merkleRoot(crypto, subtree));
  }
  return siblings;
}

export type MerkleVector = {
  seed: number;
  count: number;
  root: string;
  proofs: { index: number; leaf: string; siblings: string[] }[];
};

const COUNTS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 13, 16, 17, 31, 33, 100, 257, 1000];
/** Every position of the small trees, of the others the edges and the places where nodes are promoted. */
const positions = (count: number): number[] =>
  count <= 17
    ? Array.from({ length: count }, (_, i) => i)
    : [0, 1, Math.floor(count / 2), count - 3, count - 2, count - 1];

export function merkleVectors(): MerkleVector[] {
  return COUNTS.map((count, seed) => {
    const leaves = Array.from({ length: count }, (_, seq) => leafAt(seed, seq));
    return {
      seed,
      count,
      root: hex(merkleRoot(crypto, leaves)),
      proofs: positions(count).map((index) => ({
        index,
        leaf: hex(leaves[index]!),
        siblings: siblingsOf(leaves, index).map(hex),
      })),
    };
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  writeFileSync(VECTORS, `${JSON.stringify({ trees: merkleVectors() }, null, 2)}\n`);
}
