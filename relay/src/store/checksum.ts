/** A sum per record, because SQLite notices a torn page but not a flipped bit: what a disk has changed is never served. */
import { crc32 } from "node:zlib";

/** As node:sqlite binds it and, with `readBigInts`, gives it back. */
export type Value = bigint | number | Uint8Array | null;
export type Row = Record<string, bigint | Uint8Array | null>;

/** The columns that a table's `checksum` is over, in this order: all that are stored. */
export const SUMMED = {
  segments: ["listing_id", "generation", "seq", "epoch", "received_at_ms", "size", "segment_id", "bytes"],
  heads: [
    ...["listing_id", "generation", "seq", "epoch_first_seq", "received_at_ms"],
    ...["segment_id", "signed_header"],
  ],
  accounts: [
    ...["channel_id", "revision", "listing_id", "grant_id", "total", "signature", "confirmed"],
    ...["accrued", "session_no"],
    ...["session_digest", "generation", "from_seq", "next_seq", "base_accrued", "receipt"],
  ],
  evidence: ["listing_id", "generation", "seq", "received_at_ms", "segment_id", "bytes"],
  opened: ["channel_id", "generation", "epoch_from", "epoch_to"],
  bought: ["channel_id", "generation", "from_seq", "to_seq"],
  covers: ["grant_id", "generation", "epoch_from", "epoch_to", "stored_at_ms", "reply"],
} as const satisfies Record<string, readonly string[]>;
export type SummedTable = keyof typeof SUMMED;

/** What the disk gives back is not what was written. */
export class CorruptRecord extends Error {
  override readonly name = "CorruptRecord";

  constructor(table: SummedTable, row: Row) {
    const key = SUMMED[table].slice(0, 3).map((column) => {
      const value = row[column];
      return `${column} ${value instanceof Uint8Array ? Buffer.from(value).toString("hex") : value}`;
    });
    super(`a record of ${table} was changed on the disk, its checksum does not hold: ${key.join(", ")}`);
  }
}

/** CRC-32 over a record's values in the order of SUMMED; each with kind and length, so that none can stand for two. */
export function checksumOf(values: readonly Value[]): number {
  let sum = 0;
  for (const value of values) {
    if (value === null) sum = crc32("n", sum);
    else if (value instanceof Uint8Array) sum = crc32(value, crc32(`b${value.length}:`, sum));
    else sum = crc32(`i${value};`, sum);
  }
  return sum;
}

export const isIntact = (table: SummedTable, row: Row): boolean =>
  BigInt(checksumOf(SUMMED[table].map((column) => row[column] as Value))) === row.checksum;

/** @throws CorruptRecord */
export function requireIntact(table: SummedTable, row: Row): void {
  if (!isIntact(table, row)) throw new CorruptRecord(table, row);
}
