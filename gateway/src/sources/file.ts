// A file as a source: its records in order, each exactly once. How far it was read is written in the same commit as the messages, so
// that after kill -9 the next record is the first one that is not in the journal.
import { createHash } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { ConfigError, type SourceConfig } from "../config.ts";
import type { Database } from "../database.ts";
import { SOURCE_WAIT_MS } from "../limits.ts";
import { sleep } from "../link.ts";
import { columnsOf, Lines, payloadOf, type SourceRecord } from "./records.ts";
import { batchOf, createSourceIntake, nameOf, type SourceInit } from "./source.ts";

type FileSource = Extract<SourceConfig, { file: string }>;
type Place = { offset: number; records: number; done: boolean };

const CHUNK_BYTES = 64 * 1024;
/** The first bytes of what was read, remembered to recognise the file. */
const HEAD_BYTES = 4_096;

/** Reads the file to its end, or for ever with `follow`. Rejects with a ConfigError that names the record which breaks a rule. */
export async function runFile(source: FileSource, init: SourceInit & { db: Database }): Promise<void> {
  const { db, log, metrics, signal } = init;
  const name = nameOf(source);
  const file = await open(source.file, "r").catch((error: NodeJS.ErrnoException) => {
    throw new ConfigError(source.file, `cannot be read (${error.code})`);
  });
  try {
    const place = await placeOf(db, name, file);
    metrics.gauge(`source_records{source="${name}"}`, () => place.records);
    metrics.gauge(`source_offset_bytes{source="${name}"}`, () => place.offset);
    if (place.done && !source.follow) {
      log.info({ event: "source done", source: name, records: place.records }, "the file was read before");
      return;
    }
    log.info({ event: "source", source: name, file: source.file, ...place }, "a file is read");
    const intake = createSourceIntake(source, init);
    const size = batchOf(source);
    let batch: SourceRecord[] = [];
    const flush = async (done: boolean): Promise<boolean> => {
      const end = batch.at(-1)?.end ?? place.offset;
      const next = { offset: end, records: place.records + batch.length, done };
      const head = await headOf(file, end);
      const along = () =>
        void db.run(
          "INSERT OR REPLACE INTO sources (name, offset, records, head, done) VALUES (?, ?, ?, ?, ?)",
          name,
          next.offset,
          next.records,
          head,
          done ? 1 : 0,
        );
      if (batch.length === 0) await db.commit(along);
      else if (
        !(await intake.take(
          batch.map(({ payload }) => payload),
          along,
        ))
      )
        return false;
      batch = [];
      Object.assign(place, next);
      return true;
    };
    for await (const record of recordsOf(file, source, place, signal)) {
      if (record !== "end") batch.push(record);
      if ((batch.length >= size || (record === "end" && batch.length > 0)) && !(await flush(false))) return;
      if (record === "end" && source.follow) await sleep(SOURCE_WAIT_MS, signal);
    }
    if (signal.aborted) return;
    await flush(true);
    log.info({ event: "source done", source: name, records: place.records }, "a file was read to its end");
  } finally {
    await file.close();
  }
}

/** Records from `place` on; "end" whenever there is nothing more now, once unless the file is followed. */
async function* recordsOf(
  file: FileHandle,
  source: FileSource,
  place: Place,
  signal: AbortSignal,
): AsyncGenerator<SourceRecord | "end"> {
  const columns = source.format === "csv" ? await header(file) : undefined;
  let read = Math.max(place.offset, columns?.end ?? 0);
  const lines = new Lines(source.format, read);
  let number = place.records;
  const record = ({ line, end }: { line: Uint8Array; end: number }): SourceRecord | undefined => {
    try {
      const payload = payloadOf(line, columns?.names);
      if (payload !== undefined) number += 1;
      return payload && { payload, end };
    } catch (error) {
      if (error instanceof ConfigError)
        throw new ConfigError(`${source.file}, record ${number + 1}`, error.message.replace(/^record /, ""));
      throw error;
    }
  };
  while (!signal.aborted) {
    const chunk = Buffer.alloc(CHUNK_BYTES); // lines are views of it and wait in a batch while the next one is read
    const { bytesRead } = await file.read(chunk, 0, chunk.length, read);
    read += bytesRead;
    for (const line of lines.push(chunk.subarray(0, bytesRead))) {
      const found = record(line);
      if (found) yield found;
    }
    if (bytesRead > 0) continue;
    if (!source.follow) {
      // A file that is whole may lack its last line end; one that grows is in the middle of a line.
      const last = lines.end();
      const found = last && record(last);
      if (found) yield found;
      yield "end";
      return;
    }
    yield "end";
  }
}

/** A table's first line. */
async function header(file: FileHandle): Promise<{ names: string[]; end: number }> {
  const lines = new Lines("csv", 0);
  for (let read = 0; ; ) {
    const chunk = Buffer.alloc(CHUNK_BYTES);
    const { bytesRead } = await file.read(chunk, 0, chunk.length, read);
    read += bytesRead;
    const first = lines.push(chunk.subarray(0, bytesRead))[0] ?? (bytesRead === 0 ? lines.end() : undefined);
    if (first) return { names: columnsOf(first.line), end: first.end };
    if (bytesRead === 0) throw new ConfigError("header", "is missing: the file is empty");
  }
}

const headOf = async (file: FileHandle, offset: number): Promise<Buffer> => {
  const bytes = Buffer.alloc(Math.min(offset, HEAD_BYTES));
  await file.read(bytes, 0, bytes.length, 0);
  return createHash("sha256").update(bytes).digest();
};

/** Where reading goes on. @throws ConfigError when the file is not the one that was begun */
async function placeOf(db: Database, name: string, file: FileHandle): Promise<Place> {
  const row = db.get<{ offset: number; records: number; head: Uint8Array; done: number }>(
    "SELECT offset, records, head, done FROM sources WHERE name = ?",
    name,
  );
  if (!row) return { offset: 0, records: 0, done: false };
  const { size } = await file.stat();
  const same = size >= row.offset && (await headOf(file, row.offset)).equals(Buffer.from(row.head));
  if (!same) throw new ConfigError(name, "was fed by another file before: give this one a topic of its own");
  return { offset: row.offset, records: row.records, done: row.done === 1 };
}
