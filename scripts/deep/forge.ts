// Forge for deep runs: installed once into .toolchain/forge (it is no dependency: nobody needs it to trade, and it weighs 60 MB),
// fed with the npm compilers through scripts/deep/solc.ts, with a home folder of its own so that no setting of the machine counts.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Printed, program } from "./program.ts";

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

/** @returns What Forge printed, and its exit code; `settings` become FOUNDRY_… variables, `env` is for the tests. */
export function forge(
  args: string[],
  settings: Record<string, string | number> = {},
  env: Record<string, string> = {},
): Promise<Printed> {
  const variables = Object.entries(settings).map(([name, value]) => [`FOUNDRY_${name}`, String(value)]);
  return program(PROGRAM, args, { HOME, ...env, ...Object.fromEntries(variables) });
}
