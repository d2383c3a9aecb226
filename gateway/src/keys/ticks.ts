// Whether ticks that a relay forwards hold: from cheap to dear, the signature once for each chain, one hash for each tick.
import {
  type Crypto,
  type Delivery,
  equalBytes,
  isSameChain,
  MAX_TICKS,
  tickAfter,
  tickTotal,
  tickVoucherDigest,
  unhex,
} from "@weir/sdk/core";
import type { Account, Ticks } from "./account.ts";

/** False for anything that does not raise the channel's total, or that `claimTicks` would not pay. At most 1,024 hashes. */
export function ticksHold(crypto: Crypto, delivery: Delivery, account: Account, ticks: Ticks): boolean {
  const { channelId, voucher, ticks: known, terms } = account;
  const { base, tip, tickValue, maxTicks, relay } = ticks;
  if (maxTicks > MAX_TICKS || ticks.ticks < 1 || ticks.ticks > maxTicks || tickValue === 0n) return false;
  if (tickTotal(ticks, ticks.ticks) <= account.total || base !== voucher?.cumulative) return false;
  const isRunning = known !== undefined && known.relay === relay && isSameChain(known, ticks);
  // What was revealed of a chain would count under its second voucher as well.
  if (!isRunning && known?.tip === tip) return false;
  const [from, to] = isRunning ? [known.ticks, known.preimage] : [0, unhex(tip)];
  if (!equalBytes(tickAfter(crypto, channelId, ticks.preimage, ticks.ticks - from), to)) return false;
  if (isRunning) return true;
  const digest = tickVoucherDigest(delivery, { channelId, base, tip, tickValue, maxTicks, relay });
  return crypto.recover(digest, ticks.signature)?.toLowerCase() === terms.signer.toLowerCase();
}
