import { type ChildProcess, spawn } from "node:child_process";
import { createWriteStream, mkdirSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

export type Program<Ready> = {
  name: string;
  ready: Ready;
  child: ChildProcess;
  /** Resolves with the exit code once it has ended. */
  ended: Promise<number | null>;
  stop(): Promise<void>;
};

/** A program ended, or said nothing, before it was ready. */
export class ProgramFailed extends Error {
  override readonly name = "ProgramFailed";
}

const STOP_PATIENCE_MS = 8000;

/**
 * Starts a Node program of this repository and waits for its line `{"event":"ready", …}` on stdout. Its log (stderr) goes to a
 * file of its own. It watches its stdin: when this process is gone, however it went, the program ends by itself.
 */
export async function startProgram<Ready>(p: {
  name: string;
  script: string;
  args?: string[];
  env: Record<string, string>;
  logs: string;
  patienceMs?: number;
  /** For a program that says nothing: an address that answers 200 once it is ready. */
  readyUrl?: string;
  /** Written to its stdin, which stays open. */
  input?: string;
}): Promise<Program<Ready>> {
  mkdirSync(p.logs, { recursive: true });
  const logPath = join(p.logs, `${p.name}.log`);
  const log = createWriteStream(logPath, { flags: "a" }); // a program that is started again goes on in its log
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", p.script, ...(p.args ?? [])],
    {
      env: { ...process.env, WEIR_PARENT_WATCH: "1", ...p.env },
      stdio: ["pipe", "pipe", "pipe"],
      // Out of the terminal's group: Ctrl-C reaches only the supervisor, which stops everything in order.
      detached: true,
    },
  );
  child.stderr.pipe(log);
  if (p.input !== undefined) child.stdin.write(p.input);
  const ended = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code)));
  const ready = await new Promise<Ready>((resolve, reject) => {
    const timer = setTimeout(
      () =>
        reject(
          new ProgramFailed(
            `${p.name} is not ready after ${(p.patienceMs ?? 60_000) / 1000} s; see ${logPath}`,
          ),
        ),
      p.patienceMs ?? 60_000,
    );
    createInterface({ input: child.stdout }).on("line", (line) => {
      log.write(`${line}\n`);
      if (!line.startsWith('{"event":"ready"')) return;
      clearTimeout(timer);
      resolve(JSON.parse(line) as Ready);
    });
    if (p.readyUrl !== undefined) {
      void answers(p.readyUrl, child).then(() => {
        clearTimeout(timer);
        resolve({} as Ready);
      });
    }
    child.once("error", reject);
    void ended.then((code) => {
      clearTimeout(timer);
      reject(new ProgramFailed(`${p.name} ended with ${code} before it was ready; see ${logPath}`));
    });
  }).catch((error) => {
    child.kill("SIGKILL");
    throw error;
  });
  return {
    name: p.name,
    ready,
    child,
    ended,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), STOP_PATIENCE_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

const POLL_MS = 100;

async function answers(url: string, child: ChildProcess): Promise<void> {
  while (child.exitCode === null && child.signalCode === null) {
    const ok = await fetch(url).then(
      (response) => response.ok,
      () => false, // not listening yet
    );
    if (ok) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
