/**
 * Folds SQLite's write-ahead log back into the file, on the program's own account: when SQLite does it by itself
 * (`wal_autocheckpoint`), the hook that it does it in drops the result, and a flush that failed goes unnoticed.
 */
import { closeSync, fsyncSync, openSync, readSync } from "node:fs";
import { dirname } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import { FRAME_HEADER_BYTES, LOG_HEADER_BYTES, logOf } from "./log.ts";

/** https://www.sqlite.org/rescode.html */
const SQLITE_FULL = 13;

export type Fold = {
  /** After each commit: folds when the log has grown by so many pages. Two small reads otherwise. @throws what the disk said */
  grown(): void;
  /** Folds all of it and lets the log go: before the file is closed. @throws what the disk said */
  end(): void;
};

/** For an open file in WAL mode whose tables are there. */
export function foldLog(sql: DatabaseSync, file: string, { pages }: { pages: number }): Fold {
  sql.exec("PRAGMA wal_autocheckpoint = 0");
  const checkpoint = sql.prepare("PRAGMA wal_checkpoint(PASSIVE)");
  const log = openSync(logOf(file), "r");
  const header = Buffer.alloc(LOG_HEADER_BYTES);
  const frame = Buffer.alloc(FRAME_HEADER_BYTES);
  const salts = header.subarray(16, 24);
  /** Where the log stood when it was folded last. It begins anew, with other salts, as soon as nobody reads what is in it. */
  const folded = { salts: Buffer.alloc(8), frames: 0 };

  function fold(): void {
    try {
      folded.frames = Number(checkpoint.get()!.log);
      readSync(log, header, 0, LOG_HEADER_BYTES, 0);
      salts.copy(folded.salts);
    } catch (error) {
      // What is committed is in the log. The file may have no room to grow now; it is tried again.
      if ((error as { errcode?: number }).errcode !== SQLITE_FULL) throw error;
    }
  }

  return {
    grown() {
      readSync(log, header, 0, LOG_HEADER_BYTES, 0);
      const due = (salts.equals(folded.salts) ? folded.frames : 0) + pages;
      const place = LOG_HEADER_BYTES + (due - 1) * (FRAME_HEADER_BYTES + header.readUInt32BE(8));
      const isThere = readSync(log, frame, 0, FRAME_HEADER_BYTES, place) === FRAME_HEADER_BYTES;
      if (isThere && frame.subarray(8, 16).equals(salts)) fold();
    },
    end() {
      try {
        fold();
      } finally {
        closeSync(log);
      }
    },
  };
}

/** A new file's name is on the disk as well. SQLite flushes the folder too, and passes over a failure. @throws what the disk said */
export function flushFolder(file: string): void {
  if (process.platform === "win32") return; // has no such call
  const folder = openSync(dirname(file), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
