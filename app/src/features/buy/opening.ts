import type { Hex } from "viem";
import type { FeedSession } from "@/features/live/session.ts";
import type { ListingDetail, PurchaseItem } from "@/lib/indexer.ts";
import type { PreparedBuy } from "@/lib/weir.ts";

/** Past this the person is told, with a way on; the purchase itself is safe. */
const FIRST_MESSAGE_WITHIN_MS = 45_000;

export class FirstMessageLate extends Error {
  override readonly name = "FirstMessageLate";
  constructor() {
    super(`no message within ${FIRST_MESSAGE_WITHIN_MS / 1_000} s of the purchase`);
  }
}

/** The purchase as the indexer will show it, so that the feed need not wait for the indexer. */
export function purchaseOf(parameters: {
  prepared: PreparedBuy;
  listing: ListingDetail;
  planIndex: number;
  hash: Hex;
}): PurchaseItem {
  const { prepared, listing, planIndex, hash } = parameters;
  const { purchase } = prepared;
  const plan = listing.plans.find((item) => item.index === planIndex);
  const metered = plan?.kind === "message" || plan?.kind === "byte";
  return {
    grantId: prepared.grantId,
    listingId: listing.id,
    version: listing.version,
    plan: planIndex,
    kind: plan?.kind ?? "free",
    rights: plan?.rights ?? [],
    paymentId: prepared.paymentId,
    signer: purchase.signer,
    encryptionKey: purchase.encryptionKey,
    buyerSalt: purchase.buyerSalt,
    notBefore: purchase.notBefore,
    notAfter: purchase.notAfter,
    market: purchase.market,
    amount: purchase.amount.toString(),
    revokedAt: null,
    transactionHash: hash,
    block: 0,
    createdAt: Math.floor(Date.now() / 1_000),
    listing: { title: listing.title, hubId: listing.hubId, token: listing.token },
    channel: metered
      ? {
          id: prepared.paymentId,
          token: listing.token,
          deposit: purchase.amount.toString(),
          claimed: "0",
          refunded: "0",
          closeAt: 0,
          epoch: 0,
          state: "open",
        }
      : null,
  };
}

/** Resolves at the first decrypted message; `onConnected` is called when only that is missing. */
export function firstMessage(session: FeedSession, onConnected: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => finish(new FirstMessageLate()), FIRST_MESSAGE_WITHIN_MS);
    const look = () => {
      const { state, buffer, error } = session.getSnapshot();
      if (error) return finish(error);
      if (state.status === "failed") return finish(state.reason ?? new FirstMessageLate());
      if (buffer.rows.length > 0) return finish();
      if (state.status === "live" || state.status === "waiting") onConnected();
    };
    const finish = (error?: unknown) => {
      clearTimeout(timer);
      unsubscribe();
      if (error === undefined) resolve();
      else reject(error);
    };
    const unsubscribe = session.subscribe(look);
    look();
  });
}
