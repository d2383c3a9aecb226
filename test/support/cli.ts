// `weir …` with a data folder, a market's file and keystores of one folder: as people run it, each a process of its own, or inside this one.
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { vi } from "vitest";
import { run } from "../../cli/src/run.ts";

export type Row = Record<string, unknown> & { error?: { name: string; message: string; field?: string } };
export type Answer = { code: number | null; rows: Row[]; said: string };
type Env = Record<string, string>;

export type Cli = {
  /** Runs a command to its end; rows are the JSON objects that it printed. `who` names a keystore of the folder. */
  weir(args: string[], who?: string, env?: Env): Promise<Answer>;
  /** The last row of a command that has to succeed. */
  done(args: string[], who?: string, env?: Env): Promise<Row>;
  /** The same inside this process, one after the other: Node takes longer to start than a short command to run. */
  quick(args: string[], who?: string, env?: Env): Promise<Answer>;
  quickly(args: string[], who?: string, env?: Env): Promise<Row>;
  /** Starts one that goes on until it is stopped, and reads the first line that it prints. */
  running<Ready>(args: string[], who?: string, env?: Env): Promise<{ child: ChildProcess; ready: Ready }>;
};

/** Keystores are `<who>.json`, opened by the file `passphrase`; the market's file is stack.json. */
export function cliIn(folder: string): Cli {
  const path = (name: string) => join(folder, name);
  const settings = (who: string | undefined): Env => ({
    WEIR_DATA_DIR: path("data"),
    WEIR_MARKET: path("stack.json"),
    ...(who === undefined
      ? {}
      : { WEIR_KEYSTORE: path(`${who}.json`), WEIR_PASSPHRASE_FILE: path("passphrase") }),
  });

  function start(args: string[], who?: string, env: Env = {}): ChildProcess {
    const { WEIR_KEYSTORE: _, WEIR_PASSPHRASE: __, ...clean } = process.env;
    return spawn(process.execPath, ["--disable-warning=ExperimentalWarning", "cli/src/main.ts", ...args], {
      env: { ...clean, ...settings(who), ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
  }

  async function weir(args: string[], who?: string, env?: Env): Promise<Answer> {
    const child = start([...args, "--json"], who, env);
    let out = "";
    let said = "";
    child.stdout!.setEncoding("utf8").on("data", (text: string) => (out += text));
    child.stderr!.setEncoding("utf8").on("data", (text: string) => (said += text));
    const [code] = (await once(child, "close")) as [number | null];
    const rows = out
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => JSON.parse(line) as Row);
    return { code, rows, said };
  }

  async function quick(args: string[], who?: string, env: Env = {}): Promise<Answer> {
    const rows: Row[] = [];
    const log = vi.spyOn(console, "log").mockImplementation((line) => void rows.push(JSON.parse(line)));
    for (const name of ["WEIR_KEYSTORE", "WEIR_PASSPHRASE"]) vi.stubEnv(name, undefined);
    for (const [name, value] of Object.entries({ ...settings(who), ...env })) vi.stubEnv(name, value);
    try {
      await run([...args, "--json"]);
      return { code: Number(process.exitCode ?? 0), rows, said: "" };
    } finally {
      log.mockRestore();
      vi.unstubAllEnvs();
      process.exitCode = undefined;
    }
  }

  return {
    weir,
    quick,
    done: async (args, who, env) => succeeded(args, await weir(args, who, env)),
    quickly: async (args, who, env) => succeeded(args, await quick(args, who, env)),
    async running<Ready>(args: string[], who?: string, env?: Env) {
      const child = start(args, who, env);
      let log = "";
      child.stderr!.setEncoding("utf8").on("data", (text: string) => (log += text));
      const ready = await new Promise<Ready>((resolve, reject) => {
        createInterface({ input: child.stdout! }).once("line", (line) => resolve(JSON.parse(line) as Ready));
        child.once("exit", (code) => reject(new Error(`weir ${args.join(" ")} ended with ${code}: ${log}`)));
      });
      return { child, ready };
    },
  };
}

function succeeded(args: string[], { code, rows, said }: Answer): Row {
  if (code !== 0 || rows.length === 0)
    throw new Error(`weir ${args.join(" ")} ended with ${code}: ${JSON.stringify(rows)} ${said}`);
  return rows.at(-1)!;
}

/** Ends a program that `running` started, if it still runs. */
export async function end(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
  child.kill("SIGTERM");
  await once(child, "exit");
}
