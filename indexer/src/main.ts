/**
 * Starts the indexer: `node indexer/src/main.ts`; settings by environment, see settings.ts.
 *
 * Ponder keeps serving old rows when a local chain is restarted under it, or when more blocks are replaced than it can undo. So this
 * supervisor watches the chain's identity and Ponder's log; then Ponder is stopped, its folder emptied, and Ponder started again. It
 * waits for the chain and the contracts, so it may be started before them. Each time the tables have caught up it prints one line on
 * stdout, `{"event":"ready", "url", "readyMs"}`; its log goes to stderr. It ends on SIGTERM, SIGINT and SIGHUP, when whoever forked it with
 * an IPC channel is gone, and, with the argument `--stdin` or WEIR_PARENT_WATCH=1, at the end of its standard input.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { ROOT, settings } from "./environment.ts";
import { untilLost } from "./lost.ts";
import { createProbe, type Identity } from "./probe.ts";
import { LOCAL_CHAIN_ID } from "./settings.ts";
import { copyTemplate, prepareTemplate } from "./template.ts";

/** How soon a restarted chain or a fresh deployment is noticed. */
const WATCH_MS = 250;
/** Ponder closes its database within 5 s, or is killed. */
const STOP_MS = 6_000;
/** Nobody else answers for the local chain, and it may have no other block for hours. */
const LOST_MS = settings.chainId === LOCAL_CHAIN_ID ? 0 : 60_000;
/** Loopback unless told otherwise: a public indexer stands behind a proxy that ends TLS and limits rates. */
const HOST = process.env.WEIR_HOST_INDEXER ?? "127.0.0.1";

/** A chain that mines all the time is hardly ever seen at its very head. */
const READY_LAG = 1;

const URL_HERE = `http://${HOST}:${settings.port}`;

const FOLDER = fileURLToPath(new URL("..", import.meta.url));
const LEASH = new URL("leash.ts", import.meta.url).href;
/** The key of the tables, and how often tables were made again. Without the key: they are to be made again. */
const KEY_FILE = join(settings.dataDir, "key");
const LOST = "more blocks were replaced than Ponder can undo";

/** Its command line, beside its library. Asked late: Ponder's own loader, which runs this file too, cannot resolve. */
const ponderProgram = () => fileURLToPath(new URL("./bin/ponder.js", import.meta.resolve("ponder")));

/** Ponder ended by itself on an unchanged chain; its own log says why. */
class PonderFailed extends Error {
  override readonly name = "PonderFailed";
}

const probe = createProbe(settings, FOLDER);

function log(event: string, fields: Record<string, unknown> = {}) {
  console.error(JSON.stringify({ time: new Date().toISOString(), program: "indexer", event, ...fields }));
}

/** Runs until `signal` aborts. Rejects with PonderFailed, or because the port is taken. */
async function supervise(signal: AbortSignal): Promise<void> {
  let before: Identity | undefined;
  const template = settings.databaseUrl ? Promise.resolve(null) : prepareTemplate(ponderProgram());
  while (!signal.aborted) {
    const identity = await untilDeployed(signal);
    if (!identity) return;
    if (identity.key === before?.key) throw new PonderFailed("Ponder ended on an unchanged chain.");
    before = identity;
    const remade = await emptyIfOther(identity, await template);
    await assertPortFree();
    const ponder = startPonder(identity, remade);
    const watch = new AbortController();
    const over = AbortSignal.any([signal, watch.signal]);
    void announce(over);
    const because = await Promise.race([
      once(ponder, "exit").then(([code, killedBy]) => `Ponder ended with ${code ?? killedBy}`),
      untilOther(identity, over).then(() => "the chain was restarted"),
      untilLost(ponder.stdout!, ownBlock, LOST_MS).then(() => LOST),
    ]);
    watch.abort();
    if (because === LOST) {
      await writeFile(KEY_FILE, ` ${remade + 1}`);
      before = undefined;
    }
    await stop(ponder);
    if (!signal.aborted) log("restarting", { because });
  }
}

async function untilDeployed(signal: AbortSignal): Promise<Identity | undefined> {
  let said = "";
  while (!signal.aborted) {
    const found = await probe.identify();
    if ("key" in found) return found;
    if (found.missing !== said) log("waiting", { missing: found.missing });
    said = found.missing;
    await nap(WATCH_MS, signal);
  }
  return undefined;
}

/** A chain that is out of reach may come back as itself. */
async function untilOther({ instanceId }: Identity, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await nap(WATCH_MS, signal);
    if (instanceId === null) continue;
    const now = await probe.instance();
    if (now !== undefined && now !== instanceId) return;
  }
}

/** Returns how often tables were made again in this folder. */
async function emptyIfOther({ key }: Identity, template: string | null): Promise<number> {
  const text = await readFile(KEY_FILE, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const [known, remade = "0"] = text.split(" ");
  if (known === key) return Number(remade);
  const database = join(settings.dataDir, "pglite");
  await rm(database, { recursive: true, force: true });
  await mkdir(settings.dataDir, { recursive: true });
  await copyTemplate(template, database);
  await writeFile(KEY_FILE, `${key} ${remade}`);
  return Number(remade);
}

/** Ponder would silently take another port, where nobody looks for it. */
async function assertPortFree(): Promise<void> {
  const server = createServer().listen(settings.port, HOST);
  await once(server, "listening");
  server.close();
  await once(server, "close");
}

function startPonder({ key, instanceId }: Identity, remade: number): ChildProcess {
  // PGlite's folder is emptied with the key; a shared PostgreSQL gets a schema per key instead.
  const own = `weir_${settings.chainId}_${key.slice(0, 8)}${remade > 0 ? `_${remade}` : ""}`;
  const schema = settings.databaseUrl ? own : "public";
  // That it is lost is a warning.
  const level = process.env.WEIR_LOG_LEVEL?.replace(/^error$/, "warn") ?? "warn";
  const where = ["--root", FOLDER, "--schema", schema, "--hostname", HOST, "--port", String(settings.port)];
  const how = ["--log-level", level, "--log-format", "json"];
  log("starting", { url: URL_HERE, schema, dataDir: settings.dataDir });
  const child = spawn(process.execPath, ["--import", LEASH, ponderProgram(), "start", ...where, ...how], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    // Ponder writes its GraphQL schema to `generated` where it runs.
    cwd: settings.dataDir,
    env: {
      ...process.env,
      WEIR_DATA_DIR: dirname(settings.dataDir),
      WEIR_DEPLOYMENT: settings.deploymentPath,
      PONDER_TELEMETRY_DISABLED: "1",
      WEIR_INSTANCE_ID: instanceId ?? "",
      // Outside the data folder, which may be new at every start: half a second less to compile.
      NODE_COMPILE_CACHE: join(ROOT, "node_modules/.cache/weir"),
      // Ponder would take this before --port.
      PORT: String(settings.port),
    },
  });
  child.on("error", (error) => log("fault", { message: error.message }));
  return child;
}

/** Says on stdout that the tables have caught up. */
async function announce(signal: AbortSignal): Promise<void> {
  const startedAt = performance.now();
  while (!signal.aborted) {
    if (await caughtUp(signal)) {
      const readyMs = Math.round(performance.now() - startedAt);
      console.log(JSON.stringify({ event: "ready", url: URL_HERE, readyMs }));
      return;
    }
    await nap(WATCH_MS, signal);
  }
}

/** Ponder calls itself ready up to 30 blocks before the head. Nobody listening yet is a no. */
const caughtUp = async (signal: AbortSignal): Promise<boolean> => {
  const { ready, lag } = await status(signal);
  return ready === true && lag !== undefined && lag <= READY_LAG;
};

const ownBlock = async (): Promise<number | undefined> => (await status(AbortSignal.timeout(STOP_MS))).block;

/** What Ponder's own server says; nothing while nobody listens. */
const status = (signal: AbortSignal): Promise<{ ready?: boolean; lag?: number; block?: number }> =>
  fetch(`${URL_HERE}/v1/status`, { signal })
    .then((answer) => answer.json() as Promise<{ ready?: boolean; lag?: number; block?: number }>)
    .catch(() => ({}));

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGTERM");
  const kill = setTimeout(() => child.kill("SIGKILL"), STOP_MS);
  await ended;
  clearTimeout(kill);
}

/** Sleeps, or less if the signal aborts. */
const nap = (ms: number, signal: AbortSignal): Promise<void> =>
  sleep(ms, undefined, { signal }).catch((error: Error) => {
    if (error.name !== "AbortError") throw error;
  });

// Ponder runs every file of this folder; only as a program does this one do anything.
if (import.meta.main) {
  const stopping = new AbortController();
  const end = () => stopping.abort();
  for (const name of ["SIGTERM", "SIGINT", "SIGHUP"] as const) process.on(name, end);
  process.on("disconnect", end);
  if (process.argv.includes("--stdin") || process.env.WEIR_PARENT_WATCH === "1")
    process.stdin.on("end", end).on("error", end).resume();
  try {
    await supervise(stopping.signal);
    process.exit(0);
  } catch (error) {
    const { name, message } = error as Error;
    log("failed", { name, message });
    process.exit(1);
  }
}
