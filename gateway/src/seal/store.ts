// Sealed segments and where each stream stands. What is written here in one commit is what a restart goes on from.
import { type Address, type Bytes, type Header, isOpenListing, type ListingTerms } from "@weir/sdk/core";
import type { Database } from "../database.ts";
import { MAX_OUTBOX_BYTES } from "../limits.ts";

export type StreamState = {
  generation: number;
  /** Sequence number of the next segment. */
  nextSeq: number;
  /** Id of the segment before it; zeros at the start of a generation. */
  prevHash: Uint8Array;
  lastSealedAtMs: number;
  lastEpoch: number;
  /** Epochs below this one were treated as over when keys were released: they never grow again, whatever the clock says. */
  overBelow: number;
  /** Every journal row up to here is sealed, or does not belong to the stream. */
  cursor: number;
  /** What of the listing's terms a generation is bound to. */
  shape: string;
};

export type SealedSegment = { header: Header; segmentId: Bytes; bytes: Bytes };

/** Sums over segments: what metering needs of them. */
export type Sums = { messageCount: number; bodyBytes: number };

export type SegmentStore = {
  load(listingId: bigint): StreamState | undefined;
  /** Starts a stream or a new generation of it. Only inside a commit. */
  begin(
    listingId: bigint,
    start: { generation: number; cursor: number; shape: string; lastSealedAtMs: number },
  ): void;
  /**
   * Gives up what no relay has of the running generation, because none will take it any more; returns the journal row behind which those
   * messages stand, to be sealed again in the next generation. Only inside a commit.
   */
  abandon(listingId: bigint): number;
  /** Stores a segment's bytes and moves the stream past it and its messages. Only inside a commit. */
  put(segment: SealedSegment, cursor: number): void;
  /** Moves a stream past rows that are not its own. Only inside a commit. */
  skip(listingId: bigint, cursor: number): void;
  bytesOf(listingId: bigint, generation: number, seq: number): Uint8Array | undefined;
  /** The lowest (generation, seq) from `generation` on that is still held, or undefined. */
  firstHeld(listingId: bigint, generation: number): { generation: number; seq: number } | undefined;
  /** The first generation from `generation` on in which the relay has not acknowledged everything that is held. */
  firstUnacked(listingId: bigint, relay: Address): { generation: number; seq: number } | undefined;
  /** First sequence number of an epoch, and the epoch of a number. */
  firstSeqOf(listingId: bigint, generation: number, epoch: number): number | undefined;
  epochOf(listingId: bigint, generation: number, seq: number): number | undefined;
  head(listingId: bigint, generation: number): { seq: number; epoch: number } | undefined;
  /** Segments of an epoch so far. */
  ofEpoch(listingId: bigint, generation: number, epoch: number): (Sums & { sealedAtMs: number })[];
  ack(listingId: bigint, relay: Address, generation: number, seq: number): void;
  /** The journal row up to which `count` of these relays have everything on disk; drops what all of them have. Only inside a commit. */
  settle(listingId: bigint, relays: readonly Address[], count: number): number;
  outboxBytes(): number;
};

/** An open stream's root is out for its whole generation: one that is opened, or no longer is, goes on in another. */
export const shapeOf = ({
  epochLength,
  segment: { flushMs, maxMessages, maxBytes },
  flags,
}: Pick<ListingTerms, "epochLength" | "segment" | "flags">): string =>
  [epochLength, flushMs, maxMessages, maxBytes, ...(isOpenListing({ flags }) ? ["open"] : [])].join("/");

export function createSegmentStore(db: Database): SegmentStore {
  let outboxBytes = db.get<{ n: number | null }>("SELECT SUM(LENGTH(bytes)) AS n FROM outbox")?.n ?? 0;

  /** Beyond the limit the oldest go: a relay that was away for so long is given a new generation (docs/decisions/info.md). */
  function bound(): void {
    while (outboxBytes > MAX_OUTBOX_BYTES) {
      const oldest = db.get<{ id: number; n: number }>(
        "SELECT id, LENGTH(bytes) AS n FROM outbox ORDER BY id LIMIT 1",
      );
      if (!oldest) return;
      db.run("DELETE FROM outbox WHERE id = ?", oldest.id);
      outboxBytes -= oldest.n;
    }
  }

  return {
    load: (listingId) =>
      db.get<StreamState>(
        "SELECT generation, nextSeq, prevHash, lastSealedAtMs, lastEpoch, overBelow, cursor, shape FROM streams WHERE listingId = ?",
        String(listingId),
      ),
    begin(listingId, { generation, cursor, shape, lastSealedAtMs }) {
      db.run(
        `INSERT OR REPLACE INTO streams (listingId, generation, nextSeq, prevHash, lastSealedAtMs, lastEpoch, overBelow, began, cursor, shape)
         VALUES (?, ?, 0, ?, ?, 0, 0, ?, ?, ?)`,
        String(listingId),
        generation,
        new Uint8Array(32),
        lastSealedAtMs,
        cursor,
        cursor,
        shape,
      );
    },
    abandon(listingId) {
      const listing = String(listingId);
      const stream = this.load(listingId);
      if (!stream) return 0;
      const { generation } = stream;
      const kept =
        db.get<{ seq: number | null }>(
          "SELECT MAX(seq) AS seq FROM acks WHERE listingId = ? AND generation = ?",
          listing,
          generation,
        )?.seq ?? -1;
      const last = db.get<{ journalTo: number }>(
        "SELECT journalTo FROM sealed WHERE listingId = ? AND generation = ? AND seq = ?",
        listing,
        generation,
        kept,
      );
      const began = db.get<{ began: number }>(
        "SELECT began FROM streams WHERE listingId = ?",
        listing,
      )!.began;
      const where = "listingId = ? AND generation = ? AND seq > ?";
      const freed = db.get<{ n: number | null }>(
        `SELECT SUM(LENGTH(bytes)) AS n FROM outbox WHERE ${where}`,
        listing,
        generation,
        kept,
      );
      db.run(`DELETE FROM outbox WHERE ${where}`, listing, generation, kept);
      db.run(`DELETE FROM sealed WHERE ${where}`, listing, generation, kept);
      outboxBytes -= freed?.n ?? 0;
      return last?.journalTo ?? began;
    },
    put({ header, segmentId, bytes }, cursor) {
      const { generation, epoch, sealedAtMs, messageCount, bodyBytes } = header;
      const listing = String(header.listingId);
      const seq = Number(header.seq);
      const moved = db.run(
        `UPDATE streams SET nextSeq = ?, prevHash = ?, lastSealedAtMs = ?, lastEpoch = ?, cursor = ?
         WHERE listingId = ? AND generation = ? AND nextSeq = ?`,
        seq + 1,
        segmentId,
        sealedAtMs,
        epoch,
        cursor,
        listing,
        generation,
        seq,
      );
      if (moved.changes !== 1) throw new Error(`stream ${listing} does not stand at ${generation}/${seq}`);
      db.run(
        "INSERT INTO sealed (listingId, generation, seq, epoch, sealedAtMs, messageCount, bodyBytes, journalTo) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        listing,
        generation,
        seq,
        epoch,
        sealedAtMs,
        messageCount,
        bodyBytes,
        cursor,
      );
      db.run(
        "INSERT INTO outbox (listingId, generation, seq, bytes) VALUES (?, ?, ?, ?)",
        listing,
        generation,
        seq,
        bytes,
      );
      outboxBytes += bytes.length;
      bound();
    },
    skip(listingId, cursor) {
      db.run(
        "UPDATE streams SET cursor = ? WHERE listingId = ? AND cursor < ?",
        cursor,
        String(listingId),
        cursor,
      );
    },
    bytesOf: (listingId, generation, seq) =>
      db.get<{ bytes: Uint8Array }>(
        "SELECT bytes FROM outbox WHERE listingId = ? AND generation = ? AND seq = ?",
        String(listingId),
        generation,
        seq,
      )?.bytes,
    firstHeld: (listingId, generation) =>
      db.get(
        "SELECT generation, seq FROM outbox WHERE listingId = ? AND generation >= ? ORDER BY generation, seq LIMIT 1",
        String(listingId),
        generation,
      ),
    firstUnacked(listingId, relay) {
      const acked = ackOf(listingId, relay);
      return db.get(
        `SELECT generation, seq FROM outbox WHERE listingId = ? AND (generation > ? OR (generation = ? AND seq > ?))
         ORDER BY generation, seq LIMIT 1`,
        String(listingId),
        acked.generation,
        acked.generation,
        acked.seq,
      );
    },
    firstSeqOf: (listingId, generation, epoch) =>
      db.get<{ seq: number | null }>(
        "SELECT MIN(seq) AS seq FROM sealed WHERE listingId = ? AND generation = ? AND epoch = ?",
        String(listingId),
        generation,
        epoch,
      )?.seq ?? undefined,
    epochOf: (listingId, generation, seq) =>
      db.get<{ epoch: number }>(
        "SELECT epoch FROM sealed WHERE listingId = ? AND generation = ? AND seq = ?",
        String(listingId),
        generation,
        seq,
      )?.epoch,
    head: (listingId, generation) =>
      db.get(
        "SELECT seq, epoch FROM sealed WHERE listingId = ? AND generation = ? ORDER BY seq DESC LIMIT 1",
        String(listingId),
        generation,
      ),
    ofEpoch: (listingId, generation, epoch) =>
      db.all(
        "SELECT messageCount, bodyBytes, sealedAtMs FROM sealed WHERE listingId = ? AND generation = ? AND epoch = ?",
        String(listingId),
        generation,
        epoch,
      ),
    ack(listingId, relay, generation, seq) {
      db.run(
        `INSERT INTO acks (listingId, relay, generation, seq) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET generation = excluded.generation,
         seq = excluded.seq WHERE excluded.generation > acks.generation OR (excluded.generation = acks.generation AND excluded.seq > acks.seq)`,
        String(listingId),
        relay.toLowerCase(),
        generation,
        seq,
      );
    },
    settle(listingId, relays, count) {
      const listing = String(listingId);
      const stream = this.load(listingId);
      if (!stream) return 0;
      if (relays.length === 0) return stream.cursor; // nobody to wait for
      // Highest first: what the count-th has, `count` relays have; what the last has, all have.
      const acks = relays
        .map((relay) => ackOf(listingId, relay))
        .sort((a, b) => b.generation - a.generation || b.seq - a.seq);
      const least = acks.at(-1);
      const enough = acks[Math.max(0, count - 1)];
      if (!least || !enough) return 0;
      const behind = "(generation < ? OR (generation = ? AND seq <= ?))";
      const place = [listing, least.generation, least.generation, least.seq];
      const freed = db.get<{ n: number | null }>(
        `SELECT SUM(LENGTH(bytes)) AS n FROM outbox WHERE listingId = ? AND ${behind}`,
        ...place,
      );
      if (freed?.n) {
        db.run(`DELETE FROM outbox WHERE listingId = ? AND ${behind}`, ...place);
        outboxBytes -= freed.n;
      }
      if (
        enough.generation > stream.generation ||
        (enough.generation === stream.generation && enough.seq >= stream.nextSeq - 1)
      )
        return stream.cursor;
      const open = db.get<{ journalTo: number }>(
        `SELECT journalTo FROM sealed WHERE listingId = ? AND ${behind} ORDER BY generation DESC, seq DESC LIMIT 1`,
        listing,
        enough.generation,
        enough.generation,
        enough.seq,
      );
      return open?.journalTo ?? 0;
    },
    outboxBytes: () => outboxBytes,
  };

  function ackOf(listingId: bigint, relay: Address): { generation: number; seq: number } {
    const row = db.get<{ generation: number; seq: number }>(
      "SELECT generation, seq FROM acks WHERE listingId = ? AND relay = ?",
      String(listingId),
      relay.toLowerCase(),
    );
    return row ?? { generation: 0, seq: -1 };
  }
}
