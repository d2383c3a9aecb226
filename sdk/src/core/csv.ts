// Messages as a table: RFC 4180, one column per field of the listing's schema. A table carries no proofs; those are in the export.
import type { Message } from "./body.ts";

/** What every row begins with, before the schema's fields. `segmentId` leads back to the export's proof. */
export const CSV_COLUMNS = ["time", "device", "topic", "segmentId"] as const;
/** The last column: what did not fit the schema's fields, so that nothing is lost. */
const RAW = "payload";
const LAST_DATE_MS = 8.64e15;

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** The first line. `fields`: names of the schema's properties, in the order that `csvRow` is given, too. */
export const csvHeader = (fields: readonly string[]): string =>
  [...CSV_COLUMNS, ...fields, RAW].map(quoted).join(",");

/**
 * One message as a line without its end. The payload is taken apart if it is a JSON object with no other keys than `fields`;
 * otherwise it stands whole in the last column, as text or, where it is not UTF-8, as base64 behind `base64:`.
 */
export function csvRow(fields: readonly string[], message: Message & { segmentId: string }): string {
  const { timeMs, device, topic, segmentId, payload } = message;
  const row = objectOf(payload);
  const fits = row !== undefined && Object.keys(row).every((key) => fields.includes(key));
  const cells = fields.map((field) => (fits && Object.hasOwn(row, field) ? cell(row[field]) : ""));
  // A seller may write times that no calendar has.
  const time = timeMs <= LAST_DATE_MS ? new Date(timeMs).toISOString() : String(timeMs);
  const head = [time, device, topic, segmentId];
  return [...head.map(quoted), ...cells, fits ? "" : quoted(textOf(payload))].join(",");
}

function objectOf(payload: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(decoder.decode(payload));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined; // not JSON: the row keeps it as it is
  }
}

function textOf(payload: Uint8Array): string {
  try {
    return decoder.decode(payload);
  } catch {
    return `base64:${btoa(Array.from(payload, (byte) => String.fromCharCode(byte)).join(""))}`;
  }
}

function cell(value: unknown): string {
  if (typeof value === "number") return String(value);
  return quoted(typeof value === "string" ? value : JSON.stringify(value));
}

/** Spreadsheets run a cell that begins like a formula: an apostrophe makes it text, whoever wrote it. */
const FORMULA = /^[=+\-@\t\r]/;

function quoted(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
