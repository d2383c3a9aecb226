/**
 * Writes sdk/src/generated from the compiled contracts: `as const` ABIs, and every error a contract may raise.
 *
 *   npm run generate             compile, then write
 *   npm run generate -- --check  fail if a file is stale, by the fingerprints in made-from.json; compiles and writes nothing
 */
import { createHash } from "node:crypto";
import { globSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import hre from "hardhat";
import type { Abi } from "viem";
import { buildContracts } from "./deploy.ts";

const ROOT = join(import.meta.dirname, "..");
const FOLDER = join(ROOT, "sdk/src/generated");
const CONTRACTS = [
  "Channels",
  "Subscriptions",
  "Hubs",
  "Listings",
  "Consents",
  "Grants",
  "Ratings",
  "Relays",
  "Anchors",
] as const;
const BANNER = "// Written by `npm run generate` from contracts/. Do not edit.\n";

const abiName = (contract: string): string => `${contract[0]?.toLowerCase()}${contract.slice(1)}Abi`;

async function readAbis(): Promise<[contract: string, abi: Abi][]> {
  await buildContracts();
  return Promise.all(
    CONTRACTS.map(async (contract): Promise<[string, Abi]> => {
      const { abi } = await hre.artifacts.readArtifact(contract);
      return [contract, (abi as Abi).filter((item) => item.type !== "constructor")];
    }),
  );
}

/** Error name → the contracts whose ABI declares it. */
function errorsOf(abis: [string, Abi][]): Record<string, string[]> {
  const errors: Record<string, string[]> = {};
  for (const [contract, abi] of abis) {
    for (const item of abi) {
      if (item.type !== "error") continue;
      const list = errors[item.name] ?? [];
      errors[item.name] = list;
      if (!list.includes(contract)) list.push(contract);
    }
  }
  return Object.fromEntries(Object.entries(errors).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** One item a line: a changed signature is one changed line. Biome leaves the folder alone. */
const list = (abi: Abi): string => `[\n${abi.map((item) => `  ${JSON.stringify(item)},\n`).join("")}]`;

/** File name → content. */
export async function generate(): Promise<Record<string, string>> {
  const abis = await readAbis();
  const constants = abis.map(
    ([contract, abi]) => `export const ${abiName(contract)} = ${list(abi)} as const;`,
  );
  const sources = {
    "abis.ts": constants.join("\n\n"),
    "errors.ts": [
      "/** Every named error of the contracts, with the contracts that declare it. */",
      `export const CONTRACT_ERRORS = ${JSON.stringify(errorsOf(abis), null, 2)} as const;`,
      "",
      "export type ContractErrorName = keyof typeof CONTRACT_ERRORS;",
    ].join("\n"),
    "index.ts": [
      `export { ${abis.map(([contract]) => abiName(contract)).join(", ")} } from "./abis.ts";`,
      'export { CONTRACT_ERRORS, type ContractErrorName } from "./errors.ts";',
    ].join("\n"),
  };
  return Object.fromEntries(Object.entries(sources).map(([name, source]) => [name, `${BANNER}${source}\n`]));
}

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");

/** Fingerprints of what went in and what came out: compiling takes a minute, comparing takes none. */
function madeFrom(files: Record<string, string>): string {
  const inputs = [...globSync("contracts/**/*.sol", { cwd: ROOT }).sort(), "scripts/generate.ts"];
  const sources = inputs.map((path) => `${path}\0${readFileSync(join(ROOT, path), "utf8")}`).join("\0");
  const outputs = Object.entries(files).map(([name, content]) => [name, sha256(content)]);
  return `${JSON.stringify({ sources: sha256(sources), files: Object.fromEntries(outputs) }, null, 2)}\n`;
}

const FINGERPRINTS = "made-from.json";

/** True when neither the contracts nor the generated files have changed since they were written. */
function isFresh(): boolean {
  const written = readOrNothing(join(FOLDER, FINGERPRINTS));
  if (written === undefined) return false;
  const names = Object.keys((JSON.parse(written) as { files: Record<string, string> }).files);
  return (
    written ===
    madeFrom(Object.fromEntries(names.map((name) => [name, readOrNothing(join(FOLDER, name)) ?? ""])))
  );
}

function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function main(): Promise<void> {
  if (process.argv.includes("--check")) {
    if (!isFresh()) {
      console.error("sdk/src/generated is stale: run npm run generate");
      process.exitCode = 1;
    }
    return;
  }
  const files = await generate();
  mkdirSync(FOLDER, { recursive: true });
  for (const [name, content] of Object.entries({ ...files, [FINGERPRINTS]: madeFrom(files) })) {
    writeFileSync(join(FOLDER, name), content);
  }
  console.error("wrote sdk/src/generated");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main();
