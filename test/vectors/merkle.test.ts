// The tree of anchors: what test/vectors/merkle.json says is what the SDK computes. Solidity reads the same file.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { merkleRoot } from "../../sdk/src/core/merkle.ts";
import { crypto, leafAt, merkleVectors, siblingsOf, VECTORS } from "./merkle.ts";

/** The climb that contracts/libraries/Merkle.sol does, written once more. */
function climb(leaf: Uint8Array, index: number, count: number, siblings: readonly Uint8Array[]): Uint8Array {
  const left = [...siblings];
  let node = leaf;
  for (let [i, n] = [index, count]; n > 1; i = Math.floor(i / 2), n = Math.ceil(n / 2)) {
    if (i % 2 === 0 && i + 1 === n) continue;
    const sibling = left.shift();
    if (sibling === undefined) throw new RangeError("too few siblings");
    node = crypto.sha256(
      Buffer.concat([Uint8Array.of(1), ...(i % 2 === 0 ? [node, sibling] : [sibling, node])]),
    );
  }
  if (left.length > 0) throw new RangeError("too many siblings");
  return node;
}

describe("merkle.json", () => {
  it("is what merkleRoot says", () => {
    expect(JSON.parse(readFileSync(VECTORS, "utf8"))).toEqual({ trees: merkleVectors() });
  });

  it("has proofs that lead to the root, for any tree and position", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.nat(), fc.nat(), (count, at, seed) => {
        const leaves = Array.from({ length: count }, (_, seq) => leafAt(seed, seq));
        const index = at % count;
        const siblings = siblingsOf(leaves, index);
        expect(climb(leaves[index]!, index, count, siblings)).toEqual(
          new Uint8Array(merkleRoot(crypto, leaves)),
        );
      }),
    );
  });
});
