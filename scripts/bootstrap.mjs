// Runs on any Node ≥ 18: finds or installs the right Node and npm, installs dependencies when the lockfile changed,
// then runs what it was asked to with that Node. Usage: bootstrap.mjs <script.ts> [args], or --bin <name> [args].
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const NODE_VERSION = "24.21.0";
const NPM_VERSION = "11.21.2";
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const toolchain = join(root, ".toolchain");
const toolchainBin = join(toolchain, "node_modules", ".bin");
const stamp = join(root, "node_modules", ".weir-installed");
const windows = process.platform === "win32";

const say = (line) => process.stderr.write(`weir: ${line}\n`);
const stop = (line) => {
  say(line);
  process.exit(1);
};

/** Type stripping and node:sqlite without flags: an even major from 24 on. */
function suits(version) {
  const [major, minor] = version.replace(/^v/, "").split(".").map(Number);
  return (major === 24 && minor >= 4) || (major >= 26 && major % 2 === 0);
}

function run(command, args, environment) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    env: environment,
    stdio: ["ignore", 2, 2],
    shell: windows,
  });
  if (error) stop(`could not run ${command}: ${error.message}`);
  return status === 0;
}

// An own copy of a suitable Node, with an npm of its own: an npm that runs on an old Node skips native packages silently.
function installToolchain() {
  const name = `node-${process.platform === "win32" ? "win" : process.platform}-${process.arch}`;
  say(`Node ${process.version} is too old; installing Node ${NODE_VERSION} into .toolchain (once)`);
  mkdirSync(toolchain, { recursive: true });
  writeFileSync(join(toolchain, "package.json"), '{ "private": true }\n');
  const packages = [`${name}@${NODE_VERSION}`, `npm@${NPM_VERSION}`];
  const flags = [
    "install",
    "--prefix",
    toolchain,
    "--no-save",
    "--no-audit",
    "--no-fund",
    "--loglevel=error",
  ];
  if (!run(windows ? "npm.cmd" : "npm", [...flags, ...packages], process.env)) {
    stop(`installing ${packages.join(" and ")} failed: see the lines above`);
  }
}

// The machine's own npm settings may name keys that this npm warns about; they are of no use here.
const environment = {
  ...process.env,
  NEXT_TELEMETRY_DISABLED: "1",
  PONDER_TELEMETRY_DISABLED: "true",
  HARDHAT_DISABLE_TELEMETRY_PROMPT: "true",
  // What Node has compiled is kept: every later start of a program takes a third of a second less.
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, "node_modules", ".cache", "weir"),
};
let node = process.execPath;
if (!suits(process.version)) {
  const own = join(toolchainBin, windows ? "node.cmd" : "node");
  if (!existsSync(own) || !existsSync(join(toolchainBin, "npm"))) installToolchain();
  node = own;
  environment.PATH = `${toolchainBin}${delimiter}${process.env.PATH}`;
  const version = spawnSync(node, ["--version"], { encoding: "utf8" }).stdout?.trim();
  if (!version || !suits(version)) stop(`${node} does not run here; remove .toolchain and try again`);
}

const lock = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");
const installed = existsSync(stamp) ? readFileSync(stamp, "utf8") : "";
if (installed !== lock) {
  say("installing dependencies (a minute or two the first time)");
  rmSync(stamp, { force: true });
  if (!run(windows ? "npm.cmd" : "npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], environment)) {
    stop("npm ci failed: see the lines above");
  }
  writeFileSync(stamp, lock);
}

environment.PATH = `${join(root, "node_modules", ".bin")}${delimiter}${dirname(node)}${delimiter}${environment.PATH}`;
const [what, ...rest] = process.argv.slice(2);
if (what === undefined) process.exit(0);
const [command, args] =
  what === "--bin"
    ? [join(root, "node_modules", ".bin", rest[0]), rest.slice(1)]
    : [node, ["--disable-warning=ExperimentalWarning", join(root, what), ...rest]];
const child = spawn(command, args, {
  cwd: what === "--bin" ? root : process.cwd(),
  env: environment,
  stdio: "inherit",
  shell: windows && what === "--bin",
});
// Ctrl-C reaches the child by the terminal as well; a signal sent to this process alone is passed on.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
