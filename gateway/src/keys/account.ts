import type { Address, Hex, Plan, Terms, TickProof } from "@weir/sdk/core";

/** A metered purchase as the chain tells it: all that the gateway needs to serve and to claim its channel. */
export type Purchased = {
  channelId: Hex;
  listingId: bigint;
  grantId: Hex;
  version: number;
  planIndex: number;
  plan: Plan;
  terms: Terms;
  /** The list behind terms.relaysHash. */
  relays: readonly Address[];
  encryptionKey: Hex;
};

/** Epochs, both ends inclusive. */
export type Range = { from: number; to: number };

/** A row of the table `channels`. */
export type AccountRow = {
  channelId: Hex;
  listingId: string;
  grantId: Hex;
  version: number;
  plan: number;
  purchase: string;
  sessionNo: string;
  total: string;
  voucherRelay: Address | null;
  voucherSignature: Uint8Array | null;
  carried: string;
  frozenEpoch: number | null;
  capture: string | null;
  closeHash: Hex | null;
};

/** A chain's best tick, and the relay that its voucher names. */
export type Ticks = TickProof & { relay: Address };

export type Voucher = { cumulative: bigint; relay: Address; signature: Uint8Array };

/** A channel's account in memory; the ledger alone changes it. */
export type Account = Purchased & {
  /** The last session's number. */
  sessionNo: bigint;
  /** The best total, by voucher or by ticks. */
  total: bigint;
  voucher: Voucher | undefined;
  /** On top of that voucher, whose total is their base: what they prove is above it. */
  ticks: Ticks | undefined;
  /** Those that may be presented before a close, now or when more is owed; rising, the best one among them. */
  kept: Voucher[];
  /** Σ price × units of opened epochs whose segments' sizes are kept no longer. */
  carried: bigint;
  /** Σ price × units of everything opened, `carried` included. */
  accrued: bigint;
  /** Generation → opened epochs, rising, not touching. */
  opened: Map<number, Range[]>;
  /** The channel's epoch when the account was frozen for a close. */
  frozenEpoch: number | null;
  capture: bigint | null;
  closeHash: Hex | null;
  /** Its entry no longer covers a single message of the listing: nothing more is released. */
  hopeless: boolean;
};

export function openAccount(row: AccountRow, kept: Voucher[], ticks: Ticks | undefined): Account {
  const purchased = JSON.parse(row.purchase, (_key, value) =>
    typeof value === "string" && /^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
  ) as Purchased;
  const { voucherRelay: relay, voucherSignature: signature } = row;
  const total = BigInt(row.total);
  const cumulative = ticks?.base ?? total;
  const best = relay === null || signature === null ? undefined : { cumulative, relay, signature };
  return {
    ...purchased,
    sessionNo: BigInt(row.sessionNo),
    total,
    voucher: best,
    ticks,
    // A file from before they were kept has the best one only.
    kept: kept.length === 0 && best ? [best] : kept,
    carried: BigInt(row.carried),
    accrued: BigInt(row.carried),
    opened: new Map(),
    frozenEpoch: row.frozenEpoch,
    capture: row.capture === null ? null : BigInt(row.capture),
    closeHash: row.closeHash,
    hopeless: false,
  };
}
