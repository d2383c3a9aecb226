/**
 * Ticks of a running session: a chain is signed once, on top of the best voucher, then one hash pays. Checks from cheap to dear; a total is on
 * the disk, with what proves it, before anything is sent for it.
 */
import {
  equalBytes,
  isSameChain,
  MAX_TICKS,
  type TickProof,
  tickAfter,
  tickTotal,
  tickVoucherDigest,
  unhex,
} from "@weir/sdk/core";
import { type FrameOf, RefusedError } from "@weir/sdk/wire";
import { MAX_TICK_STEPS } from "../limits.ts";
import type { ControlComponents, Session } from "./control.ts";
import type { Meter } from "./meter.ts";
import { depositFor } from "./open.ts";
import { sameAddress } from "./serve.ts";

const bad = (field: string, rule: string): RefusedError =>
  new RefusedError("BadTick", `${field} ${rule}`, { field, rule });

/** @throws RefusedError BadTick, Closing, BadSignature */
export function beginChain(
  { crypto, delivery, operator }: ControlComponents,
  { grant, closing }: Session,
  meter: Meter,
  { base, tip, tickValue, maxTicks, signature }: FrameOf<"TICK_CHAIN">,
): void {
  const { account } = meter;
  if (closing) throw new RefusedError("Closing", "A close is under way.");
  if (maxTicks < 1 || maxTicks > MAX_TICKS) throw bad("maxTicks", `is from 1 to ${MAX_TICKS}`);
  if (tickValue === 0n) throw bad("tickValue", "is above zero");
  // Below it, a tick could pay twice; above it, something would be signed that no voucher covers, and a close could not take it.
  if (account.ticks !== null || base !== account.total) throw bad("base", "is the total of the best voucher");
  // Only its buyer would lose: what was revealed under one voucher would count under the other as well.
  if (meter.tip === tip) throw bad("tip", "is used once");
  const channelId = grant.paymentId;
  const digest = tickVoucherDigest(delivery, { channelId, base, tip, tickValue, maxTicks, relay: operator });
  if (!sameAddress(crypto.recover(digest, signature), grant.voucherSigner))
    throw new RefusedError("BadSignature", "The chain is not signed by the channel's signer for this relay.");
  const signed = { base, tip, tickValue, maxTicks, signature: new Uint8Array(signature) };
  meter.tip = tip;
  meter.chain = { ...signed, ticks: 0, preimage: unhex(tip) };
}

/** False when the total does not rise: answered with the best one. @throws RefusedError BadTick, Limit, OverDeposit, Closing */
export async function payTick(
  components: ControlComponents,
  session: Session,
  meter: Meter,
  { ticks, preimage }: FrameOf<"TICK">,
): Promise<boolean> {
  const { crypto, metrics, vouchers } = components;
  const { grant, reader, closing } = session;
  const { account, chain } = meter;
  if (closing) throw new RefusedError("Closing", "A close is under way.");
  if (chain === null) throw bad("chain", "comes before its ticks, and ends with the next voucher");
  const { maxTicks } = chain;
  if (ticks > maxTicks) throw bad("ticks", `is at most maxTicks, ${maxTicks}`);
  const steps = ticks - chain.ticks;
  if (steps <= 0) {
    reader.sendBalance();
    return steps === 0;
  }
  if (steps > MAX_TICK_STEPS)
    throw new RefusedError(
      "Limit",
      `At most ${MAX_TICK_STEPS} ticks are paid at once; a voucher costs less.`,
      {
        limit: "ticks at once",
      },
    );
  const total = tickTotal(chain, ticks);
  const { paymentId: channelId, listingId } = grant;
  const deposit = await depositFor(components, session, total);
  if (total > deposit)
    throw new RefusedError("OverDeposit", "The tick is above the deposit.", { deposit: String(deposit) });
  if (!equalBytes(tickAfter(crypto, channelId, preimage, steps), chain.preimage))
    throw bad("preimage", "leads to the last one that was taken, in as many steps");
  // A newer session may have signed meanwhile.
  if (account.ticks ? !isSameChain(account.ticks, chain) : account.total !== chain.base)
    throw bad("chain", "ends with the next voucher");
  const proof: TickProof = { ...chain, ticks, preimage: new Uint8Array(preimage) };
  const stored = meter.tick(proof);
  reader.wake();
  await stored;
  metrics.add("ticks_accepted_total", steps);
  vouchers.tick(listingId, { channelId, ...proof });
  return true;
}
