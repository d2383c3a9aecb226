// What stored segments are worth under a plan: Σ price × units, before the division by the plan's unit.
import { accrue, type Plan } from "@weir/sdk/core";
import type { Database } from "../database.ts";
import type { Account, Range } from "./account.ts";

type Of = Pick<Account, "plan" | "listingId">;
type Units = { promoted: number; messageCount: number; bodyBytes: number };

export type Sums = {
  /** Value of the epochs from … to. */
  valueIn(account: Of, generation: number, from: number, to: number): bigint;
  /** Value of those segments of a range of epochs that have this sequence number or a higher one. */
  valueFrom(account: Of, generation: number, range: Range, seq: number): bigint;
};

const UNITS =
  "SELECT sealedAtMs < ? AS promoted, SUM(messageCount) AS messageCount, SUM(bodyBytes) AS bodyBytes FROM sealed";

// accrue is linear in units, so a sum counts like its parts.
const accrueAll = (plan: Plan, rows: readonly Units[]): bigint =>
  rows.reduce(
    (sum, { promoted, messageCount, bodyBytes }) =>
      sum + accrue(plan, { messageCount, bodyBytes, sealedAtMs: promoted ? 0 : Number.MAX_SAFE_INTEGER }),
    0n,
  );

export const createSums = (db: Database): Sums => ({
  valueIn({ plan, listingId }, generation, from, to) {
    const rows = db.all<Units>(
      `${UNITS} WHERE listingId = ? AND generation = ? AND epoch BETWEEN ? AND ? GROUP BY promoted`,
      plan.promoUntil * 1000,
      String(listingId),
      generation,
      from,
      to,
    );
    return accrueAll(plan, rows);
  },
  valueFrom({ plan, listingId }, generation, { from, to }, seq) {
    // Few rows, because sessions start near the head; `+` keeps SQLite at the primary key.
    const rows = db.all<Units>(
      `${UNITS} WHERE listingId = ? AND generation = ? AND seq >= ? AND +epoch BETWEEN ? AND ? GROUP BY promoted`,
      plan.promoUntil * 1000,
      String(listingId),
      generation,
      seq,
      from,
      to,
    );
    return accrueAll(plan, rows);
  },
});
