/** The relay as a program: one ready line on stdout, logs on stderr, SIGTERM and SIGINT stop it. With `check` it looks through its store instead. */
import { writeSync } from "node:fs";
import { checkStore } from "./check.ts";
import { dataDirOf, readConfig } from "./config.ts";
import { createLog } from "./log.ts";
import { startRelay } from "./relay.ts";

if (process.argv[2] === "check")
  process.exit(checkStore(dataDirOf(process.env), (line) => writeSync(1, `${line}\n`)));

const config = readConfig(process.env);
const log = createLog(config.logLevel);

/** A crash is safe by design; going on after a broken disk is not. */
const onFatal = (error: Error) => {
  log.fatal({ err: error }, "the relay ends");
  process.exit(1);
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
