/** Reads everything that is stored and says what the disk has changed. For operators and tests; serving checks each record anyway. */
import { CorruptRecord, isIntact, type Row, SUMMED, type SummedTable } from "./checksum.ts";
import type { Database } from "./database.ts";

/** One sentence per damage, none for a sound store. Reads the whole file: minutes for a large one. */
export function* scrub(database: Database): Iterable<string> {
  // The tables' structure: rows out of order, lost, or unknown to an index.
  for (const { integrity_check: words } of database.prepare("PRAGMA integrity_check").all())
    if (words !== "ok") yield String(words);
  for (const table of Object.keys(SUMMED) as SummedTable[])
    for (const row of database.prepare(`SELECT * FROM ${table}`).iterate() as Iterable<Row>)
      if (!isIntact(table, row)) yield new CorruptRecord(table, row).message;
}
