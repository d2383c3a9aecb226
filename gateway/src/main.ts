// The seller's edge program. Configuration: docs/limits.md and the table of environment variables in README.md.
import { pino } from "pino";
import { ConfigError, loadConfig } from "./config.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { SecretsError } from "./secrets.ts";

const log = pino(
  { base: { program: "gateway" }, level: process.env.WEIR_LOG_LEVEL ?? "info" },
  pino.destination(2),
);

/** Exit codes: a wrong configuration is the operator's to mend, anything else a fault. */
const FAULT = 1;
const USAGE = 2;

async function main(): Promise<void> {
  const config = await loadConfig(process.env);
  const gateway = await startGateway(config, log);
  const stopped = stopOnRequest(gateway);
  const { host, id } = config;
  const ready = {
    event: "ready",
    id,
    mqtt: `mqtt://${host}:${gateway.mqttPort}`,
    http: `http://${host}:${gateway.httpPort}`,
  };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  const fault = await Promise.race([gateway.failed, stopped]);
  if (fault === undefined) return;
  log.fatal({ event: "fault", reason: (fault as Error).name }, (fault as Error).message);
  process.exit(FAULT);
}

/** Resolves with undefined after a clean stop. */
function stopOnRequest(gateway: Gateway): Promise<undefined> {
  return new Promise((resolve, reject) => {
    let stopping = false;
    const stop = (why: string) => {
      if (stopping) return;
      stopping = true;
      log.info({ event: "stopping", why }, "the gateway stops");
      gateway.stop().then(() => resolve(undefined), reject);
    };
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => stop(signal));
    if (process.env.WEIR_PARENT_WATCH === "1") {
      process.stdin.on("end", () => stop("parent"));
      process.stdin.on("error", () => stop("parent"));
      process.stdin.resume();
    }
  });
}

process.on("uncaughtException", (error) => {
  // Everything acknowledged is on disk: ending at once loses nothing, going on might.
  log.fatal({ event: "fault", reason: error.name, stack: error.stack }, error.message);
  process.exit(FAULT);
});

main().then(
  () => process.exit(0),
  (error: Error) => {
    const usage = error instanceof ConfigError || error instanceof SecretsError;
    log.fatal({ event: "start", reason: error.name }, error.message);
    process.exit(usage ? USAGE : FAULT);
  },
);
