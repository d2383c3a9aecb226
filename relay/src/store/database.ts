/**
 * One SQLite file in WAL mode with full synchronisation, and one group commit over everything that is written to it.
 *
 * Writers hand in jobs; all jobs of one turn of the event loop share a transaction, so a thousand segments, vouchers and
 * charges cost one flush to the disk. Nothing waits for a timer: under load a turn lasts longer and groups grow by themselves.
 */
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { crc32 } from "node:zlib";
import { checkLog, flushFolder, foldLog } from "@weir/sdk/disk";
import { RefusedError } from "@weir/sdk/wire";
import { DATABASE_TIMEOUT_MS, LOG_CHECKPOINT_PAGES, MAX_LOG_BYTES } from "../limits.ts";
import { checksumOf, type Value } from "./checksum.ts";

/** `PRAGMA synchronous` = FULL: a commit in WAL mode returns after the flush. Asserted at every open. */
const SYNCHRONOUS_FULL = 2n;
/** Primary SQLite result codes (https://www.sqlite.org/rescode.html). */
const SQLITE_IOERR = 10;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
/** Faults of the file, not of a job: they end the whole group. */
const FILE_FAULTS: ReadonlySet<number | undefined> = new Set([SQLITE_IOERR, SQLITE_CORRUPT, SQLITE_FULL]);

/** The file system did not give what durability needs. */
export class DurabilityError extends Error {
  override readonly name = "DurabilityError";
}

/** The file was written by a relay with other tables. */
export class LayoutError extends Error {
  override readonly name = "LayoutError";

  constructor(file: string) {
    super(
      `${file} was written by another version of the relay: run that one, or begin with an empty folder.`,
    );
  }
}

type Job = { run: () => unknown; resolve: (value: never) => void; reject: (error: unknown) => void };

export type DatabaseInit = {
  file: string;
  schema: string;
  /** Called once after an I/O or corruption error: what was acknowledged can no longer be trusted, so the process must end. */
  onFatal: (error: Error) => void;
};

export type Database = {
  prepare(sql: string): StatementSync;
  /** Runs `job` in the next group; resolves when it is on the disk. What a job wrote before it threw is undone, others go on. */
  write<T>(job: () => T): Promise<T>;
  /** For tests and operators: the largest size of the file, in pages. */
  limitPages(pages: number): void;
  close(): void;
};

/** @throws DurabilityError when WAL or full synchronisation cannot be had; DamagedLog; LayoutError for another version's file. */
export function openDatabase({ file, schema, onFatal }: DatabaseInit): Database {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  checkLog(file);
  const sql = new DatabaseSync(file, { readBigInts: true });
  sql.exec(
    `PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = ${DATABASE_TIMEOUT_MS};`,
  );
  if (sql.prepare("PRAGMA journal_mode").get()?.journal_mode !== "wal")
    throw new DurabilityError(`${file} cannot be opened with a write-ahead log.`);
  if (sql.prepare("PRAGMA synchronous").get()?.synchronous !== SYNCHRONOUS_FULL)
    throw new DurabilityError(`${file} cannot be opened with full synchronisation.`);
  sql.exec(`PRAGMA journal_size_limit = ${MAX_LOG_BYTES}`);
  // For rows that SQL changes by itself.
  sql.function("checksum", { varargs: true, useBigIntArguments: true, deterministic: true }, (...values) =>
    checksumOf(values as Value[]),
  );
  const layout = crc32(schema) & 0x7fff_ffff; // what user_version holds
  const { tables } = sql.prepare("SELECT count(*) AS tables FROM sqlite_schema").get() as { tables: bigint };
  if (tables > 0n && sql.prepare("PRAGMA user_version").get()?.user_version !== BigInt(layout))
    throw new LayoutError(file);
  sql.exec(`BEGIN IMMEDIATE; ${schema} PRAGMA user_version = ${layout}; COMMIT`);
  const log = foldLog(sql, file, { pages: LOG_CHECKPOINT_PAGES });
  flushFolder(file);

  const begin = sql.prepare("SAVEPOINT job");
  const keep = sql.prepare("RELEASE job");
  const undo = sql.prepare("ROLLBACK TO job");
  let queue: Job[] = [];
  let scheduled = false;
  let closed = false;

  function commit(): void {
    scheduled = false;
    const jobs = queue;
    queue = [];
    if (jobs.length === 0) return;
    const settle: (() => void)[] = [];
    try {
      sql.exec("BEGIN IMMEDIATE");
      for (const job of jobs) settle.push(run(job));
      sql.exec("COMMIT");
    } catch (error) {
      if (sql.isTransaction) sql.exec("ROLLBACK");
      const failure = translate(error);
      for (const job of jobs) job.reject(failure);
      return;
    }
    try {
      log.grown();
    } catch (error) {
      onFatal(error as Error);
      for (const job of jobs) job.reject(error);
      return;
    }
    for (const done of settle) done();
  }

  function run(job: Job): () => void {
    begin.run();
    try {
      const value = job.run();
      keep.run();
      return () => job.resolve(value as never);
    } catch (error) {
      if (FILE_FAULTS.has(resultCode(error))) throw error;
      undo.run();
      keep.run();
      return () => job.reject(error);
    }
  }

  function translate(error: unknown): Error {
    const code = resultCode(error);
    if (code === SQLITE_FULL) return new RefusedError("DiskFull", "The relay's disk is full.");
    const failure = error instanceof Error ? error : new DurabilityError(String(error));
    if (code === SQLITE_IOERR || code === SQLITE_CORRUPT) onFatal(failure);
    return failure;
  }

  return {
    prepare: (text) => sql.prepare(text),
    write<T>(job: () => T): Promise<T> {
      return new Promise<T>((resolve, reject) => {
        if (closed) return reject(new DurabilityError("the store is closed"));
        queue.push({ run: job, resolve: resolve as (value: never) => void, reject });
        if (scheduled) return;
        scheduled = true;
        setImmediate(commit);
      });
    },
    limitPages: (pages) => sql.exec(`PRAGMA max_page_count = ${Math.trunc(pages)}`),
    close() {
      closed = true;
      commit();
      try {
        log.end();
      } catch (error) {
        onFatal(error as Error);
      }
      sql.close();
    },
  };
}

/** Primary result code of a node:sqlite error, undefined for anything else. */
function resultCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | null)?.errcode;
  return typeof code === "number" ? code & 0xff : undefined;
}
