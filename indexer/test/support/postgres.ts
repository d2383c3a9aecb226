/** A PostgreSQL of its own for a test: the machine's server program, on a free port, in a folder that goes away. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../../../test/support/ports.ts";

const ASK_MS = 100;

export type TestPostgres = {
  url: string;
  /** Every process of the server stands still, as on a machine that is out of breath; what is returned lets it go on. */
  pause: () => () => void;
  stop: () => Promise<void>;
};

/** The newest installed server's folder of programs, or undefined. */
export const postgresPrograms = (): string | undefined =>
  globSync("/usr/lib/postgresql/*/bin/postgres")
    .map((path) => path.slice(0, -"/postgres".length))
    .sort((a, b) => Number(a.split("/").at(-2)) - Number(b.split("/").at(-2)))
    .at(-1);

export async function startPostgres(programs: string): Promise<TestPostgres> {
  const folder = mkdtempSync(join(tmpdir(), "weir-postgres-"));
  const as = ownerOf();
  if (as) chownSync(folder, as.uid, as.gid);
  const run = { ...as, cwd: folder, stdio: "ignore" } as const;
  const data = join(folder, "data");
  execFileSync(
    join(programs, "initdb"),
    ["-D", data, "-U", "weir", "-A", "trust", "-E", "UTF8", "--locale=C"],
    run,
  );
  const port = await freePort();
  const settings = ["listen_addresses=127.0.0.1", `unix_socket_directories=${folder}`, "fsync=off"];
  const server = spawn(
    join(programs, "postgres"),
    ["-D", data, "-p", String(port), ...settings.flatMap((setting) => ["-c", setting])],
    run,
  );
  const ended = once(server, "exit");
  const ready = () => {
    try {
      execFileSync(join(programs, "pg_isready"), ["-h", "127.0.0.1", "-p", String(port), "-U", "weir"], run);
      return true;
    } catch {
      return false; // not yet: it exits with 1 or 2 until the server answers
    }
  };
  while (!ready()) {
    if (server.exitCode !== null) throw new Error(`PostgreSQL ended with ${server.exitCode}`);
    await sleep(ASK_MS);
  }
  return {
    url: `postgres://weir@127.0.0.1:${port}/postgres`,
    pause() {
      server.kill("SIGSTOP");
      // It makes none any more: these are all.
      const children = readFileSync(`/proc/${server.pid}/task/${server.pid}/children`, "utf8");
      const pids = children.trim().split(" ").map(Number);
      for (const pid of pids) process.kill(pid, "SIGSTOP");
      return () => {
        for (const pid of pids) process.kill(pid, "SIGCONT");
        server.kill("SIGCONT");
      };
    },
    async stop() {
      server.kill("SIGINT");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL refuses to run as root; its package brings an account. */
function ownerOf(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}
