// The seller's edge program: `run` (also without a verb), `init <file>`, `check`, `status`, `backup <folder>`, `restore <folder>`. Settings: docs/running.md.
import { pino } from "pino";
import { BackupError, backup, restore } from "./commands/backup.ts";
import { check } from "./commands/check.ts";
import { init } from "./commands/init.ts";
import { status } from "./commands/status.ts";
import { ConfigError, loadConfig, loadPassphrase } from "./config.ts";
import { type Gateway, startGateway } from "./gateway.ts";
import { SecretsError } from "./secrets.ts";

const { WEIR_LOG_LEVEL: level = "info" } = process.env;
const levels = [...Object.keys(pino.levels.values), "silent"];
const isLevel = levels.includes(level);
const log = pino({ base: { program: "gateway" }, level: isLevel ? level : "info" }, pino.destination(2));

/** Exit codes: a wrong configuration is the operator's to mend, what a rule forbids is said by name, anything else is a fault. */
const FAULT = 1;
const USAGE = 2;
const REFUSED = 3;

async function main(): Promise<number> {
  if (!isLevel) throw new ConfigError("WEIR_LOG_LEVEL", `is one of ${levels.join(", ")}`);
  const [verb = "run", ...words] = process.argv.slice(2);
  const json = words.includes("--json");
  const [path] = words.filter((word) => word !== "--json");
  if (["init", "backup", "restore"].includes(verb) && path === undefined)
    throw new ConfigError(verb, "names a file or folder behind it");
  switch (verb) {
    case "run":
      await run();
      return 0;
    case "init":
      await init(path!, await loadPassphrase(process.env));
      return 0;
    case "check":
      return (await check(await loadConfig(process.env), json)) ? 0 : REFUSED;
    case "status":
      return (await status(process.env, json)) ? 0 : REFUSED;
    case "backup":
    case "restore": {
      const copied = await (verb === "backup" ? backup : restore)(await loadConfig(process.env), path!);
      const files = Object.keys(copied.sha256);
      const words = `${files.join(", ")}: ${verb === "backup" ? `copied to ${path}` : "put back; the streams begin a new generation"}`;
      process.stdout.write(`${json ? JSON.stringify({ [verb]: path, files }) : words}\n`);
      return 0;
    }
    default:
      throw new ConfigError(verb, "is none of run, init, check, status, backup, restore");
  }
}

async function run(): Promise<void> {
  const config = await loadConfig(process.env);
  const gateway = await startGateway(config, log).catch(
    (error: NodeJS.ErrnoException & { port?: number }) => {
      if (error.code !== "EADDRINUSE") throw error;
      const variable = error.port === config.mqttPort ? "WEIR_PORT_MQTT" : "WEIR_PORT_GATEWAY_HTTP";
      throw new ConfigError(variable, `is ${error.port}, and another program listens there`);
    },
  );
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
  (code) => process.exit(code),
  (error: Error) => {
    const usage = error instanceof ConfigError || error instanceof SecretsError;
    log.fatal({ event: "start", reason: error.name }, error.message);
    process.exit(error instanceof BackupError ? REFUSED : usage ? USAGE : FAULT);
  },
);
