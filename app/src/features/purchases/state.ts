import type { PurchaseItem } from "@/lib/indexer.ts";

export type PurchaseState = "open" | "closing" | "closed" | "free" | "timed" | "revoked" | "ended";

/** Paid by time through Subscriptions. */
export const isTimed = ({ kind }: Pick<PurchaseItem, "kind">): boolean =>
  kind === "period" || kind === "flat";

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
 * What the card shows. The contract's `deposit` is what was put in minus refunds, so a closed channel's refund is
 * what was bought for minus what was claimed.
 */
export function balanceOf(purchase: PurchaseItem, signed: bigint | undefined): Balance | undefined {
  const { channel } = purchase;
  if (!channel) return undefined;
  const claimed = BigInt(channel.claimed);
  const deposit = BigInt(channel.deposit);
  if (channel.state === "closed") {
    const bought = BigInt(purchase.amount);
    const deposited = bought > deposit ? bought : deposit;
    return { deposited, spent: claimed, refundable: deposited - claimed };
  }
  const spent = signed !== undefined && signed > claimed ? signed : claimed;
  return { deposited: deposit, spent, refundable: deposit > spent ? deposit - spent : 0n };
}
