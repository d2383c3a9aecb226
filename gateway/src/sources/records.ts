// Bytes of a file → its records, each with the place behind it, so that reading can go on there. A record is a line of JSON or a row of
// a table; a row may span lines inside quotes.
import { ConfigError } from "../config.ts";
import { MAX_CSV_COLUMNS, MAX_MESSAGE_BYTES } from "../limits.ts";

export type RecordFormat = "jsonl" | "csv";
/** One record as a message's payload. `end` is the offset behind it. */
export type SourceRecord = { payload: Uint8Array; end: number };

const QUOTE = 0x22;
const NEWLINE = 0x0a;
const RETURN = 0x0d;
const fatalUtf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * Cuts a run of bytes into lines; those of a table with their quoted line ends. What is behind the last one stays until `end`.
 */
export class Lines {
  readonly #quotes: boolean;
  #rest: Uint8Array = new Uint8Array();
  #offset: number;
  #scanned = 0;
  #open = false;

  /** @param offset of the first byte that will be pushed */
  constructor(format: RecordFormat, offset: number) {
    this.#quotes = format === "csv";
    this.#offset = offset;
  }

  /** The whole lines that these bytes complete, without their ends, as views of them: the chunk must stay as it is. @throws ConfigError when one is longer than a message may be */
  push(chunk: Uint8Array): { line: Uint8Array; end: number }[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const found: { line: Uint8Array; end: number }[] = [];
    let start = 0;
    for (let at = this.#scanned; at < bytes.length; at++) {
      if (this.#quotes && bytes[at] === QUOTE) this.#open = !this.#open;
      if (bytes[at] !== NEWLINE || this.#open) continue;
      const stop = at > start && bytes[at - 1] === RETURN ? at - 1 : at;
      found.push({ line: bytes.subarray(start, stop), end: this.#offset + at + 1 });
      start = at + 1;
    }
    this.#rest = bytes.subarray(start);
    this.#offset += start;
    this.#scanned = this.#rest.length;
    if (this.#rest.length > MAX_MESSAGE_BYTES)
      throw new ConfigError(
        `offset ${this.#offset}`,
        `begins a record of more than ${MAX_MESSAGE_BYTES} bytes`,
      );
    return found;
  }

  /** The last line of a file that does not end with one. */
  end(): { line: Uint8Array; end: number } | undefined {
    return this.#rest.length === 0 ? undefined : { line: this.#rest, end: this.#offset + this.#rest.length };
  }
}

/** A line → the payload it stands for, undefined for an empty one. @throws ConfigError naming the rule */
export function payloadOf(line: Uint8Array, columns: readonly string[] | undefined): Uint8Array | undefined {
  const text = decode(line);
  if (text.trim() === "") return undefined;
  if (columns === undefined) {
    try {
      JSON.parse(text);
    } catch (error) {
      throw new ConfigError("record", `is JSON (${(error as Error).message})`);
    }
    return line.slice();
  }
  const cells = cellsOf(text);
  if (cells.length !== columns.length)
    throw new ConfigError("record", `has ${columns.length} cells as the header has, not ${cells.length}`);
  return Buffer.from(JSON.stringify(Object.fromEntries(columns.map((name, i) => [name, jsonOf(cells[i]!)]))));
}

/** The names of a table's columns. @throws ConfigError */
export function columnsOf(line: Uint8Array): string[] {
  const names = cellsOf(decode(line).replace(/^\ufeff/, ""));
  if (names.length > MAX_CSV_COLUMNS)
    throw new ConfigError("header", `has at most ${MAX_CSV_COLUMNS} columns`);
  if (names.some((name) => name === "")) throw new ConfigError("header", "names every column");
  if (new Set(names).size < names.length) throw new ConfigError("header", "names no column twice");
  return names;
}

function decode(line: Uint8Array): string {
  try {
    return fatalUtf8.decode(line);
  } catch {
    // What else it may be is not ours to guess.
    throw new ConfigError("record", "is UTF-8");
  }
}

/** RFC 4180. @throws ConfigError for a quote in the middle of a cell or one that is not closed */
function cellsOf(text: string): string[] {
  const cells: string[] = [];
  for (let at = 0; ; at++) {
    if (text[at] === '"') {
      let cell = "";
      for (;;) {
        const close = text.indexOf('"', at + 1);
        if (close < 0) throw new ConfigError("record", "closes every quote");
        cell += text.slice(at + 1, close);
        at = close + 1;
        if (text[at] !== '"') break;
        cell += '"';
      }
      if (at < text.length && text[at] !== ",")
        throw new ConfigError("record", "has nothing behind a closed quote");
      cells.push(cell);
    } else {
      const comma = text.indexOf(",", at);
      const cell = text.slice(at, comma < 0 ? undefined : comma);
      if (cell.includes('"')) throw new ConfigError("record", "has quotes around whole cells only");
      cells.push(cell);
      at += cell.length;
    }
    if (at >= text.length) return cells;
  }
}

/** A cell as JSON has it: what is written exactly as a number is one; everything else stays a text. */
const jsonOf = (cell: string): string | number | null =>
  cell === ""
    ? null
    : /^-?(0|[1-9]\d*)(\.\d+)?$/.test(cell) && Number.isSafeInteger(Math.trunc(Number(cell)))
      ? Number(cell)
      : cell;
