import { explainError, GatewayError } from "@weir/sdk/client";

/** What a script can rely on. */
export const EXIT = { done: 0, fault: 1, usage: 2, refused: 3, unreachable: 4 } as const;

const UNREACHABLE: ReadonlySet<string> = new Set([
  "Unreachable",
  "ChainUnreachable",
  "GatewayOffline",
  "GatewayUnreachable",
  "HttpRequestError",
]);
/** Names in the table that are faults all the same: nobody refused anything. */
const FAULTS: ReadonlySet<string> = new Set(["ChainFault", "EventMissing", "ClosedError"]);

/** A wrong word on the command line, in a setting or in a file named there: which one, and the rule it breaks. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Everything was understood and a rule says no: a wrong passphrase, a file that exists, a plan that cannot be bought so. */
export class RefusedByRule extends Error {
  override readonly name = "RefusedByRule";
}

/** Somebody whom the command needs is not there. */
export class NotThere extends Error {
  override readonly name = "NotThere";
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  if (error instanceof RefusedByRule) return EXIT.refused;
  if (error instanceof NotThere) return EXIT.unreachable;
  const { name, known } = explainError(error);
  if (UNREACHABLE.has(name)) return EXIT.unreachable;
  if (error instanceof GatewayError) return error.status < 500 ? EXIT.refused : EXIT.fault;
  // What has its sentence in the table was refused by a rule; anything else is a fault of ours.
  return known && !FAULTS.has(name) ? EXIT.refused : EXIT.fault;
}

const plain = (_: string, item: unknown): unknown => (typeof item === "bigint" ? String(item) : item);

/** An object as one line; bigints as decimal strings. */
export const line = (object: unknown): string => JSON.stringify(object, plain);

/** One object per line for programs, one sentence for people. */
export function print(json: boolean | undefined, object: Record<string, unknown>, sentence: string): void {
  console.log(json ? line(object) : sentence);
}

/** Rows: one object a line for programs, aligned columns for people. `columns` picks and orders the fields. */
export function printRows(
  json: boolean | undefined,
  rows: readonly Record<string, unknown>[],
  columns: readonly string[],
  nothing: string,
): void {
  if (json) {
    for (const row of rows) console.log(line(row));
    return;
  }
  if (rows.length === 0) {
    console.log(nothing);
    return;
  }
  const table = [columns, ...rows.map((row) => columns.map((column) => shown(row[column])))];
  const widths = columns.map((_, i) => Math.max(...table.map((cells) => cells[i]!.length)));
  for (const cells of table)
    console.log(
      cells
        .map((text, i) => text.padEnd(widths[i]!))
        .join("  ")
        .trimEnd(),
    );
}

/** A cell: what a stranger wrote must not move the cursor or paint the terminal. */
const shown = (value: unknown): string =>
  (value === undefined || value === null
    ? ""
    : typeof value === "object"
      ? line(value)
      : String(value)
  ).replace(/\p{Cc}|\p{Cf}|\p{Zl}|\p{Zp}/gu, "�");

/** A stranger's words for a terminal. */
export const safe = shown;

/** A line that tells how far a long act is: on a terminal only, always in the same place. */
export function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}`);
}
/** Ends the line of `progress`. */
export function progressDone(): void {
  if (process.stderr.isTTY) process.stderr.write("\r\x1b[2K");
}

/** Own errors say in their message what happened and what to do. */
const isOwn = (error: unknown): error is Error =>
  error instanceof UsageError ||
  error instanceof RefusedByRule ||
  error instanceof NotThere ||
  error instanceof GatewayError;

export function printError(error: unknown, json: boolean): void {
  const { name, sentence, advice } = explainError(error);
  const message = error instanceof Error ? error.message : String(error);
  if (json) {
    const more = isOwn(error) ? {} : { sentence, advice };
    const field = error instanceof GatewayError && error.field ? { field: error.field } : {};
    console.log(
      JSON.stringify({ error: { name: isOwn(error) ? error.name : name, message, ...field, ...more } }),
    );
  } else if (isOwn(error)) console.error(`weir: ${safe(message)}`);
  else console.error(`${sentence}\n  ${safe(message)}\n  ${advice}`);
}
