"use client";

import { useQuery } from "@tanstack/react-query";
import { mostTopUp, vested } from "@weir/sdk/core";
import type { PurchaseItem } from "@/lib/indexer.ts";
import {
  type SubscriptionSlot,
  type SubscriptionTerms,
  subscriptionState,
  subscriptionTermsOf,
} from "@/lib/weir.ts";
import { useBought } from "./useBought.ts";
import { useChainTime } from "./useChainTime.ts";

const EVERY_MS = 3_000;

export interface SubscriptionView {
  deposited: bigint;
  /** Due to the seller by now. */
  spent: bigint;
  /** What a cancel in this second gives back. */
  refundable: bigint;
  /** Unix seconds; the paid time ends. */
  until: number;
  running: boolean;
  /** Cancelling would change something. */
  cancellable: boolean;
  flat: boolean;
  /** What a top-up may add, so that no time is paid for beyond the end of the access; undefined: as much as one likes. */
  most: bigint | undefined;
  terms: SubscriptionTerms;
}

/** The chain's arithmetic on a slot, at a time; the access ends at `accessEnd`. */
export function viewOf(
  terms: SubscriptionTerms,
  slot: SubscriptionSlot,
  time: number,
  accessEnd: number,
): SubscriptionView {
  const flat = terms.price === 0n;
  const end = Math.min(slot.stop, time + terms.notice);
  const spent = vested(terms, slot, time);
  const kept = vested(terms, { ...slot, stop: end }, end);
  const running = slot.start <= time && time < slot.stop;
  return {
    deposited: slot.deposit,
    spent,
    refundable: slot.deposit - kept,
    until: slot.stop,
    running,
    cancellable: running && !flat && end < slot.stop,
    flat,
    most: mostTopUp(terms, slot, { time, end: accessEnd }),
    terms,
  };
}

/** A period or flat purchase, from the chain: deposited, spent, refundable now, runs out at. */
export function useSubscription(purchase: PurchaseItem) {
  const load = useBought(purchase);
  const time = useChainTime();
  const query = useQuery({
    queryKey: ["subscription", purchase.paymentId],
    refetchInterval: EVERY_MS,
    queryFn: async () => {
      const bought = await load();
      const [terms, slot] = await Promise.all([
        subscriptionTermsOf(bought),
        subscriptionState(bought.config, bought.reader, purchase.paymentId),
      ]);
      return { terms, slot };
    },
  });
  const accessEnd = Number(purchase.revokedAt ?? purchase.notAfter);
  const view = query.data && viewOf(query.data.terms, query.data.slot, time, accessEnd);
  return { ...query, view };
}
