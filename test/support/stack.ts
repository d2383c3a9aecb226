// The whole local market for a test: `npm start`'s own program in a folder and on ports of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type Stack, type StackFile, startStack as startHere } from "../../scripts/stack/stack.ts";
import { freePorts } from "./ports.ts";

export type RunningStack = StackFile & {
  folder: string;
  child: ChildProcess;
  output: () => string;
  stop(): Promise<void>;
};

const PORTS = [
  "APP",
  "RPC",
  "INDEXER",
  "RELAY_TCP",
  "RELAY_WS",
  "RELAY_HTTP",
  "RELAY2_TCP",
  "RELAY2_WS",
  "RELAY2_HTTP",
  "MQTT",
  "GATEWAY_HTTP",
];

async function portVariables(): Promise<Record<string, string>> {
  const ports = await freePorts(PORTS.length);
  return Object.fromEntries(PORTS.map((name, i) => [`WEIR_PORT_${name}`, String(ports[i])]));
}

/** Gives a market that this process itself starts ports that no other test looks for. */
export async function takeOwnPorts(): Promise<void> {
  Object.assign(process.env, await portVariables());
}

/** Rejects with everything it printed when it ends before it is ready. */
export async function startStack(): Promise<RunningStack> {
  const folder = await mkdtemp(join(tmpdir(), "weir-stack-"));
  const env = await portVariables();
  const child = spawn(
    process.execPath,
    ["--disable-warning=ExperimentalWarning", "scripts/start.ts", "--json"],
    {
      env: { ...process.env, ...env, WEIR_DATA_DIR: folder },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let output = "";
  child.stderr.on("data", (chunk: Buffer) => {
    output += chunk;
  });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const file = await new Promise<StackFile>((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", (line) => resolve(JSON.parse(line)));
    void ended.then(() => reject(new Error(`the market did not start:\n${output}`)));
  });
  return {
    ...file,
    folder,
    child,
    output: () => output,
    async stop() {
      child.kill("SIGINT");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The same programs started by this process, for journeys that take one of them away: the others go on without it. */
export async function startStackHere(): Promise<Stack["file"] & Pick<Stack, "programs" | "stop">> {
  await takeOwnPorts();
  const folder = await mkdtemp(join(tmpdir(), "weir-stack-"));
  const stack = await startHere({
    folder: join(folder, "run"),
    app: true,
    indexer: true,
    devices: true,
    log: () => undefined,
  });
  return {
    ...stack.file,
    programs: stack.programs,
    async stop() {
      await stack.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
