import { explainError } from "@weir/sdk/client";

/** What a script can rely on. */
export const EXIT = { done: 0, fault: 1, usage: 2, refused: 3, unreachable: 4 } as const;

const UNREACHABLE: ReadonlySet<string> = new Set([
  "Unreachable",
  "ChainUnreachable",
  "GatewayOffline",
  "HttpRequestError",
]);
/** Names in the table that are faults all the same: nobody refused anything. */
const FAULTS: ReadonlySet<string> = new Set(["ChainFault", "EventMissing", "ClosedError"]);

/** A wrong word on the command line, found after parsing. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export function exitCodeOf(error: unknown): number {
  if (error instanceof UsageError) return EXIT.usage;
  const { name, known } = explainError(error);
  if (UNREACHABLE.has(name)) return EXIT.unreachable;
  // What has its sentence in the table was refused by a rule; anything else is a fault of ours.
  return known && !FAULTS.has(name) ? EXIT.refused : EXIT.fault;
}

/** One object per line for programs, one sentence and one advice for people. */
export function print(json: boolean, object: Record<string, unknown>, sentence: string): void {
  const line = JSON.stringify(object, (_, item) => (typeof item === "bigint" ? String(item) : item));
  console.log(json ? line : sentence);
}

export function printError(error: unknown, json: boolean): void {
  if (error instanceof UsageError && !json) {
    console.error(`weir: ${error.message}`);
    return;
  }
  const { name, sentence, advice } = explainError(error);
  const message = error instanceof Error ? error.message : String(error);
  if (json) console.log(JSON.stringify({ error: { name, message, sentence, advice } }));
  else console.error(`${sentence}\n  ${message}\n  ${advice}`);
}
