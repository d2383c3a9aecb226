/** Programs of a bench and how they are spoken to: a JSON line for each order, a JSON line for each answer. */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** What a program says; `event` names the kind. */
export type Said = { event: string } & Record<string, unknown>;

export type Child = {
  pid: number;
  order(order: object): void;
  /** The next line of this kind; lines that nobody awaits are kept. Rejects when the program ends first. */
  next<T = Said>(event: string): Promise<T>;
  stop(): Promise<void>;
};

/** For whatever a program is asked; nothing that is measured comes near it. */
const PATIENCE_MS = 300_000;
const STOP_MS = 10_000;

/** Starts bench/support/<name>.ts with `options` as its argument. */
export function startChild(name: string, options: object): Child {
  const script = join(import.meta.dirname, `${name}.ts`);
  const child: ChildProcess = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", ...profiling(name), script, JSON.stringify(options)],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  const kept: Said[] = [];
  const waiting = new Set<() => void>();
  let ended = false;
  const exited = new Promise<void>((resolve) =>
    child.once("exit", () => {
      ended = true;
      resolve();
      for (const look of waiting) look();
    }),
  );
  createInterface({ input: child.stdout! }).on("line", (line) => {
    kept.push(JSON.parse(line) as Said);
    for (const look of [...waiting]) look();
  });
  return {
    pid: child.pid!,
    order: (order) => void child.stdin!.write(`${JSON.stringify(order)}\n`),
    next: <T>(event: string) =>
      new Promise<T>((resolve, reject) => {
        let late = false;
        const timer = setTimeout(() => {
          late = true;
          look();
        }, PATIENCE_MS);
        const look = (): void => {
          const at = kept.findIndex((line) => line.event === event);
          if (at < 0 && !ended && !late) return;
          waiting.delete(look);
          clearTimeout(timer);
          if (at < 0 && late) reject(new Error(`bench/support/${name}.ts has not said "${event}" in time`));
          else if (at < 0) reject(new Error(`bench/support/${name}.ts ended before it said "${event}"`));
          else resolve(kept.splice(at, 1)[0] as T);
        };
        waiting.add(look);
        look();
      }),
    async stop() {
      if (!ended) child.stdin!.end();
      // A program whose threads wait for each other as it ends has said all that was to be measured.
      const stuck = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
      await exited;
      clearTimeout(stuck);
    },
  };
}

/** WEIR_BENCH_PROFILE names a folder: every program of a bench leaves its CPU profile there. */
export const profiling = (name: string): string[] => {
  const folder = process.env.WEIR_BENCH_PROFILE;
  return folder ? ["--cpu-prof", `--cpu-prof-dir=${join(folder, name)}`] : [];
};

// ------------------------------------------------------------------------------------------- inside such a program

export const optionsOf = <T>(): T => JSON.parse(process.argv[2]!) as T;

export const say = (said: Said): void => void process.stdout.write(`${JSON.stringify(said)}\n`);

/** Takes orders one after the other; the program ends with its standard input. */
export function onOrders<T>(take: (order: T) => Promise<void> | void): void {
  let last: Promise<void> = Promise.resolve();
  createInterface({ input: process.stdin })
    .on("line", (line) => {
      last = last.then(() => take(JSON.parse(line) as T));
    })
    .on("close", () => process.exit(0));
}
