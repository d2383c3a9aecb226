// `npm start`: the whole local market in one command. Figures and logs go to stderr; with --json one line to stdout.
import { mkdirSync, statfsSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildContracts } from "./deploy.ts";
import { buildApp } from "./stack/build.ts";
import { PORT_VARIABLES } from "./stack/ports.ts";
import { type Stack, type StackFile, startStack, writeWhole } from "./stack/stack.ts";

const HELP = `npm start [-- --json] [-- --help]

Starts a local chain, the contracts, three sellers with ten listings, two relays, a gateway with its devices,
the indexer and the app; Ctrl-C stops everything it started.

Settings (environment):
  WEIR_DATA_DIR             where the run keeps its files (default .weir); its run/ folder is emptied at every start
${Object.values(PORT_VARIABLES)
  .map(([variable, port]) => `  ${variable.padEnd(25)} port, or the next free one (default ${port})`)
  .join("\n")}
`;

const { values } = parseArgs({
  options: { json: { type: "boolean" }, help: { type: "boolean" } },
  allowPositionals: true,
});
if (values.help) {
  process.stdout.write(HELP);
  process.exit(0);
}

const say = (line: string): void => {
  process.stderr.write(`${line}\n`);
};
const data = resolve(process.env.WEIR_DATA_DIR ?? ".weir");
const stackPath = resolve(data, "stack.json");
const MINIMUM_DISK_BYTES = 1 << 30;

function doctor(): void {
  mkdirSync(data, { recursive: true });
  const { bavail, bsize } = statfsSync(data);
  if (bavail * bsize < MINIMUM_DISK_BYTES)
    throw new Error(`${data}: less than 1 GiB of disk is free; free some and start again`);
}

function banner(stack: Stack, { readyMs, buildMs }: { readyMs: number; buildMs: number }): string {
  const { file } = stack;
  const buyer = file.accounts.find(({ role }) => role === "buyer1")!;
  return [
    "",
    `  Weir is running: ${file.app}`,
    "",
    `  ready in ${(readyMs / 1000).toFixed(1)} s${buildMs > 1000 ? ` after a build of ${(buildMs / 1000).toFixed(0)} s` : ""}`,
    ...stack.moved.map((line) => `  ! ${line}`),
    "",
    "  Try next",
    `  1. Open ${file.app}, connect the built-in test wallet, and buy "This machine, live".`,
    "  2. Watch ten messages arrive, each paid for; then stop, and see the rest come back.",
    "  3. npm run demo: ten thousand paid messages, settled in two transactions.",
    "",
    `  chain      ${file.rpc} (id ${file.chainId})`,
    `  indexer    ${file.indexer}/v1/listings`,
    `  gateway    ${file.gateways[0]!.mqtt}, ${file.gateways[0]!.http}`,
    ...file.relays.map(({ http }) => `  relay      ${http}`),
    `  a wallet   ${buyer.address}`,
    `             ${buyer.privateKey} (public: for this chain only)`,
    `  all of it  ${stackPath}`,
    "",
    "  Ctrl-C stops everything.",
    "",
  ].join("\n");
}

async function main(): Promise<number> {
  doctor();
  const buildAt = performance.now();
  say("building what changed (the app takes a minute the first time)");
  await buildContracts();
  await buildApp(resolve(data, "logs"));
  const buildMs = Math.round(performance.now() - buildAt);

  const startAt = performance.now();
  const stopped = Promise.withResolvers<number>();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stopped.resolve(0));
  const starting = startStack({
    // The usual place, where every program looks; a run with a data folder of its own keeps to that folder.
    ...(process.env.WEIR_DATA_DIR === undefined ? { deployments: resolve("deployments") } : {}),
    folder: resolve(data, "run"),
    app: true,
    indexer: true,
    devices: true,
    log: say,
  });
  const early = await Promise.race([starting.then(() => "started" as const), stopped.promise]);
  const stack = await starting;
  let code = 0;
  if (early === "started") {
    const file: StackFile = { ...stack.file, buildMs, readyMs: Math.round(performance.now() - startAt) };
    await writeWhole(stackPath, `${JSON.stringify(file, null, 2)}\n`);
    if (values.json) process.stdout.write(`${JSON.stringify({ event: "ready", ...file })}\n`);
    say(banner(stack, file));
    const sentence = await Promise.race([stack.broken, stopped.promise]);
    if (typeof sentence === "string") {
      say(sentence);
      code = 1;
    }
  }
  say("stopping");
  await stack.stop();
  return code;
}

main().then(
  (code) => process.exit(code),
  (error: Error) => {
    say(`weir: ${error.message}`);
    process.exit(1);
  },
);
