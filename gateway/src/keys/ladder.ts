// The vouchers of a channel that may still be presented before its close. Vouchers run ahead of what is owed, and presenting one that does
// would take money for what was not delivered; so beside the best one, those on the way to it are kept until the owed amount has passed them.
import type { Hex } from "@weir/sdk/core";
import type { Database } from "../database.ts";
import { MAX_KEPT_VOUCHERS } from "../limits.ts";
import type { Voucher } from "./account.ts";

export type Ladder = {
  /** The channel's kept vouchers, rising. */
  load(channelId: Hex): Voucher[];
  /** Keeps one above all others; `owed` says which of them are passed. The result replaces `vouchers`. Only inside a commit. */
  add(channelId: Hex, vouchers: readonly Voucher[], voucher: Voucher, owed: bigint): Voucher[];
  /** Forgets one. The result replaces `vouchers`. Only inside a commit. */
  drop(channelId: Hex, vouchers: readonly Voucher[], voucher: Voucher): Voucher[];
};

type Row = { cumulative: string; relay: Hex; signature: Uint8Array };

export function createLadder(db: Database): Ladder {
  const forget = (channelId: Hex, { cumulative }: Voucher) =>
    db.run("DELETE FROM vouchers WHERE channelId = ? AND cumulative = ?", channelId, String(cumulative));
  return {
    load: (channelId) =>
      db
        .all<Row>("SELECT cumulative, relay, signature FROM vouchers WHERE channelId = ?", channelId)
        .map((row) => ({ ...row, cumulative: BigInt(row.cumulative) }))
        .sort((a, b) => (a.cumulative < b.cumulative ? -1 : 1)),
    add(channelId, vouchers, voucher, owed) {
      const { cumulative, relay, signature } = voucher;
      db.run(
        "INSERT OR REPLACE INTO vouchers (channelId, cumulative, relay, signature) VALUES (?, ?, ?, ?)",
        channelId,
        String(cumulative),
        relay,
        signature,
      );
      const kept = thin(passed([...vouchers, voucher], owed), owed);
      for (const one of vouchers) if (!kept.includes(one)) forget(channelId, one);
      return kept;
    },
    drop(channelId, vouchers, voucher) {
      forget(channelId, voucher);
      return vouchers.filter((one) => one !== voucher);
    },
  };
}

/** Without those that another one of the same relay replaces today; where the relay changes, each gets its cut for what it carried. */
export const passed = (rising: readonly Voucher[], owed: bigint): Voucher[] =>
  rising.filter((one, i) => {
    const next = rising[i + 1];
    return (
      next === undefined || next.cumulative > owed || next.relay.toLowerCase() !== one.relay.toLowerCase()
    );
  });

/** At most so many: the best one and the ones that are owed stay, of the others those that lie apart. */
function thin(rising: Voucher[], owed: bigint): Voucher[] {
  const kept = [...rising];
  while (kept.length > MAX_KEPT_VOUCHERS) {
    let drop = 0;
    let least: bigint | undefined;
    for (let i = 1; i < kept.length - 1; i += 1) {
      if (kept[i]!.cumulative <= owed) continue;
      const gap = kept[i + 1]!.cumulative - kept[i - 1]!.cumulative;
      if (least === undefined || gap < least) [least, drop] = [gap, i];
    }
    kept.splice(drop, 1);
  }
  return kept;
}
