/** The brokers that we are compared with, started as their packages come. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { freePort } from "../../test/support/ports.ts";
import { PeerMissing } from "./bench.ts";

export type Broker = { pid: number; port: number; stop(): Promise<void> };

/** Debian puts servers where ordinary users do not look. */
const SYSTEM_FOLDERS = ["/usr/sbin", "/usr/local/sbin"];

/** Path of a program: what WEIR_BENCH_<NAME> says, or the first one in the search path. @throws PeerMissing */
export function programOf(name: string, debianPackage: string): string {
  const named = process.env[`WEIR_BENCH_${name.toUpperCase().replaceAll("-", "_")}`];
  const folders = [...(process.env.PATH ?? "").split(delimiter), ...SYSTEM_FOLDERS];
  for (const path of named === undefined ? folders.map((folder) => join(folder, name)) : [named]) {
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // The next one.
    }
  }
  throw new PeerMissing(
    `${name} is not installed (Debian package ${debianPackage}), and without it there is nothing to compare with.`,
  );
}

/**
 * Mosquitto in a folder of its own. Nothing is dropped: queues are unbounded, so a figure is never better by loss. `persistence` as Debian
 * configures it: a snapshot every half hour and at the end, no fsync before an acknowledgement.
 *
 * @throws PeerMissing
 */
export async function startMosquitto(options: { persistence?: boolean } = {}): Promise<Broker> {
  const program = programOf("mosquitto", "mosquitto");
  const folder = mkdtempSync(join(tmpdir(), "weir-mosquitto-"));
  const port = await freePort();
  const config = join(folder, "mosquitto.conf");
  const lines = [
    `listener ${port} 127.0.0.1`,
    "allow_anonymous true",
    "max_queued_messages 0",
    "max_inflight_messages 0",
    "set_tcp_nodelay true",
    // As root it would give up its rights and with them its folder.
    ...(process.getuid?.() === 0 ? ["user root"] : []),
    ...(options.persistence ? ["persistence true", `persistence_location ${folder}/`] : []),
  ];
  writeFileSync(config, `${lines.join("\n")}\n`);
  return startBroker(program, ["-c", config], port, folder);
}

/**
 * NATS in a folder of its own. With `jetStream` it can keep streams there: in files that it flushes every two minutes, so it acknowledges
 * without an fsync (`sync_interval: always` came with 2.10). A reader that is too slow is cut, never skipped.
 *
 * @throws PeerMissing
 */
export async function startNats(options: { jetStream?: boolean } = {}): Promise<Broker> {
  const program = programOf("nats-server", "nats-server");
  const folder = mkdtempSync(join(tmpdir(), "weir-nats-"));
  const port = await freePort();
  const args = ["--addr", "127.0.0.1", "--port", String(port)];
  return startBroker(program, [...args, ...(options.jetStream ? ["-js", "-sd", folder] : [])], port, folder);
}

/** Starts a server and waits until it takes connections. Its folder goes with it. */
export async function startBroker(
  program: string,
  args: string[],
  port: number,
  folder: string,
): Promise<Broker> {
  const child: ChildProcess = spawn(program, args, { stdio: "ignore" });
  const ended = once(child, "exit");
  let dead = false;
  ended.then(
    () => (dead = true),
    () => (dead = true),
  );
  while (!(await answers(port))) if (dead) throw new Error(`${program} ended before it took connections`);
  return {
    pid: child.pid!,
    port,
    async stop() {
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => setTimeout(resolve, 20, false));
  });
