import type { Address } from "viem";
import type { PurchaseItem } from "@/lib/indexer.ts";

export type PurchaseState = "open" | "closing" | "closed" | "free" | "timed" | "revoked" | "ended";

/** Paid by time through Subscriptions. */
export const isTimed = ({ kind }: Pick<PurchaseItem, "kind">): boolean =>
  kind === "period" || kind === "flat";

/** A revision of the listing may have changed the token since. */
export const paidIn = ({ channel, subscription, listing }: PurchaseItem): Address =>
  (channel ?? subscription)?.token ?? listing.token;

export function stateOf(purchase: PurchaseItem, nowSeconds: number): PurchaseState {
  const { channel } = purchase;
  // A revoked grant's channel still holds money: what can be done with it decides the card.
  if (channel?.state === "closing" || channel?.state === "closed") return channel.state;
  if (purchase.revokedAt) return "revoked";
  if (channel) return "open";
  if (Number(purchase.notAfter) < nowSeconds) return "ended";
  if (!isTimed(purchase)) return "free";
  const until = purchase.subscription?.until;
  return until && until <= nowSeconds ? "ended" : "timed";
}

export interface Balance {
  deposited: bigint;
  /** Claimed on chain, or signed for and not claimed yet. */
  spent: bigint;
  refundable: bigint;
}

/**
 * What the card shows. The contract's `deposit` is what was put in minus refunds. Of a closed channel all that was ever put in and
 * came back is shown; of one that was opened again what is in it now.
 */
export function balanceOf(purchase: PurchaseItem, signed: bigint | undefined): Balance | undefined {
  const { channel } = purchase;
  if (!channel) return undefined;
  const claimed = BigInt(channel.claimed);
  const deposit = BigInt(channel.deposit);
  if (channel.state === "closed") {
    const refunded = BigInt(channel.refunded);
    return { deposited: deposit + refunded, spent: claimed, refundable: refunded };
  }
  const spent = signed !== undefined && signed > claimed ? signed : claimed;
  return { deposited: deposit, spent, refundable: deposit > spent ? deposit - spent : 0n };
}

/** What a top-up offers first: as much as was paid at first, and no more than pays to the end of the access. */
export function firstTopUp({ amount }: Pick<PurchaseItem, "amount">, most: bigint | undefined): bigint {
  const before = BigInt(amount);
  return most !== undefined && most < before ? most : before;
}
