// Chains of ticks: one signature over the last hash, then one hash a payment. h(x) = sha256(x ‖ channelId), as in Channels.claimTicks.
import { type Bytes, concat, equalBytes, type Hex, hex, isHexOf, readUint, uint, unhex } from "./bytes.ts";
import type { Crypto } from "./crypto.ts";

/** Longest chain that the contract takes: about 265 gas a step. */
export const MAX_TICKS = 1024;

const checkCount = (name: string, count: number, minimum: number, maximum: number): void => {
  if (!Number.isInteger(count) || count < minimum || count > maximum)
    throw new RangeError(`${name}: is a whole number from ${minimum} to ${maximum}`);
};

/** What is hashed: a value ‖ the channel whose id stands there already. One for all, because a step is done before anybody else runs. */
const link = new Uint8Array(64);
let linked: Hex | undefined;

/** `x` after `count` steps. A chain is worth nothing in another channel. @throws RangeError unless `x` and the id have 32 bytes */
export function tickAfter(crypto: Crypto, channelId: Hex, x: Uint8Array, count: number): Bytes {
  if (x.length !== 32) throw new RangeError("x: has 32 bytes");
  if (channelId !== linked) {
    const id = unhex(channelId);
    if (id.length !== 32) throw new RangeError("channelId: has 32 bytes");
    link.set(id, 32);
    linked = channelId;
  }
  let value: Bytes | undefined;
  for (let i = 0; i < count; i++) {
    link.set(value ?? x);
    value = crypto.sha256(link);
  }
  return value ?? new Uint8Array(x);
}

/**
 * A chain of `count` ticks (1 to 1,024) out of 32 secret bytes. Element i, hashed i times, gives element 0: the tip, which the voucher
 * names. Reveal them in rising order.
 *
 * @throws RangeError for a seed or count out of bounds
 */
export function tickChain(crypto: Crypto, channelId: Hex, seed: Uint8Array, count: number): Bytes[] {
  if (seed.length !== 32) throw new RangeError("seed: has 32 bytes");
  checkCount("count", count, 1, MAX_TICKS);
  const id = unhex(channelId);
  const chain: Bytes[] = new Array(count + 1);
  chain[count] = new Uint8Array(seed);
  for (let i = count; i > 0; i--) chain[i - 1] = crypto.sha256(concat(chain[i]!, id));
  return chain;
}

/** What pays for tick number `index`. @throws RangeError beyond the chain's end: a new voucher is needed */
export function tickAt(chain: readonly Bytes[], index: number): Bytes {
  checkCount("index", index, 0, chain.length - 1);
  return chain[index]!;
}

/** Whether `preimage` pays for `ticks` ticks under a voucher with this tip and `maxTicks`. Does at most 1,024 hashes. */
export function verifyTick(
  crypto: Crypto,
  voucher: { channelId: Hex; tip: Hex; maxTicks: number },
  preimage: Uint8Array,
  ticks: number,
): boolean {
  const { channelId, tip, maxTicks } = voucher;
  if (preimage.length !== 32 || !Number.isInteger(ticks) || ticks < 0) return false;
  if (maxTicks > MAX_TICKS || ticks > maxTicks) return false;
  return isHexOf(tip, tickAfter(crypto, channelId, preimage, ticks));
}

/** A chain as its buyer has signed it: a `TickVoucher` without channel and relay. `signature`: 64 bytes r ‖ vs. */
export type SignedTicks = {
  base: bigint;
  tip: Hex;
  tickValue: bigint;
  maxTicks: number;
  signature: Uint8Array;
};

/** What proves a total of `base + ticks · tickValue`: `preimage`, hashed `ticks` times, gives the tip. */
export type TickProof = SignedTicks & { ticks: number; preimage: Uint8Array };

/** The total that so many ticks of a chain make. */
export const tickTotal = ({ base, tickValue }: SignedTicks, ticks: number): bigint =>
  base + BigInt(ticks) * tickValue;

/** Whether both are one chain under one signature, whatever was revealed of it. */
export const isSameChain = (a: SignedTicks, b: SignedTicks): boolean =>
  a.tip === b.tip &&
  a.base === b.base &&
  a.tickValue === b.tickValue &&
  a.maxTicks === b.maxTicks &&
  equalBytes(a.signature, b.signature);

/** How many of the revealed ticks make no more than `amount`; 0 when none does. */
export function ticksWithin({ base, tickValue, ticks }: TickProof, amount: bigint): number {
  if (amount <= base || tickValue === 0n) return 0;
  const fit = (amount - base) / tickValue;
  return fit < BigInt(ticks) ? Number(fit) : ticks;
}

/** The same proof for fewer ticks: whoever has one preimage has all before it. */
export const lowerTicks = (crypto: Crypto, channelId: Hex, proof: TickProof, ticks: number): TickProof => ({
  ...proof,
  ticks,
  preimage: tickAfter(crypto, channelId, proof.preimage, proof.ticks - ticks),
});

const PROOF_BYTES = 12 + 32 + 12 + 2 + 64 + 2 + 32;

/** base 12 ‖ tip 32 ‖ tickValue 12 ‖ maxTicks 2 ‖ signature 64 ‖ ticks 2 ‖ preimage 32. */
export const tickProofToBytes = (p: TickProof): Bytes =>
  concat(
    uint(p.base, 12),
    unhex(p.tip),
    uint(p.tickValue, 12),
    uint(p.maxTicks, 2),
    p.signature,
    uint(p.ticks, 2),
    p.preimage,
  );

/** @throws RangeError for anything but 156 bytes */
export function tickProofFromBytes(bytes: Uint8Array): TickProof {
  if (bytes.length !== PROOF_BYTES) throw new RangeError(`a tick proof has ${PROOF_BYTES} bytes`);
  return {
    base: readUint(bytes.subarray(0, 12)),
    tip: hex(bytes.subarray(12, 44)),
    tickValue: readUint(bytes.subarray(44, 56)),
    maxTicks: Number(readUint(bytes.subarray(56, 58))),
    signature: bytes.slice(58, 122),
    ticks: Number(readUint(bytes.subarray(122, 124))),
    preimage: bytes.slice(124),
  };
}
