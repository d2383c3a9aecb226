// What is known of each channel's claims: how much the chain has paid, since when something waits, by which transaction we claimed last.
import type { Hex } from "@weir/sdk/core";
import type { Database } from "../database.ts";

export type Standing = {
  /** Paid by the chain as far as was seen, in the token's smallest unit: a hint, which a replaced block may make false. */
  claimed: bigint;
  /** Unix seconds since which something can be claimed; null: nothing can. */
  since: number | null;
  /** Our last claim. */
  hash: Hex | null;
};

export type Book = {
  of(channelId: Hex): Standing;
  /** On disk when it resolves: the age of what waits survives a restart. */
  note(channelId: Hex, change: Partial<Standing>): Promise<void>;
};

type Row = { channelId: Hex; claimed: string; since: number | null; hash: Hex | null };
const NOTHING: Standing = { claimed: 0n, since: null, hash: null };

export function createBook(db: Database): Book {
  const standings = new Map<Hex, Standing>();
  for (const { channelId, claimed, since, hash } of db.all<Row>("SELECT * FROM claims"))
    standings.set(channelId, { claimed: BigInt(claimed), since, hash });
  const of = (channelId: Hex): Standing => standings.get(channelId) ?? NOTHING;
  return {
    of,
    async note(channelId, change) {
      const before = of(channelId);
      const after = { ...before, ...change };
      const { claimed, since, hash } = after;
      if (claimed === before.claimed && since === before.since && hash === before.hash) return;
      standings.set(channelId, after);
      await db.commit(() =>
        db.run(
          "INSERT OR REPLACE INTO claims (channelId, claimed, since, hash) VALUES (?, ?, ?, ?)",
          channelId,
          String(claimed),
          since,
          hash,
        ),
      );
    },
  };
}
