import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { type Bytes, concat, label, uint, unhex } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";
import type { Delivery } from "./header.ts";

const DEPTH = 32;
export const KEY_BYTES = 32;

/** What a stream secret is derived for. */
export const streamSecretInfo = (delivery: Delivery, listingId: bigint, generation: number): Bytes =>
  concat(
    label("weir/stream/1"),
    uint(delivery.chainId, 32),
    unhex(delivery.hubs),
    uint(listingId, 8),
    uint(generation, 4),
  );

/** The root of a stream's key tree: everything follows from one master seed, so one backup lasts for ever. */
export function streamSecret(
  masterSeed: Uint8Array,
  delivery: Delivery,
  listingId: bigint,
  generation: number,
): Bytes {
  const info = streamSecretInfo(delivery, listingId, generation);
  return hkdf(sha256, masterSeed, undefined, info, KEY_BYTES) as Bytes;
}

const BITS = [Uint8Array.of(0), Uint8Array.of(1)] as const;
const child = (crypto: Crypto, parent: Uint8Array, bit: number): Bytes => crypto.hmac(parent, BITS[bit & 1]!);

/** Walks from a node that covers 2^height epochs down to one of them. */
function descend(crypto: Crypto, node: Uint8Array, height: number, epoch: number): Bytes {
  let key = new Uint8Array(node);
  for (let bit = height - 1; bit >= 0; bit--) key = child(crypto, key, (epoch >>> bit) & 1);
  return key;
}

/** The key of one epoch. */
export const epochKey = (crypto: Crypto, secret: Uint8Array, epoch: number): Bytes =>
  descend(crypto, secret, DEPTH, epoch);

/** One whole subtree: the epochs [first, first + 2^height). */
export type Subtree = { first: number; height: number };

/** The smallest set of whole subtrees that is exactly [from, to] (inclusive), in rising order. */
export function coverOf(from: number, to: number): Subtree[] {
  if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to >= 2 ** DEPTH || from > to) {
    throw new RangeError(`no epochs from ${from} to ${to}`);
  }
  const cover: Subtree[] = [];
  let first = from;
  while (first <= to) {
    let height = 0;
    while (height < DEPTH && first % 2 ** (height + 1) === 0 && first + 2 ** (height + 1) - 1 <= to) height++;
    cover.push({ first, height });
    first += 2 ** height;
  }
  return cover;
}

/** The keys of a cover, concatenated: the plaintext of a seal. */
export function coverKeys(crypto: Crypto, secret: Uint8Array, from: number, to: number): Bytes {
  const keys = coverOf(from, to).map(({ first, height }) => {
    let key = new Uint8Array(secret);
    for (let bit = DEPTH - 1; bit >= height; bit--)
      key = child(crypto, key, Math.floor(first / 2 ** bit) & 1);
    return key;
  });
  return concat(...keys);
}

/** What a reader holds: covers it was given, and the epoch keys that follow from them. */
export class KeyRing {
  readonly #crypto: Crypto;
  readonly #subtrees: (Subtree & { key: Bytes })[] = [];
  #last: { epoch: number; key: Bytes } | undefined;

  constructor(crypto: Crypto) {
    this.#crypto = crypto;
  }

  /** Takes the opened plaintext of a seal over [from, to]; throws RangeError when its length does not fit the range. */
  addCover(from: number, to: number, keys: Uint8Array): void {
    const cover = coverOf(from, to);
    if (keys.length !== cover.length * KEY_BYTES)
      throw new RangeError("a cover has one key for each subtree");
    cover.forEach((subtree, i) => {
      this.#subtrees.push({
        ...subtree,
        key: new Uint8Array(keys.subarray(i * KEY_BYTES, (i + 1) * KEY_BYTES)),
      });
    });
  }

  /** The epoch's key, or undefined when no cover opens it. */
  keyFor(epoch: number): Bytes | undefined {
    if (this.#last?.epoch === epoch) return this.#last.key;
    const found = this.#subtrees.findLast(
      ({ first, height }) => epoch >= first && epoch < first + 2 ** height,
    );
    if (found === undefined) return undefined;
    const key = descend(this.#crypto, found.key, found.height, epoch);
    this.#last = { epoch, key };
    return key;
  }
}
