// Chains of ticks: one signature over the last hash, then one hash a payment. h(x) = sha256(x ‖ channelId), as in Channels.claimTicks.
import { type Bytes, concat, type Hex, isHexOf, unhex } from "./bytes.ts";
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
