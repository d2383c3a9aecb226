// Forge for deep runs: installed once into .toolchain/forge (it is no dependency: nobody needs it to trade, and it weighs 60 MB),
// fed with the npm compilers through scripts/deep/solc.ts, with a home folder of its own so that no setting of the machine counts.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const FORGE_VERSION = "1.7.1";
const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const FOLDER = join(ROOT, ".toolchain", "forge");
const HOME = join(FOLDER, "home");
/** Compiler version and the npm package that holds it. */
const COMPILERS = { "0.8.30": "solc", "0.8.17": "solc-permit2" };
/** Contracts of others that tests deploy by name, as `npmFilesToBuild` in hardhat.config.ts. */
const ALSO = {
  "Permit2.sol": `// SPDX-License-Identifier: MIT
pragma solidity 0.8.17;

import {Permit2} from "@uniswap/v4-periphery/lib/permit2/src/Permit2.sol";
`,
};

const PACKAGE = `@foundry-rs/forge-${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}`;
const PROGRAM = join(FOLDER, "node_modules", PACKAGE, "bin", "forge");

/** Installs what is missing. Throws where Forge cannot run. */
export function prepareForge(): void {
  if (process.platform === "win32")
    throw new Error("deep runs need Linux or macOS: the compiler is a shell script");
  if (!existsSync(PROGRAM) || !runs(FORGE_VERSION)) {
    console.log(`installing Forge ${FORGE_VERSION} into .toolchain/forge (once)`);
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(join(FOLDER, "package.json"), '{ "private": true }\n');
    const flags = ["--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    const { status } = spawnSync(
      "npm",
      ["install", "--prefix", FOLDER, ...flags, `${PACKAGE}@${FORGE_VERSION}`],
      { cwd: FOLDER, stdio: ["ignore", "inherit", "inherit"] },
    );
    if (status !== 0 || !runs(FORGE_VERSION))
      throw new Error(`installing ${PACKAGE}@${FORGE_VERSION} failed`);
  }
  for (const [version, name] of Object.entries(COMPILERS)) {
    const folder = join(HOME, ".svm", version);
    mkdirSync(folder, { recursive: true });
    const script = join(ROOT, "scripts", "deep", "solc.ts");
    const line = `exec "${process.execPath}" --disable-warning=ExperimentalWarning "${script}" ${name} "$@"`;
    writeFileSync(join(folder, `solc-${version}`), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
  }
  mkdirSync(join(FOLDER, "also"), { recursive: true });
  for (const [file, text] of Object.entries(ALSO)) {
    const path = join(FOLDER, "also", file);
    if (!existsSync(path)) writeFileSync(path, text); // a newer file would be compiled again
  }
}

function runs(version: string): boolean {
  const { stdout } = spawnSync(PROGRAM, ["--version"], { encoding: "utf8" });
  return stdout?.includes(version) ?? false;
}

/** @returns What Forge printed, and its exit code; `settings` become FOUNDRY_… variables. */
export function forge(
  args: string[],
  settings: Record<string, string | number> = {},
): Promise<{ code: number; stdout: string; stderr: string }> {
  const variables = Object.entries(settings).map(([name, value]) => [`FOUNDRY_${name}`, String(value)]);
  const child = spawn(PROGRAM, args, {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, HOME, NO_COLOR: "1", ...Object.fromEntries(variables) },
  });
  const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  child.stdout.on("data", (chunk: Buffer) => output.stdout.push(chunk));
  child.stderr.on("data", (chunk: Buffer) => output.stderr.push(chunk));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) =>
      resolve({
        code: code ?? 1,
        stdout: Buffer.concat(output.stdout).toString(),
        stderr: Buffer.concat(output.stderr).toString(),
      }),
    );
  });
}

/** Waits for a long step and says every half minute that it still works. */
export async function withPulse<T>(title: string, work: Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const seconds = () => Math.round((performance.now() - startedAt) / 1000);
  console.log(title);
  const timer = setInterval(() => console.log(`  … ${title}: ${seconds()} s`), 30_000);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    console.log(`  ${title}: done after ${seconds()} s`);
  }
}
