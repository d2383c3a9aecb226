/**
 * Writes sdk/src/generated from the compiled contracts: `as const` ABIs, and every error a contract may raise.
 *
 *   npm run generate             compile, then write
 *   npm run generate -- --check  compile, then fail if a file is stale; writes nothing
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import hre from "hardhat";
import type { Abi } from "viem";

const ROOT = join(import.meta.dirname, "..");
const FOLDER = join(ROOT, "sdk/src/generated");
const CONTRACTS = ["Channels", "Hubs", "Listings", "Grants"] as const;
const BANNER = "// Written by `npm run generate` from contracts/. Do not edit.\n";

const abiName = (contract: string): string => `${contract[0]?.toLowerCase()}${contract.slice(1)}Abi`;

async function readAbis(): Promise<[contract: string, abi: Abi][]> {
  await hre.tasks.getTask("build").run({ quiet: true, noTests: true });
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

function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function main(): Promise<void> {
  const files = await generate();
  const stale = Object.keys(files).filter((name) => readOrNothing(join(FOLDER, name)) !== files[name]);
  if (process.argv.includes("--check")) {
    if (stale.length > 0) {
      console.error(`stale in sdk/src/generated: ${stale.join(", ")}; run npm run generate`);
      process.exitCode = 1;
    }
    return;
  }
  mkdirSync(FOLDER, { recursive: true });
  for (const name of stale) writeFileSync(join(FOLDER, name), files[name] ?? "");
  console.error(stale.length > 0 ? `wrote ${stale.join(", ")}` : "sdk/src/generated is up to date");
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main();
