import { bodyBytesOf, type Row } from "../ingest/journal.ts";
import { MAX_JOURNAL_READ } from "../limits.ts";

type Waiting = Row & { size: number; since: number };

export type QueueInit = {
  /** Rows of the hub behind an id, in order. */
  read: (after: number, limit: number) => Row[];
  /** Whether a row belongs to the stream. */
  takes: (row: Row) => boolean;
  elapsed: () => number;
  /** Begins behind this row. */
  after: number;
};

/** A stream's own rows that wait to be sealed, in order. Bounded: what does not fit is read from disk when there is room. */
export class WaitingQueue {
  readonly #init: QueueInit;
  #rows: Waiting[] = [];
  /** Every row up to here is in the queue, or is not the stream's. */
  #readTo: number;
  /** More rows are on disk. */
  behind = true;
  /** What the rows take in a segment's body, at most. */
  bytes = 0;

  constructor(init: QueueInit) {
    this.#init = init;
    this.#readTo = init.after;
  }

  get length(): number {
    return this.#rows.length;
  }

  first = (): Waiting | undefined => this.#rows[0];
  peek = (count: number): readonly Waiting[] => this.#rows.slice(0, count);
  sizeAt = (index: number): number => this.#rows[index]!.size;

  /** The row up to which nothing waits, given that everything up to `sealed` is sealed. */
  position = (sealed: number): number => (this.#rows.length > 0 || this.behind ? sealed : this.#readTo);

  /** Rows that have just been written down, in order, and when they came. */
  offer(rows: readonly Row[], since: number): void {
    if (this.behind) return; // they are on disk too, and come in their turn
    if (this.#rows.length + rows.length > MAX_JOURNAL_READ) this.behind = true;
    else this.#take(rows, since);
  }

  refill(): void {
    while (this.behind && this.#rows.length < MAX_JOURNAL_READ / 2) {
      const rows = this.#init.read(this.#readTo, MAX_JOURNAL_READ / 2);
      this.#take(rows, this.#init.elapsed());
      this.behind = rows.length > 0;
    }
  }

  drop(count: number): void {
    for (const { size } of this.#rows.splice(0, count)) this.bytes -= size;
  }

  #take(rows: readonly Row[], since: number): void {
    for (const row of rows) {
      if (row.id <= this.#readTo) continue;
      this.#readTo = row.id;
      if (!this.#init.takes(row)) continue;
      const size = bodyBytesOf(row);
      this.bytes += size;
      this.#rows.push({ ...row, size, since });
    }
  }
}
