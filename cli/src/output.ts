import { explainError } from "@weir/sdk/client";

/** What a script can rely on. */
export const EXIT = { done: 0, fault: 1, usage: 2, refused: 3, unreachable: 4 } as const;

const UNREACHABLE: ReadonlySet<string> = new Set([
  "Unreachable",
  "ChainUnreachable",
  "GatewayOffline",
  "ConnectionError",
]);

/** A wrong word on the command line, found after parsing. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export function exitCodeOf(error: unknown): number {
  if (!(error instanceof Error)) return EXIT.fault;
  if (error instanceof UsageError) return EXIT.usage;
  const { name, advice } = explainError(error);
  if (UNREACHABLE.has(name)) return EXIT.unreachable;
  // Every rule has its advice in the table; what has none is a fault of ours.
  return advice.startsWith("Report it") && !(error.name in KNOWN_RULES) ? EXIT.fault : EXIT.refused;
}

const KNOWN_RULES: Record<string, true> = { VerifyError: true };

/** One object per line for programs, one sentence and one advice for people. */
export function print(json: boolean, object: Record<string, unknown>, sentence: string): void {
  const line = JSON.stringify(object, (_, item) => (typeof item === "bigint" ? String(item) : item));
  console.log(json ? line : sentence);
}

export function printError(error: unknown, json: boolean): void {
  const { name, sentence, advice } = explainError(error);
  const message = error instanceof Error ? error.message : String(error);
  if (json) console.log(JSON.stringify({ error: { name, message, sentence, advice } }));
  else console.error(`${sentence}\n  ${message}\n  ${advice}`);
}
