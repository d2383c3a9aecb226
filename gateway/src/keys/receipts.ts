// What buyers have signed for as received: the newest of every channel, kept as evidence. Nothing is released or claimed by it.
import { type Crypto, type Delivery, type Hex, receiptDigest } from "@weir/sdk/core";
import type { Fields } from "@weir/sdk/wire";
import type { Database } from "../database.ts";
import type { Metrics } from "../metrics.ts";
import type { Ledger } from "./ledger.ts";

/** `cumulative`: value of everything received, in the token's smallest unit. */
export type Receipt = { segmentId: Hex; cumulative: bigint; signature: Uint8Array };

export type Receipts = {
  /** Keeps those that are signed and higher than the one before; others are counted and forgotten. */
  take(listingId: bigint, items: Fields<"RECEIPTS">["items"]): Promise<void>;
  /** The channel's newest one, from disk. */
  of(channelId: Hex): Receipt | undefined;
};

type Row = { segmentId: Hex; cumulative: string; signature: Uint8Array };

export function createReceipts(init: {
  db: Database;
  ledger: Ledger;
  crypto: Crypto;
  delivery: Delivery;
  metrics: Metrics;
}): Receipts {
  const { db, ledger, crypto, delivery, metrics } = init;

  function of(channelId: Hex): Receipt | undefined {
    const row = db.get<Row>(
      "SELECT segmentId, cumulative, signature FROM receipts WHERE channelId = ?",
      channelId,
    );
    return row && { ...row, cumulative: BigInt(row.cumulative) };
  }

  return {
    of,
    async take(listingId, items) {
      const good = items.filter(({ channelId, segmentId, cumulative, signature }) => {
        const account = ledger.account(channelId);
        if (account?.listingId !== listingId || cumulative <= (of(channelId)?.cumulative ?? -1n))
          return false;
        const digest = receiptDigest(delivery, { channelId, segmentId, cumulative });
        const signer = crypto.recover(digest, signature);
        if (signer?.toLowerCase() === account.terms.signer.toLowerCase()) return true;
        metrics.count("refused_receipts");
        return false;
      });
      if (good.length === 0) return;
      await db.commit(() => {
        for (const { channelId, segmentId, cumulative, signature } of good) {
          // Asked again: another one may have been stored meanwhile.
          if (cumulative <= (of(channelId)?.cumulative ?? -1n)) continue;
          db.run(
            "INSERT OR REPLACE INTO receipts (channelId, segmentId, cumulative, signature) VALUES (?, ?, ?, ?)",
            channelId,
            segmentId,
            String(cumulative),
            signature,
          );
        }
      });
    },
  };
}
