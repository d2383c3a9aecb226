/** Programs whose system calls fail, or are counted: under strace, the main thread alone, on which SQLite runs. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { basename } from "node:path";

export const hasStrace = spawnSync("strace", ["-V"]).status === 0;
if (!hasStrace && process.env.WEIR_REQUIRE_ALL === "1") throw new Error("strace is needed");

export const strace = (...args: string[]) => ["strace", "-qq", ...args];

export type Written = {
  kept: number;
  refused: string | undefined;
  code: number | null;
  signal: string | null;
};

/** Runs a writer (one file, argument: its folder) under strace; `kept` = how many records it was promised. */
export async function write(writer: string, path: string, ...trace: string[]): Promise<Written> {
  const [command, ...args] = [...strace(...trace), process.execPath, writer, path];
  const env = { PATH: process.env.PATH };
  const child = spawn(command!, args, { stdio: ["ignore", "pipe", "ignore"], env });
  let said = "";
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk;
  });
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  const kept = said.match(/^kept \d+$/gm)?.length ?? 0;
  return { kept, refused: /^refused \d+ (\w+)$/m.exec(said)?.[1], code, signal };
}

/** The `at`-th call of its name, on which file. */
export type Flush = { name: string; at: number; file: string };

const FLUSHES = "trace=fsync,fdatasync";

/** Every flush of a whole run, in order. */
export async function flushesOf(writer: string, path: string, log: string): Promise<Flush[]> {
  const { code } = await write(writer, path, "-y", "-o", log, "-e", FLUSHES);
  if (code !== 0) throw new Error(`the writer ended with ${code}`);
  const counts = new Map<string, number>();
  return [...readFileSync(log, "utf8").matchAll(/^(\w+)\(\d+<([^>]+)>/gm)].map(([, name, file]) => {
    const at = (counts.get(name!) ?? 0) + 1;
    counts.set(name!, at);
    return { name: name!, at, file: basename(file!) };
  });
}

/** The same run with one flush that fails. */
export const writeWithout = (writer: string, path: string, { name, at }: Flush): Promise<Written> =>
  write(writer, path, "-o", "/dev/null", "-e", FLUSHES, "-e", `inject=${name}:error=EIO:when=${at}`);

/**
 * Has the flushes of a run fail, each in a run of its own: all that are not of the log, and of the log's the first ones, the last ones and some between, or
 * with `all` every one. The process must end each time, except where SQLite flushes the folder for itself: the program does so again behind it.
 */
export async function expectFlushesToCount(
  flushes: readonly Flush[],
  all: boolean,
  attempt: (flush: Flush) => Promise<{ code: number | null }>,
): Promise<void> {
  const isLog = ({ file }: Flush) => file.endsWith("-wal");
  const isFolder = ({ file }: Flush) => !file.includes(".");
  const ours = flushes.findLast(isFolder);
  const ofLog = flushes.filter(isLog);
  const some = new Set([...ofLog.slice(0, 2), ofLog[ofLog.length >> 1]!, ...ofLog.slice(-2)]);
  const points = flushes.filter((flush) => all || !isLog(flush) || some.has(flush));
  const worker = async () => {
    for (let point = points.shift(); point; point = points.shift()) {
      const { code } = await attempt(point);
      const passes = isFolder(point) && point !== ours;
      if ((code === 0) !== passes)
        throw new Error(`${JSON.stringify(point)}: the process ended with ${code}`);
    }
  };
  await Promise.all([worker(), worker()]);
}
