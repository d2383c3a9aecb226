/** The relay as a program: one ready line on stdout, logs on stderr, SIGTERM and SIGINT stop it. With `check` it looks through its store instead. */
import { writeSync } from "node:fs";
import { DeploymentInvalid } from "@weir/sdk/chain";
import { checkStore } from "./check.ts";
import { ConfigInvalid, dataDirOf, readConfig, requireFreePorts } from "./config.ts";
import { createLog } from "./log.ts";
import { startRelay } from "./relay.ts";

/** Exit codes as of the `weir` command: what is set wrong is the operator's to mend, anything else is a fault. */
const FAULT = 1;
const USAGE = 2;

/** Whatever is wrong with a setting is said in one line that names it, and ends the program. */
async function orUsage<T>(read: () => T | Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof ConfigInvalid || error instanceof DeploymentInvalid)) throw error;
    writeSync(2, `${error.message}\n`);
    process.exit(USAGE);
  }
}

if (process.argv[2] === "check") {
  const dataDir = await orUsage(() => dataDirOf(process.env));
  process.exit(checkStore(dataDir, (line) => writeSync(1, `${line}\n`)));
}

const config = await orUsage(() => readConfig(process.env));
await orUsage(() => requireFreePorts(config));
const log = createLog(config.logLevel);

/** A crash is safe by design; going on after a broken disk is not. */
const onFatal = (error: Error) => {
  log.fatal({ err: error }, "the relay ends");
  process.exit(FAULT);
};

// Every acknowledged thing is on the disk, so ending and being started again is always safe.
process.on("uncaughtException", onFatal);

const { stop, ...ready } = await startRelay(config, { log, onFatal });

let stopping = false;
async function end(reason: string): Promise<void> {
  if (stopping) return;
  stopping = true;
  log.info({ reason }, "the relay stops");
  await stop();
  process.exit(0);
}
for (const name of ["SIGTERM", "SIGINT"] as const) process.on(name, () => void end(name));
if (config.parentWatch) {
  process.stdin.on("close", () => void end("parent"));
  process.stdin.on("end", () => void end("parent"));
  process.stdin.resume();
}
process.stdout.write(`${JSON.stringify({ event: "ready", ...ready })}\n`);
