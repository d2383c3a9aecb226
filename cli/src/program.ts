// Relay and gateway are programs of their own: started from here, never imported.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { EXIT } from "./output.ts";

export type ProgramName = "relay" | "gateway";

/** Runs a program with this terminal's streams until it ends, and ends as it ended. Signals reach it through the terminal, or from here. */
export async function runProgram(
  name: ProgramName,
  args: readonly string[],
  env: Record<string, string | undefined>,
): Promise<void> {
  const child = spawn(process.execPath, argsOf(name, args), {
    env: { ...process.env, ...given(env) },
    stdio: "inherit",
  });
  const pass = (signal: NodeJS.Signals) => child.kill(signal);
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, pass);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (ended) => resolve(ended));
  });
  process.exitCode = code ?? EXIT.fault;
}

/** Runs one of a program's short verbs and returns the JSON objects that it printed. Its words to people go to stderr. */
export async function askProgram(
  name: ProgramName,
  args: readonly string[],
  env: Record<string, string | undefined>,
): Promise<{ code: number; rows: Record<string, unknown>[] }> {
  const child = spawn(process.execPath, argsOf(name, args), {
    env: { ...process.env, ...given(env) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let text = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (ended) => resolve(ended));
  });
  const rows = text
    .split("\n")
    .filter((row) => row !== "")
    .map((row) => JSON.parse(row) as Record<string, unknown>);
  return { code: code ?? EXIT.fault, rows };
}

const argsOf = (name: ProgramName, args: readonly string[]): string[] => [
  "--disable-warning=ExperimentalWarning",
  fileURLToPath(import.meta.resolve(`@weir/${name}/main`)),
  ...args,
];

const given = (env: Record<string, string | undefined>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
