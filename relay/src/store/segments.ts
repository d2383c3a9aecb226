/**
 * Segments as the gateway signed them: one row each, with a checksum, found by number and by epoch. Heads are kept apart, so
 * that a trimmed stream still knows where it stands.
 */
import {
  type Bytes,
  decodeHeader,
  HEADER_BYTES,
  type Header,
  parseSegment,
  SIGNATURE_BYTES,
} from "@weir/sdk/core";
import { MAX_EVIDENCE_PER_LISTING, TRIM_BATCH, TRIM_SLACK_BYTES } from "../limits.ts";
import { CorruptRecord, checksumOf, isIntact, type Row } from "./checksum.ts";
import type { Database } from "./database.ts";

/** A segment that passed every check of the publish service. `bytes` as received. */
export type Segment = { header: Header; segmentId: Bytes; bytes: Bytes; receivedAtMs: number };

/** The newest segment of one generation. */
export type Head = {
  header: Header;
  segmentId: Bytes;
  /** Header 195 ‖ signature 64. */
  signedHeader: Bytes;
  /** First segment of the head's epoch. */
  epochFirstSeq: bigint;
  receivedAtMs: number;
};

/** Where a run of segments begins. */
export type Place = { listingId: bigint; generation: number; seq: bigint };

/** The highest number that the store's integers hold. */
export const MAX_SEQ = 2n ** 63n - 1n;

/** What came is not the segment behind the newest one that is stored: behind a hole nothing is ever acknowledged. */
export class OutOfLine extends Error {
  override readonly name = "OutOfLine";

  constructor({ listingId, generation, seq }: Header, newest: bigint) {
    super(
      `segment ${seq} of listing ${listingId}, generation ${generation}, does not follow the newest one, ${newest}`,
    );
  }
}

export interface SegmentStore {
  /**
   * Appends in the given order; resolves when all of it is on the disk. A generation begins anywhere, and goes on without a hole.
   *
   * @throws OutOfLine
   */
  append(segments: readonly Segment[]): Promise<void>;
  /**
   * Segments from `place` on, in order, at least one if there is one, and no more than `maxBytes` beyond the first. A record whose
   * checksum fails is left out (and told to `onCorrupt`): to the caller it is a gap.
   */
  read(place: Place, maxBytes: number): Promise<Segment[]>;
  /**
   * Head of a generation, or of the highest one; null if nothing was ever stored. A damaged one is told to `onCorrupt` and made anew from
   * the newest segment. @throws CorruptRecord when no segment of that generation is left, or the newest is damaged, too
   */
  head(listingId: bigint, generation?: number): Promise<Head | null>;
  /** Head of the highest generation of every listing; what cannot be made anew is left out, and told to `onCorrupt`. */
  heads(): Promise<Head[]>;
  /** The next generation above this one, or null. */
  generationAfter(listingId: bigint, generation: number): Promise<number | null>;
  /** First stored segment of the first epoch that is `epoch` or later, or null. */
  firstInEpoch(
    listingId: bigint,
    generation: number,
    epoch: number,
  ): Promise<{ seq: bigint; epoch: number } | null>;
  /** Keeps a second segment for a stored number as evidence of a fork. It is never served. */
  keepEvidence(segment: Segment): Promise<void>;
  /**
   * Drops segments received before `beforeMs`, then, until `maxBytes` are left, the oldest of the listing that holds most: one that
   * floods the store drops its own. Heads stay. Returns how many went.
   */
  trim(limits: { beforeMs: number; maxBytes: number }): Promise<number>;
}

export function segmentStore(database: Database, onCorrupt: (place: Place) => void): SegmentStore {
  const insert = database.prepare(
    "INSERT INTO segments (listing_id, generation, seq, epoch, received_at_ms, size, segment_id, bytes, checksum) VALUES (?,?,?,?,?,?,?,?,?)",
  );
  const setHead = database.prepare(
    `INSERT INTO heads (listing_id, generation, seq, epoch_first_seq, received_at_ms, segment_id, signed_header, checksum) VALUES (?,?,?,?,?,?,?,?)
     ON CONFLICT DO UPDATE SET seq = excluded.seq, received_at_ms = excluded.received_at_ms, segment_id = excluded.segment_id,
       signed_header = excluded.signed_header, epoch_first_seq = excluded.epoch_first_seq, checksum = excluded.checksum`,
  );
  const select = database.prepare(
    "SELECT * FROM segments WHERE listing_id = ? AND generation = ? AND seq >= ? ORDER BY seq",
  );
  const selectHead = database.prepare("SELECT * FROM heads WHERE listing_id = ? AND generation = ?");
  const newestHead = database.prepare(
    "SELECT * FROM heads WHERE listing_id = ? ORDER BY generation DESC LIMIT 1",
  );
  const allHeads = database.prepare(
    "SELECT * FROM heads AS h WHERE generation = (SELECT max(generation) FROM heads WHERE listing_id = h.listing_id) ORDER BY listing_id",
  );
  const newestSegment = database.prepare(
    "SELECT * FROM segments WHERE listing_id = ? AND generation = ? ORDER BY seq DESC LIMIT 1",
  );
  const nextGeneration = database.prepare(
    "SELECT min(generation) AS g FROM heads WHERE listing_id = ? AND generation > ?",
  );
  const firstOfEpoch = database.prepare(
    "SELECT seq, epoch FROM segments WHERE listing_id = ? AND generation = ? AND epoch >= ? ORDER BY epoch, seq LIMIT 1",
  );
  const countEvidence = database.prepare("SELECT count(*) AS n FROM evidence WHERE listing_id = ?");
  const insertEvidence = database.prepare("INSERT OR IGNORE INTO evidence VALUES (?,?,?,?,?,?,?)");
  const oldest = database.prepare(
    "SELECT position, listing_id, received_at_ms, size FROM segments ORDER BY position LIMIT ?",
  );
  const remove = database.prepare("DELETE FROM segments WHERE position <= ?");
  // Of one listing the lowest is the oldest.
  const oldestOf = database.prepare(
    "SELECT generation, seq, size FROM segments WHERE listing_id = ? ORDER BY generation, seq LIMIT ?",
  );
  const removeOf = database.prepare(
    "DELETE FROM segments WHERE listing_id = ? AND (generation, seq) <= (?, ?)",
  );
  const sums = database.prepare(
    "SELECT listing_id, sum(size) AS bytes FROM segments NOT INDEXED GROUP BY listing_id",
  );
  /** Bytes of each listing that has any, by its signed id, and of all. */
  const held = new Map<bigint, number>();
  let storedBytes = 0;
  for (const { listing_id, bytes } of sums.all()) resize(listing_id as bigint, Number(bytes));

  function resize(listing: bigint, by: number): void {
    const bytes = (held.get(listing) ?? 0) + by;
    if (bytes > 0) held.set(listing, bytes);
    else held.delete(listing);
    storedBytes += by;
  }

  async function dropOld(beforeMs: number): Promise<number> {
    for (let dropped = 0; ; ) {
      const rows: Row[] = [];
      for (const row of oldest.iterate(TRIM_BATCH) as Iterable<Row>) {
        if (Number(row.received_at_ms) >= beforeMs) break;
        rows.push(row);
      }
      const last = rows.at(-1);
      if (!last) return dropped;
      await database.write(() => void remove.run(last.position!));
      for (const row of rows) resize(row.listing_id as bigint, -Number(row.size));
      dropped += rows.length;
      if (rows.length < TRIM_BATCH) return dropped;
    }
  }

  async function dropExcess(maxBytes: number): Promise<number> {
    for (let dropped = 0; ; ) {
      const [largest, next] = [...held].sort(([, a], [, b]) => b - a);
      if (!largest || storedBytes <= maxBytes) return dropped;
      const [listing, bytes] = largest;
      const enough = Math.min(storedBytes - maxBytes, bytes - (next?.[1] ?? 0) + TRIM_SLACK_BYTES);
      let last: Row | undefined;
      let [freed, count] = [0, 0];
      for (const row of oldestOf.iterate(listing, TRIM_BATCH) as Iterable<Row>) {
        if (freed >= enough) break;
        last = row;
        freed += Number(row.size);
        count += 1;
      }
      if (!last) return dropped; // a damaged index does not find them: they go by their age
      const { generation, seq } = last;
      await database.write(() => void removeOf.run(listing, generation!, seq!));
      resize(listing, -freed);
      dropped += count;
    }
  }

  function write({ header, segmentId, bytes, receivedAtMs }: Segment, before: Head | undefined): Head {
    if (before && header.seq !== before.header.seq + 1n) throw new OutOfLine(header, before.header.seq);
    const listing = signed(header.listingId);
    const place = [listing, header.generation, header.seq] as const;
    const { epoch } = header;
    const row = [...place, epoch, receivedAtMs, bytes.length, segmentId, bytes];
    insert.run(...row, checksumOf(row));
    const sameEpoch = before !== undefined && before.header.epoch === epoch;
    const epochFirstSeq = sameEpoch ? before.epochFirstSeq : header.seq;
    const signedHeader = bytes.subarray(0, HEADER_BYTES + SIGNATURE_BYTES);
    const values = [...place, epochFirstSeq, receivedAtMs, segmentId, signedHeader];
    setHead.run(...values, checksumOf(values));
    return { header, segmentId, signedHeader, epochFirstSeq, receivedAtMs };
  }

  function head(listingId: bigint, generation?: number): Head | null {
    const listing = signed(listingId);
    const row = (generation === undefined ? newestHead.get(listing) : selectHead.get(listing, generation)) as
      | Row
      | undefined;
    if (row) return intactHead(row);
    // A changed key hides a head; its segments are there.
    return generation === undefined ? null : headOfSegments(listing, generation);
  }

  function intactHead(row: Row): Head {
    if (isIntact("heads", row)) return toHead(row);
    const [listing, generation] = [row.listing_id as bigint, Number(row.generation)];
    onCorrupt({ listingId: BigInt.asUintN(64, listing), generation, seq: row.seq as bigint });
    const made = headOfSegments(listing, generation);
    if (made === null) throw new CorruptRecord("heads", row);
    return made;
  }

  /** Null when nothing is stored of it, or a damage hides which segment is the newest. */
  function headOfSegments(listing: bigint, generation: number): Head | null {
    const row = newestSegment.get(listing, generation) as Row | undefined;
    if (!row || row.listing_id !== listing || Number(row.generation) !== generation) return null;
    if (!isIntact("segments", row)) return null;
    const { epoch, seq } = firstOfEpoch.get(listing, generation, row.epoch!) ?? row;
    return {
      header: parseSegment(row.bytes as Bytes).header,
      segmentId: row.segment_id as Bytes,
      signedHeader: (row.bytes as Bytes).subarray(0, HEADER_BYTES + SIGNATURE_BYTES),
      epochFirstSeq: (epoch === row.epoch ? seq : row.seq) as bigint,
      receivedAtMs: Number(row.received_at_ms),
    };
  }

  return {
    async append(segments) {
      await database.write(() => {
        let before: Head | undefined;
        for (const segment of segments) {
          const { listingId, generation } = segment.header;
          const same = before?.header.listingId === listingId && before.header.generation === generation;
          before = write(segment, same ? before : (head(listingId, generation) ?? undefined));
        }
      });
      for (const { header, bytes } of segments) resize(signed(header.listingId), bytes.length);
    },

    async read({ listingId, generation, seq }, maxBytes) {
      const found: Segment[] = [];
      let total = 0;
      let next = seq;
      for (const row of select.iterate(signed(listingId), generation, seq) as Iterable<Row>) {
        const bytes = row.bytes as Bytes;
        total += bytes.length;
        if (found.length > 0 && total > maxBytes) break;
        const at = row.seq as bigint;
        // A damaged index may lead to a record twice, or to one of another stream.
        const asked = row.listing_id === signed(listingId) && Number(row.generation) === generation;
        if (!asked || at < next || !isIntact("segments", row)) {
          onCorrupt({ listingId, generation, seq: at });
          continue;
        }
        next = at + 1n;
        const { header } = parseSegment(bytes);
        found.push({
          header,
          segmentId: row.segment_id as Bytes,
          bytes,
          receivedAtMs: Number(row.received_at_ms),
        });
      }
      return found;
    },

    head: async (listingId, generation) => head(listingId, generation),
    heads: async () =>
      (allHeads.all() as Row[]).flatMap((row) => {
        try {
          return [intactHead(row)];
        } catch (error) {
          if (error instanceof CorruptRecord) return [];
          throw error;
        }
      }),

    async generationAfter(listingId, generation) {
      const next = nextGeneration.get(signed(listingId), generation)?.g;
      return typeof next === "bigint" ? Number(next) : null;
    },

    async firstInEpoch(listingId, generation, epoch) {
      const row = firstOfEpoch.get(signed(listingId), generation, epoch);
      return row ? { seq: row.seq as bigint, epoch: Number(row.epoch) } : null;
    },

    async keepEvidence({ header, segmentId, bytes, receivedAtMs }) {
      await database.write(() => {
        const listing = signed(header.listingId);
        if (Number(countEvidence.get(listing)!.n) >= MAX_EVIDENCE_PER_LISTING) return;
        const row = [listing, header.generation, header.seq, receivedAtMs, segmentId, bytes];
        insertEvidence.run(...row, checksumOf(row));
      });
    },

    async trim({ beforeMs, maxBytes }) {
      return (await dropOld(beforeMs)) + (await dropExcess(maxBytes));
    },
  };
}

/** uint64 → SQLite's signed integer with the same bits. */
export const signed = (id: bigint): bigint => BigInt.asIntN(64, id);

function toHead(row: Row): Head {
  const signedHeader = row.signed_header as Bytes;
  return {
    header: decodeHeader(signedHeader.subarray(0, HEADER_BYTES)),
    segmentId: row.segment_id as Bytes,
    signedHeader,
    epochFirstSeq: row.epoch_first_seq as bigint,
    receivedAtMs: Number(row.received_at_ms),
  };
}
