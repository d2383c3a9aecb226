import type { Hex } from "./bytes.ts";

/** One channel as its gateway counts it. Amounts are totals since it was opened, decimal, in the token's smallest unit. */
export type ChannelStatus = {
  channelId: Hex;
  listingId: string;
  token: Hex;
  /** Value of everything opened to the buyer. */
  owed: string;
  /** The highest total that the buyer has signed, or made by ticks. */
  signed: string;
  /** Value of what the buyer has signed for as received; null: he has signed for nothing yet. */
  received: string | null;
  /** The highest stored voucher, or tick, that is owed in full, or what was claimed if that is more. */
  covered: string;
  claimed: string;
  /** Unix seconds since which something waits to be claimed. */
  waitingSince: number | null;
  lastClaim: Hex | null;
  /** Keys leave no longer; what a close takes. */
  capture: string | null;
  closeHash: Hex | null;
};
