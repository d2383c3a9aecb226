/**
 * Who got what of a claim. Only payments that Grants recorded count: anybody can make a channel that names a listing and claim from
 * it. The market's cut follows from the totals (Cuts.sol); a relay has its cut only where a voucher names it, so that part is
 * counted from what the escrow sets aside for the relays right after the claims of a call.
 */
import type { Context } from "ponder:registry";
import { earning, earningDay, listing, payment, settlement } from "ponder:schema";
import type { Hex } from "viem";

const BASIS = 10_000n;
const DAY = 86_400;

type Claim = { block: { timestamp: bigint }; transaction: { hash: Hex }; log: { address: Hex } };

/** What relays and market have had of a total when it is reached: Cuts.due of the contracts. */
export function cutsDue(total: bigint, relayBps: number, marketBps: number) {
  const relays = (total * BigInt(relayBps)) / BASIS;
  return { relays, market: ((total - relays) * BigInt(marketBps)) / (BASIS - BigInt(relayBps)) };
}

/** A payment's claimed total rose from `from` to `to`. */
export async function settle(event: Claim, { db }: Context, paymentId: Hex, from: bigint, to: bigint) {
  const call = { escrow: event.log.address, transactionHash: event.transaction.hash };
  const paid = await db.find(payment, { id: paymentId });
  if (!paid) {
    // Its cuts are nobody's earnings here, and not those of a claim before it in the same transaction.
    await db.delete(settlement, call);
    return;
  }
  const { listingId, token, relays, relayBps, marketBps } = paid;
  await db
    .insert(settlement)
    .values({ ...call, listingId, token, relays })
    .onConflictDoUpdate({
      listingId,
      token,
      relays,
    });
  const rise = to - from;
  if (rise === 0n) return;
  const market = cutsDue(to, relayBps, marketBps).market - cutsDue(from, relayBps, marketBps).market;
  await db.update(earning, { listingId, token }).set((row) => ({
    settled: row.settled + rise,
    marketCuts: row.marketCuts + market,
  }));
  const { hubId } = (await db.find(listing, { id: listingId }))!;
  const day = Math.floor(Number(event.block.timestamp) / DAY) * DAY;
  await db
    .insert(earningDay)
    .values({ hubId, day, token, settled: rise })
    .onConflictDoUpdate((row) => ({ settled: row.settled + rise }));
}

/** An escrow set `amount` aside for `holder`: a relay's cut, if the claim before it in the transaction was of a listing it carries. */
export async function settleCut(event: Claim, { db }: Context, holder: Hex, amount: bigint) {
  const call = { escrow: event.log.address, transactionHash: event.transaction.hash };
  const claimed = await db.find(settlement, call);
  const place = claimed?.relays.findIndex((relay) => relay.toLowerCase() === holder.toLowerCase()) ?? -1;
  if (!claimed || place < 0) return;
  // Each place of the list is credited once a call, in order; what comes after is the market's or the payee's part.
  const relays = claimed.relays.slice(place + 1);
  await db.update(settlement, call).set({ relays });
  await db
    .update(earning, { listingId: claimed.listingId, token: claimed.token })
    .set((row) => ({ relayCuts: row.relayCuts + amount }));
}
