/** The two escrows as JSON, each with its own token: a listing's may have changed since. */
import type { channel, purchase, subscription } from "ponder:schema";
import { vested } from "@weir/sdk/core";
import { getAddress } from "viem";

export const writeChannel = (row: typeof channel.$inferSelect) => ({
  id: row.id,
  token: getAddress(row.token),
  deposit: String(row.deposit),
  claimed: String(row.claimed),
  refunded: String(row.refunded),
  closeAt: row.closeAt,
  epoch: row.epoch,
  state: row.closed ? "closed" : row.closeAt > 0 ? "closing" : "open",
});

type Price = Pick<typeof purchase.$inferSelect, "unitPrice" | "period" | "upfront">;

/** As it stands at `time`, that of the newest block in the tables. */
export const writeSubscription = (
  row: typeof subscription.$inferSelect,
  { unitPrice: price, period, upfront }: Price,
  time: number,
) => ({
  id: row.id,
  token: getAddress(row.token),
  deposit: String(row.deposit),
  claimed: String(row.claimed),
  vested: String(vested({ price, period, upfront }, { ...row, start: row.startAt, stop: row.stopAt }, time)),
  vestedAt: time,
  startAt: row.startAt,
  until: row.stopAt,
  stoppedAt: row.endedAt,
  stoppedBySeller: row.endedBySeller,
  price: String(price),
  period,
  upfront: String(upfront),
  state: stateAt(row, time),
});

/** Ending: cancelled, and the notice still runs. */
function stateAt({ startAt, stopAt, endedAt }: typeof subscription.$inferSelect, time: number) {
  if (time < startAt) return "pending";
  if (time >= stopAt) return "ended";
  return endedAt === null ? "active" : "ending";
}
