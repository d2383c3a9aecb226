/** The relay as its own program, which a test may kill. */
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import type { World } from "./world.ts";

/** The program, for `node`. */
export const MAIN = new URL("../../src/main.ts", import.meta.url).pathname;

export type Ready = { event: "ready"; peerId: string; multiaddrs: string[]; http: string; operator: string };
export type RelayProcess = Ready & {
  child: ChildProcessByStdio<Writable, Readable, Readable>;
  /** Everything on standard output so far. */
  stdout: () => string;
  kill(signal: NodeJS.Signals): Promise<number | null>;
};

export async function spawnRelay(
  world: World,
  dataDir: string,
  env: Record<string, string> = {},
  /** A program that runs it, with its arguments: strace. */
  under: readonly string[] = [],
): Promise<RelayProcess> {
  const [command, ...args] = [...under, process.execPath, MAIN];
  const child = spawn(command!, args, {
    stdio: ["pipe", "pipe", "pipe"],
    env: {
      PATH: process.env.PATH,
      WEIR_RPC_URL: world.chain.rpc,
      WEIR_CHAIN_ID: String(world.chain.chainId),
      WEIR_DATA_DIR: dataDir,
      WEIR_DEPLOYMENT: world.chain.deploymentPath,
      WEIR_RELAY_OPERATOR: world.relayOperator,
      WEIR_PORT_RELAY_TCP: "0",
      WEIR_PORT_RELAY_WS: "0",
      WEIR_PORT_RELAY_HTTP: "0",
      ...env,
    },
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk;
  });
  const first = await Promise.race([
    once(createInterface(child.stdout), "line").then(([line]) => line as string),
    once(child, "exit").then(([code]) => {
      throw new Error(`the relay ended with ${code}:\n${stderr}`);
    }),
  ]);
  return {
    ...(JSON.parse(first) as Ready),
    child,
    stdout: () => stdout,
    async kill(signal) {
      if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
      const ended = once(child, "exit");
      child.kill(signal);
      const [code] = await ended;
      return code as number | null;
    },
  };
}
