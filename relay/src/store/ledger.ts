/**
 * What every metered channel was sent and has paid, at this relay. One row per channel, written by compare-and-set before
 * anything that it charges for leaves the machine.
 */
import {
  type Bytes,
  concat,
  type Hex,
  hex,
  readUint,
  SIGNATURE_BYTES,
  type TickProof,
  tickProofFromBytes,
  tickProofToBytes,
  uint,
  unhex,
} from "@weir/sdk/core";
import { CorruptRecord, type Row, requireIntact, SUMMED, type SummedTable } from "./checksum.ts";
import type { Database } from "./database.ts";
import { signed } from "./segments.ts";

/** The metered session that the gateway acknowledged last. */
export type LedgerSession = {
  sessionNo: bigint;
  digest: Bytes;
  generation: number;
  fromSeq: bigint;
  /** Σ price · units before `fromSeq`. */
  baseAccrued: bigint;
};

/** One channel's row. Amounts in the smallest token unit; `accrued` before the division by the plan's unit. */
export type Account = {
  readonly channelId: Hex;
  readonly listingId: bigint;
  readonly grantId: Hex;
  /** Version of the stored row; 0 = not stored yet. */
  revision: bigint;
  /** Best total that names this relay, and the signature of its voucher. */
  total: bigint;
  signature: Bytes | null;
  /** Ticks on top of that voucher, whose total is their base then. Stored behind the signature, in its column. */
  ticks: TickProof | null;
  /** Highest of those totals that the gateway has said it stored. */
  confirmed: bigint;
  /** Charged so far, over all sessions: never falls. */
  accrued: bigint;
  session: LedgerSession | null;
  /** Number after the last segment that the session was charged for. */
  nextSeq: bigint;
  /** segmentId 32 ‖ cumulative 12 ‖ signature 64 of the highest receipt. */
  receipt: Bytes | null;
};

export type Receipt = { segmentId: Hex; cumulative: bigint; signature: Uint8Array };

export const packReceipt = ({ segmentId, cumulative, signature }: Receipt): Bytes =>
  concat(unhex(segmentId), uint(cumulative, 12), signature);
export const unpackReceipt = (bytes: Uint8Array): Receipt => ({
  segmentId: hex(bytes.subarray(0, 32)),
  cumulative: readUint(bytes.subarray(32, 44)),
  signature: bytes.slice(44),
});

/** Epochs whose keys were released to the channel, inclusive. */
export type OpenedEpochs = { generation: number; epochFrom: number; epochTo: number };
/** Segments that were charged, inclusive. */
export type BoughtSegments = { generation: number; fromSeq: bigint; toSeq: bigint };

export type LedgerChange = { opened?: readonly OpenedEpochs[]; bought?: readonly BoughtSegments[] };

/** Somebody else has written the row since it was read. */
export class LedgerConflict extends Error {
  override readonly name = "LedgerConflict";
  readonly channelId: Hex;

  constructor(channelId: Hex) {
    super(`The ledger row of channel ${channelId} was changed by another writer.`);
    this.channelId = channelId;
  }
}

export interface LedgerStore {
  /** @throws CorruptRecord */
  get(channelId: Hex): Promise<Account | null>;
  /**
   * Writes the account as it stands when its group is committed, and sets its new revision; resolves when it is on the disk.
   *
   * @throws LedgerConflict when the stored revision is not the account's
   */
  save(account: Account, change?: LedgerChange): Promise<void>;
  /** The listing's gateway has stored this total: all of it that is here is confirmed. A damaged row, or another listing's, stays as it is. */
  confirm(listingId: bigint, channelId: Hex, total: bigint): Promise<void>;
  /** Accounts of a listing whose best voucher the gateway has not confirmed. Damaged rows are left out. */
  unconfirmed(listingId: bigint): Promise<Account[]>;
  /** Accounts of a listing that hold a voucher, of the `limit` channels behind `after`; `next` is null when there are no more. Damaged rows are left out. */
  held(
    listingId: bigint,
    after: Hex | null,
    limit: number,
  ): Promise<{ accounts: Account[]; next: Hex | null }>;
  opened(channelId: Hex, generation: number): Promise<OpenedEpochs[]>;
  bought(channelId: Hex): Promise<BoughtSegments[]>;
}

const AMOUNT_BYTES = 12;
const ACCRUED_BYTES = 16;

export function ledgerStore(database: Database): LedgerStore {
  const select = database.prepare("SELECT * FROM accounts WHERE channel_id = ?");
  const insert = database.prepare("INSERT OR IGNORE INTO accounts VALUES (?,1,?,?,?,?,?,?,?,?,?,?,?,?,?,0)");
  const update = database.prepare(
    `UPDATE accounts SET revision = revision + 1, total = ?, signature = ?, confirmed = max(confirmed, ?), accrued = ?, session_no = ?, session_digest = ?,
       generation = ?, from_seq = ?, next_seq = ?, base_accrued = ?, receipt = ? WHERE channel_id = ? AND revision = ?`,
  );
  // At most what is here: a relay that was put back from a copy is told of totals that it holds no longer, and the next one may be below them.
  const setConfirmed = database.prepare(
    `UPDATE accounts SET confirmed = max(confirmed, min(?, total))
     WHERE channel_id = ? AND listing_id = ? AND checksum = checksum(${SUMMED.accounts})`,
  );
  const sum = database.prepare(
    `UPDATE accounts SET checksum = checksum(${SUMMED.accounts}) WHERE channel_id = ?`,
  );
  const selectUnconfirmed = database.prepare(
    "SELECT * FROM accounts WHERE listing_id = ? AND signature IS NOT NULL AND total > confirmed",
  );
  // By the index on listing_id, which holds the primary key in order.
  const selectHeld = database.prepare(
    "SELECT * FROM accounts WHERE listing_id = ? AND channel_id > ? ORDER BY channel_id LIMIT ?",
  );
  const selectOpened = database.prepare(
    "SELECT * FROM opened WHERE channel_id = ? AND generation = ? ORDER BY epoch_from",
  );
  const joinOpened = database.prepare(
    `UPDATE opened SET epoch_to = max(epoch_to, ?4), checksum = checksum(channel_id, generation, epoch_from, max(epoch_to, ?4))
     WHERE channel_id = ?1 AND generation = ?2 AND epoch_from <= ?3 AND epoch_to >= ?3 - 1`,
  );
  const insertOpened = database.prepare(
    "INSERT OR IGNORE INTO opened VALUES (?1, ?2, ?3, ?4, checksum(?1, ?2, ?3, ?4))",
  );
  const selectBought = database.prepare(
    "SELECT * FROM bought WHERE channel_id = ? ORDER BY generation, from_seq",
  );
  const joinBought = database.prepare(
    `UPDATE bought SET to_seq = max(to_seq, ?4), checksum = checksum(channel_id, generation, from_seq, max(to_seq, ?4))
     WHERE channel_id = ?1 AND generation = ?2 AND from_seq <= ?3 AND to_seq >= ?3 - 1`,
  );
  const insertBought = database.prepare(
    "INSERT OR IGNORE INTO bought VALUES (?1, ?2, ?3, ?4, checksum(?1, ?2, ?3, ?4))",
  );

  function write(account: Account, change: LedgerChange): void {
    const id = unhex(account.channelId);
    const { session } = account;
    const total = uint(account.total, AMOUNT_BYTES);
    const confirmed = uint(account.confirmed, AMOUNT_BYTES);
    const state = [
      uint(account.accrued, ACCRUED_BYTES),
      session?.sessionNo === undefined ? -1n : signed(session.sessionNo),
      session?.digest ?? null,
      session?.generation ?? 0,
      session?.fromSeq ?? 0n,
      account.nextSeq,
      uint(session?.baseAccrued ?? 0n, ACCRUED_BYTES),
      account.receipt,
    ] as const;
    const fixed = [signed(account.listingId), unhex(account.grantId)] as const;
    const { signature: voucher, ticks, revision } = account;
    const signature = voucher && ticks ? concat(voucher, tickProofToBytes(ticks)) : voucher;
    const { changes } =
      revision === 0n
        ? insert.run(id, ...fixed, total, signature, confirmed, ...state)
        : update.run(total, signature, confirmed, ...state, id, revision);
    if (Number(changes) !== 1) throw new LedgerConflict(account.channelId);
    sum.run(id);
    for (const { generation, epochFrom, epochTo } of change.opened ?? [])
      if (Number(joinOpened.run(id, generation, epochFrom, epochTo).changes) === 0)
        insertOpened.run(id, generation, epochFrom, epochTo);
    for (const { generation, fromSeq, toSeq } of change.bought ?? [])
      if (Number(joinBought.run(id, generation, fromSeq, toSeq).changes) === 0)
        insertBought.run(id, generation, fromSeq, toSeq);
  }

  return {
    async get(channelId) {
      const row = select.get(unhex(channelId));
      return row ? toAccount(row as Row) : null;
    },
    async save(account, change = {}) {
      let before: bigint | undefined;
      try {
        await database.write(() => {
          before = account.revision;
          write(account, change);
          account.revision += 1n; // inside the group: a second save of the same turn continues from here
        });
      } catch (error) {
        // The group was rolled back, with every save of this account in it.
        if (before !== undefined && account.revision > before) account.revision = before;
        throw error;
      }
    },
    async confirm(listingId, channelId, total) {
      await database.write(() => {
        const id = unhex(channelId);
        const { changes } = setConfirmed.run(uint(total, AMOUNT_BYTES), id, signed(listingId));
        if (Number(changes) > 0) sum.run(id);
      });
    },
    unconfirmed: async (listingId) => (selectUnconfirmed.all(signed(listingId)) as Row[]).flatMap(readable),
    async held(listingId, after, limit) {
      const id = after === null ? new Uint8Array() : unhex(after);
      const rows = selectHeld.all(signed(listingId), id, limit) as Row[];
      const last = rows.length < limit ? undefined : rows.at(-1);
      return {
        accounts: rows.flatMap(readable).filter(({ signature }) => signature !== null),
        next: last ? hex(last.channel_id as Uint8Array) : null,
      };
    },
    opened: async (channelId, generation) =>
      intact("opened", selectOpened.all(unhex(channelId), generation)).map((row) => ({
        generation,
        epochFrom: Number(row.epoch_from),
        epochTo: Number(row.epoch_to),
      })),
    bought: async (channelId) =>
      intact("bought", selectBought.all(unhex(channelId))).map((row) => ({
        generation: Number(row.generation),
        fromSeq: row.from_seq as bigint,
        toSeq: row.to_seq as bigint,
      })),
  };
}

/** The total of an account's best voucher: ticks stand on top of it. */
export const voucherTotal = ({ total, ticks }: Account): bigint => ticks?.base ?? total;

/** A row that was never stored. */
export const newAccount = (channelId: Hex, listingId: bigint, grantId: Hex): Account => ({
  channelId,
  listingId,
  grantId,
  revision: 0n,
  total: 0n,
  signature: null,
  ticks: null,
  confirmed: 0n,
  accrued: 0n,
  session: null,
  nextSeq: 0n,
  receipt: null,
});

function intact(table: SummedTable, rows: unknown[]): Row[] {
  for (const row of rows) requireIntact(table, row as Row);
  return rows as Row[];
}

/** One damaged row keeps nobody from the others: the scrubber reports it. */
function readable(row: Row): Account[] {
  try {
    return [toAccount(row)];
  } catch (error) {
    if (error instanceof CorruptRecord) return [];
    throw error;
  }
}

function toAccount(row: Row): Account {
  requireIntact("accounts", row);
  const sessionNo = row.session_no as bigint;
  const proof = row.signature as Bytes | null;
  return {
    channelId: hex(row.channel_id as Uint8Array),
    listingId: BigInt.asUintN(64, row.listing_id as bigint),
    grantId: hex(row.grant_id as Uint8Array),
    revision: row.revision as bigint,
    total: readUint(row.total as Uint8Array),
    signature: proof === null ? null : proof.slice(0, SIGNATURE_BYTES),
    ticks:
      proof !== null && proof.length > SIGNATURE_BYTES
        ? tickProofFromBytes(proof.subarray(SIGNATURE_BYTES))
        : null,
    confirmed: readUint(row.confirmed as Uint8Array),
    accrued: readUint(row.accrued as Uint8Array),
    session:
      row.session_digest === null
        ? null
        : {
            sessionNo: BigInt.asUintN(64, sessionNo),
            digest: row.session_digest as Bytes,
            generation: Number(row.generation),
            fromSeq: row.from_seq as bigint,
            baseAccrued: readUint(row.base_accrued as Uint8Array),
          },
    nextSeq: row.next_seq as bigint,
    receipt: row.receipt as Bytes | null,
  };
}
