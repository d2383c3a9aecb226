/** One ledger row per channel in memory while anybody uses it, so that two sessions of one channel write one row. */
import type { Hex } from "@weir/sdk/core";
import { type Account, type LedgerStore, newAccount } from "../store/ledger.ts";

export type Accounts = {
  take(channelId: Hex, listingId: bigint, grantId: Hex): Promise<Account>;
  /** `broken`: a write failed, so what is in memory is not what is stored; the next user reads again. */
  give(account: Account, broken: boolean): void;
};

export function accounts(ledger: LedgerStore): Accounts {
  const rows = new Map<Hex, { row: Promise<Account>; users: number }>();
  return {
    async take(channelId, listingId, grantId) {
      const found = rows.get(channelId) ?? {
        row: ledger.get(channelId).then((stored) => stored ?? newAccount(channelId, listingId, grantId)),
        users: 0,
      };
      rows.set(channelId, found);
      found.users += 1;
      try {
        return await found.row;
      } catch (error) {
        if (rows.get(channelId) === found) rows.delete(channelId); // the next one reads again
        throw error;
      }
    },
    give({ channelId }, broken) {
      const found = rows.get(channelId);
      if (!found) return;
      found.users -= 1;
      if (broken || found.users <= 0) rows.delete(channelId);
    },
  };
}
