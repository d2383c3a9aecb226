// Messages on disk before they are acknowledged, in the order in which they came.
import { EventEmitter } from "node:events";
import type { Database } from "../database.ts";
import type { ListingInfo } from "../directory.ts";
import { GatewayRefusal } from "../errors.ts";
import { feeds } from "../feed.ts";
import { MAX_JOURNAL_BYTES, MAX_MESSAGE_BYTES } from "../limits.ts";

/** One message as a device sent it. `topic` is the part behind `<device>/`, `timeMs` when the gateway took it. */
export type Taken = { hubId: bigint; device: string; topic: string; timeMs: number; payload: Uint8Array };
/** A message with its place: ids rise and are never used again. */
export type Row = Omit<Taken, "hubId"> & { id: number };

/** What `bytes` counts of a row, in SQL and of a message alike: a byte too many for each would refuse devices after a while. */
const ROW_BYTES = "LENGTH(payload) + LENGTH(CAST(topic AS BLOB)) + 64";
const sizeOf = ({ payload, topic }: Taken): number => payload.length + Buffer.byteLength(topic) + 64;

/** Bytes a body has beside its messages: "WEIR", count, inflated size. */
const BODY_PREFIX_BYTES = 12;

export type Journal = {
  /**
   * Resolves once the messages are on disk. `along` is written in the same commit: both or neither. @throws GatewayRefusal before anything is
   * written
   */
  append(messages: readonly Taken[], along?: () => void): Promise<void>;
  /** At most `limit` rows of a hub behind `after`, in order. */
  read(hubId: bigint, after: number, limit: number): Row[];
  /** The highest id there is, 0 in an empty journal that never held any. */
  last(): number;
  /** Where a listing created at this moment begins: before the first message that came since. */
  positionAt(timeMs: number): number;
  /** Drops a hub's rows up to `id`. Only inside a commit. */
  trim(hubId: bigint, id: number): void;
  /** Drops what nobody sells: rows of these hubs older than `beforeMs`. Only inside a commit. */
  trimOlder(hubIds: readonly bigint[], beforeMs: number): void;
  bytes(): number;
  /** Rows that are on disk now, in order of their ids, and when they came (`elapsed`): writing them down is part of their waiting. */
  events: EventEmitter<{ appended: [hubId: bigint, rows: readonly Row[], since: number] }>;
};

/** Bytes of one message in a segment's body, never less than what the CBOR encoder makes of it. */
export const bodyBytesOf = (message: { device: string; topic: string; payload: Uint8Array }): number =>
  1 +
  3 +
  Buffer.byteLength(message.device) +
  3 +
  Buffer.byteLength(message.topic) +
  9 +
  5 +
  message.payload.length;

/** Whether the message alone fits into a segment of at most `maxBytes`. */
export const fitsAlone = (message: Parameters<typeof bodyBytesOf>[0], maxBytes: number): boolean =>
  BODY_PREFIX_BYTES + bodyBytesOf(message) <= maxBytes;

export function createJournal(init: {
  db: Database;
  listings: () => readonly ListingInfo[];
  /** Milliseconds that only grow. */
  elapsed?: () => number;
}): Journal {
  const { db, elapsed = () => performance.now() } = init;
  const events: Journal["events"] = new EventEmitter();
  events.setMaxListeners(0); // one pipeline for each listing
  let bytes = db.get<{ bytes: number | null }>(`SELECT SUM(${ROW_BYTES}) AS bytes FROM journal`)?.bytes ?? 0;

  function check(message: Taken): void {
    if (message.payload.length > MAX_MESSAGE_BYTES)
      throw new GatewayRefusal("TooLarge", `a message has at most ${MAX_MESSAGE_BYTES} bytes`, "payload");
    for (const { hubId, newest } of init.listings()) {
      const { maxBytes } = newest.terms.segment;
      if (
        hubId === message.hubId &&
        !fitsAlone(message, maxBytes) &&
        feeds(newest.feed, message.device, message.topic)
      )
        throw new GatewayRefusal(
          "TooLarge",
          `a message must fit into the listing's segments of ${maxBytes} bytes`,
          "payload",
        );
    }
  }

  return {
    events,
    async append(messages, along) {
      for (const message of messages) check(message);
      const size = messages.reduce((sum, message) => sum + sizeOf(message), 0);
      if (bytes + size > MAX_JOURNAL_BYTES)
        throw new GatewayRefusal(
          "JournalFull",
          `${bytes} bytes wait for relays; at most ${MAX_JOURNAL_BYTES} may`,
        );
      bytes += size;
      const since = elapsed();
      const written = db.commit(() => {
        along?.();
        return messages.map(({ hubId, device, topic, timeMs, payload }) => {
          const sql = "INSERT INTO journal (hubId, device, topic, timeMs, payload) VALUES (?, ?, ?, ?, ?)";
          const { lastInsertRowid: id } = db.run(sql, String(hubId), device, topic, timeMs, payload);
          return { id, hubId, device, topic, timeMs, payload };
        });
      });
      const rows = await written.catch((error: unknown) => {
        bytes -= size;
        throw error;
      });
      for (const [hubId, group] of Map.groupBy(rows, (row) => row.hubId))
        events.emit("appended", hubId, group, since);
    },
    read: (hubId, after, limit) =>
      db.all<Row>(
        "SELECT id, device, topic, timeMs, payload FROM journal WHERE hubId = ? AND id > ? ORDER BY id LIMIT ?",
        String(hubId),
        after,
        limit,
      ),
    last: () => db.get<{ seq: number }>("SELECT seq FROM sqlite_sequence WHERE name = 'journal'")?.seq ?? 0,
    positionAt(timeMs) {
      const row = db.get<{ id: number | null }>(
        "SELECT MIN(id) AS id FROM journal WHERE timeMs >= ?",
        timeMs,
      );
      return row?.id == null ? this.last() : row.id - 1;
    },
    trim(hubId, id) {
      drop("hubId = ? AND id <= ?", String(hubId), id);
    },
    trimOlder(hubIds, beforeMs) {
      for (const hubId of hubIds) drop("hubId = ? AND timeMs < ?", String(hubId), beforeMs);
    },
    bytes: () => bytes,
  };

  function drop(where: string, ...values: (string | number)[]): void {
    const freed = db.get<{ bytes: number | null }>(
      `SELECT SUM(${ROW_BYTES}) AS bytes FROM journal WHERE ${where}`,
      ...values,
    );
    if (freed?.bytes == null) return;
    db.run(`DELETE FROM journal WHERE ${where}`, ...values);
    bytes -= freed.bytes;
  }
}
