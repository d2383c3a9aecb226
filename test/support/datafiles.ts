// What relay and gateway have on disk, read from a copy of the files of a program that has ended, however it did.
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Hex } from "viem";
import { DATABASE_FILE, Database } from "../../gateway/src/database.ts";
import { createLedger } from "../../gateway/src/keys/ledger.ts";
import { openDatabase } from "../../relay/src/store/database.ts";
import { type Account, ledgerStore } from "../../relay/src/store/ledger.ts";
import { SCHEMA } from "../../relay/src/store/schema.ts";

async function ofCopy<T>(folder: string, read: (copy: string) => T | Promise<T>): Promise<T> {
  const copy = await mkdtemp(join(tmpdir(), "weir-copy-"));
  try {
    await cp(folder, copy, { recursive: true });
    return await read(copy);
  } finally {
    await rm(copy, { recursive: true });
  }
}

/** A channel's row at a relay; null = it never paid there. */
export const relayAccount = (folder: string, channelId: Hex): Promise<Account | null> =>
  ofCopy(folder, async (copy) => {
    const onFatal = (error: Error) => {
      throw error;
    };
    const database = openDatabase({ file: join(copy, "relay.db"), schema: SCHEMA, onFatal });
    try {
      return await ledgerStore(database).get(channelId);
    } finally {
      database.close();
    }
  });

/** One segment's row: how many messages it has, and whether its epoch's key was ever released to the channel. */
export type SealedRow = { place: string; messageCount: number; open: boolean };

/** A channel's account at the gateway, and everything that was sealed for its listing. */
export const gatewayAccount = (
  folder: string,
  channelId: Hex,
): Promise<{ total: bigint; owed: bigint; sealed: SealedRow[] }> =>
  ofCopy(folder, (copy) => {
    const db = new Database(join(copy, DATABASE_FILE));
    try {
      const ledger = createLedger(db);
      const account = ledger.account(channelId);
      if (!account) throw new Error(`the gateway has no account of channel ${channelId}`);
      const rows = db.all<{ generation: number; seq: number; epoch: number; messageCount: number }>(
        "SELECT generation, seq, epoch, messageCount FROM sealed WHERE listingId = ?",
        String(account.listingId),
      );
      return {
        total: account.total,
        owed: ledger.owed(account),
        sealed: rows.map(({ generation, seq, epoch, messageCount }) => ({
          place: `${generation}/${seq}`,
          messageCount,
          open: ledger.isOpen(account, generation, epoch),
        })),
      };
    } finally {
      db.close();
    }
  });
