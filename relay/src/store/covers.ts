/** Covers as the gateway sealed them, so that it may sleep: each opens to one grant's key only, and says nothing to a relay. */
import { type Hex, unhex } from "@weir/sdk/core";
import { MAX_COVERS } from "../limits.ts";
import { checksumOf, type Row, requireIntact } from "./checksum.ts";
import type { Database } from "./database.ts";

export type EpochRange = { generation: number; epochFrom: number; epochTo: number };

export interface CoverStore {
  /** An encoded Seal over a range that holds `range.epochFrom`; the one that reaches furthest. Null if there is none. */
  find(grantId: Hex, range: EpochRange): Promise<{ epochTo: number; seal: Uint8Array } | null>;
  put(grantId: Hex, range: EpochRange, seal: Uint8Array): Promise<void>;
  /** Seals of a grant are of no use any more. */
  drop(grantId: Hex): Promise<void>;
}

export function coverStore(database: Database): CoverStore {
  const select = database.prepare(
    "SELECT * FROM covers WHERE grant_id = ? AND generation = ? AND epoch_from <= ? AND epoch_to >= ? ORDER BY epoch_to DESC LIMIT 1",
  );
  const insert = database.prepare("INSERT OR REPLACE INTO covers VALUES (?,?,?,?,?,?,?)");
  const narrower = database.prepare(
    "DELETE FROM covers WHERE grant_id = ? AND generation = ? AND epoch_from >= ? AND epoch_to <= ?",
  );
  const remove = database.prepare("DELETE FROM covers WHERE grant_id = ?");
  const count = database.prepare("SELECT count(*) AS n FROM covers");
  // The oldest of the grants that hold most: one that asks again and again pushes out no other's.
  const excess = database.prepare(
    `DELETE FROM covers WHERE (grant_id, generation, epoch_from, epoch_to) IN (SELECT grant_id, generation, epoch_from, epoch_to FROM
       (SELECT grant_id, generation, epoch_from, epoch_to, stored_at_ms,
          row_number() OVER (PARTITION BY grant_id ORDER BY stored_at_ms DESC) AS nth FROM covers)
     ORDER BY nth DESC, stored_at_ms LIMIT 100)`,
  );
  return {
    async find(grantId, { generation, epochFrom }) {
      const row = select.get(unhex(grantId), generation, epochFrom, epochFrom);
      if (!row) return null;
      requireIntact("covers", row as Row);
      return { epochTo: Number(row.epoch_to), seal: row.reply as Uint8Array };
    },
    async put(grantId, { generation, epochFrom, epochTo }, seal) {
      await database.write(() => {
        narrower.run(unhex(grantId), generation, epochFrom, epochTo);
        const row = [unhex(grantId), generation, epochFrom, epochTo, Date.now(), seal];
        insert.run(...row, checksumOf(row));
        if (Number(count.get()!.n) > MAX_COVERS) excess.run();
      });
    },
    async drop(grantId) {
      await database.write(() => void remove.run(unhex(grantId)));
    },
  };
}
