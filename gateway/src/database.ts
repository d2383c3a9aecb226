import { EventEmitter } from "node:events";
import { DatabaseSync, type StatementSync } from "node:sqlite";
import { checkLog, type Fold, flushFolder, foldLog } from "@weir/sdk/disk";
import { DATABASE_TIMEOUT_MS, LOG_CHECKPOINT_PAGES } from "./limits.ts";

/** The data file's name in the data folder. */
export const DATABASE_FILE = "gateway.db";
/** Name in `meta` of the last restore of this file from a copy: its value is another one each time. */
export const RESTORED = "restored";

/** The file's layout. Raised when it changes; a file of another layout is refused. */
const SCHEMA_VERSION = 1;

const SCHEMA = `
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS passwords (user TEXT PRIMARY KEY, salt BLOB NOT NULL, hash BLOB NOT NULL, setAt INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS nonces (nonce TEXT PRIMARY KEY, deadline INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS journal (
  id INTEGER PRIMARY KEY AUTOINCREMENT, hubId TEXT NOT NULL, device TEXT NOT NULL, topic TEXT NOT NULL, timeMs INTEGER NOT NULL, payload BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS journalByHub ON journal (hubId, id);
CREATE TABLE IF NOT EXISTS streams (
  listingId TEXT PRIMARY KEY, generation INTEGER NOT NULL, nextSeq INTEGER NOT NULL, prevHash BLOB NOT NULL, lastSealedAtMs INTEGER NOT NULL,
  lastEpoch INTEGER NOT NULL, overBelow INTEGER NOT NULL, began INTEGER NOT NULL,
  cursor INTEGER NOT NULL, shape TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sealed (
  listingId TEXT NOT NULL, generation INTEGER NOT NULL, seq INTEGER NOT NULL, epoch INTEGER NOT NULL, sealedAtMs INTEGER NOT NULL,
  messageCount INTEGER NOT NULL, bodyBytes INTEGER NOT NULL, journalTo INTEGER NOT NULL, PRIMARY KEY (listingId, generation, seq)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS sealedByTime ON sealed (sealedAtMs);
CREATE INDEX IF NOT EXISTS sealedByEpoch ON sealed (listingId, generation, epoch, messageCount, bodyBytes, sealedAtMs);
CREATE TABLE IF NOT EXISTS outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT, listingId TEXT NOT NULL, generation INTEGER NOT NULL, seq INTEGER NOT NULL, bytes BLOB NOT NULL,
  UNIQUE (listingId, generation, seq));
CREATE TABLE IF NOT EXISTS acks (
  listingId TEXT NOT NULL, relay TEXT NOT NULL, generation INTEGER NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (listingId, relay)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS channels (
  channelId TEXT PRIMARY KEY, listingId TEXT NOT NULL, grantId TEXT NOT NULL, version INTEGER NOT NULL, plan INTEGER NOT NULL, purchase TEXT NOT NULL,
  sessionNo TEXT NOT NULL, total TEXT NOT NULL, voucherRelay TEXT, voucherSignature BLOB, carried TEXT NOT NULL, frozenEpoch INTEGER, capture TEXT,
  closeHash TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS vouchers (
  channelId TEXT NOT NULL, cumulative TEXT NOT NULL, relay TEXT NOT NULL, signature BLOB NOT NULL, PRIMARY KEY (channelId, cumulative)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS ticks (channelId TEXT PRIMARY KEY, relay TEXT NOT NULL, proof BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS receipts (
  channelId TEXT PRIMARY KEY, segmentId TEXT NOT NULL, cumulative TEXT NOT NULL, signature BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS claims (channelId TEXT PRIMARY KEY, claimed TEXT NOT NULL, since INTEGER, hash TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS transactions (
  account TEXT NOT NULL, nonce INTEGER NOT NULL, attempt INTEGER NOT NULL, hash TEXT NOT NULL, raw TEXT NOT NULL, sentAtMs INTEGER NOT NULL,
  PRIMARY KEY (account, nonce, attempt)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sources (
  name TEXT PRIMARY KEY, offset INTEGER NOT NULL, records INTEGER NOT NULL, head BLOB NOT NULL, done INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS commands (grantId TEXT PRIMARY KEY, counter TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS demand (listingId TEXT PRIMARY KEY, until INTEGER NOT NULL, wanted INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS opened (
  channelId TEXT NOT NULL, generation INTEGER NOT NULL, epochFrom INTEGER NOT NULL, epochTo INTEGER NOT NULL,
  PRIMARY KEY (channelId, generation, epochFrom)) WITHOUT ROWID;
`;

/** The data file was written by another version of this program. */
export class SchemaMismatch extends Error {
  override readonly name = "SchemaMismatch";
}

/** The file does not promise what we answer for: every commit on disk before anything is acknowledged. */
export class NotDurable extends Error {
  override readonly name = "NotDurable";
}

type Work = { run: () => unknown; resolve: (value: never) => void; reject: (error: unknown) => void };

/**
 * The gateway's one SQLite file. Everything that is written in one turn of the event loop is committed together: many
 * messages share one fsync. A failed commit is fatal (`onFatal`): after a failed fsync nobody knows what is on disk.
 */
export class Database {
  readonly #db: DatabaseSync;
  readonly #log: Fold;
  readonly #statements = new Map<string, StatementSync>();
  readonly #events = new EventEmitter<{ fatal: [unknown] }>();
  #queue: Work[] = [];
  #scheduled = false;
  #closed = false;

  /** @throws DamagedLog, NotDurable, SchemaMismatch */
  constructor(path: string) {
    checkLog(path);
    this.#db = new DatabaseSync(path, { timeout: DATABASE_TIMEOUT_MS });
    this.#db.exec(
      "PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON",
    );
    const { synchronous } = this.get<{ synchronous: number }>("PRAGMA synchronous")!;
    const { journal_mode: mode } = this.get<{ journal_mode: string }>("PRAGMA journal_mode")!;
    if (synchronous !== 2 || mode !== "wal")
      throw new NotDurable(`synchronous is ${synchronous} (wanted 2), journal mode ${mode} (wanted wal)`);
    const { user_version: version } = this.get<{ user_version: number }>("PRAGMA user_version")!;
    if (version !== 0 && version !== SCHEMA_VERSION)
      throw new SchemaMismatch(`the data file has layout ${version}, this program knows ${SCHEMA_VERSION}`);
    this.#db.exec(`BEGIN IMMEDIATE; ${SCHEMA} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`);
    this.#log = foldLog(this.#db, path, { pages: LOG_CHECKPOINT_PAGES });
    flushFolder(path);
  }

  onFatal(listener: (error: unknown) => void): void {
    this.#events.on("fatal", listener);
  }

  /** A statement, prepared once. */
  sql(text: string): StatementSync {
    let statement = this.#statements.get(text);
    if (!statement) {
      statement = this.#db.prepare(text);
      this.#statements.set(text, statement);
    }
    return statement;
  }

  get<Row>(text: string, ...values: Values): Row | undefined {
    return this.sql(text).get(...values) as Row | undefined;
  }

  all<Row>(text: string, ...values: Values): Row[] {
    return this.sql(text).all(...values) as Row[];
  }

  /** Only inside a `commit`. */
  run(text: string, ...values: Values): { changes: number; lastInsertRowid: number } {
    const { changes, lastInsertRowid } = this.sql(text).run(...values);
    return { changes: Number(changes), lastInsertRowid: Number(lastInsertRowid) };
  }

  /**
   * Runs `work` in the next group transaction and resolves with its result once that is on disk. A `work` that throws is undone
   * alone and rejects alone. It must be synchronous, and may change memory only where memory is rebuilt from disk.
   */
  commit<T>(work: () => T): Promise<T> {
    if (this.#closed) return Promise.reject(new Error("the database is closed"));
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ run: work, resolve: resolve as (value: never) => void, reject });
      if (this.#scheduled) return;
      this.#scheduled = true;
      setImmediate(() => this.#flush());
    });
  }

  #flush(): void {
    this.#scheduled = false;
    const queue = this.#queue;
    if (queue.length === 0) return;
    this.#queue = [];
    const done: (() => void)[] = [];
    try {
      this.#db.exec("BEGIN IMMEDIATE");
      for (const { run, resolve, reject } of queue) {
        this.#db.exec("SAVEPOINT work");
        try {
          const value = run();
          done.push(() => resolve(value as never));
        } catch (error) {
          this.#db.exec("ROLLBACK TO work");
          done.push(() => reject(error));
        }
        this.#db.exec("RELEASE work");
      }
      this.#db.exec("COMMIT");
      this.#log.grown();
    } catch (error) {
      for (const { reject } of queue) reject(error);
      this.#fail(error);
      return;
    }
    for (const settle of done) settle();
  }

  /** Keeps a text under a name. Only inside a `commit`. */
  setNote(name: string, value: string): void {
    this.run("INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", name, value);
  }

  note(name: string): string | undefined {
    return this.get<{ value: string }>("SELECT value FROM meta WHERE name = ?", name)?.value;
  }

  /** Writes a copy of everything committed into a new file. */
  copyTo(path: string): void {
    this.#db.prepare("VACUUM INTO ?").run(path);
  }

  #fail(error: unknown): void {
    this.#closed = true;
    this.#events.emit("fatal", error);
  }

  /** Commits what waits, then closes the file. */
  close(): void {
    if (!this.#closed) this.#flush();
    try {
      if (!this.#closed) this.#log.end();
    } catch (error) {
      this.#fail(error);
    }
    this.#closed = true;
    this.#db.close();
  }
}

type Values = (string | number | bigint | null | Uint8Array)[];
