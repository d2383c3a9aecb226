/** What earlier runs left on the disk: the journal of what was sent, and the deployment file. */
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { HardhatArtifactResolver } from "@nomicfoundation/hardhat-ignition/helpers";
import { type StatusResult, status } from "@nomicfoundation/ignition-core";
import hre from "hardhat";
import { isAddress } from "viem";
import { type DeployedContract, DeploymentDiffers } from "./verify.ts";

/** A setting is missing or wrong. Nothing was sent. */
export class DeploymentRefused extends Error {
  override readonly name = "DeploymentRefused";
}

/** What is known of an earlier run, or undefined if there was none. Refuses the journal of another chain. */
export async function journalled(chainId: number, journal: string): Promise<StatusResult | undefined> {
  if ((await readOrNothing(join(journal, "journal.jsonl"))) === undefined) return undefined;
  const known = await status(journal, new HardhatArtifactResolver(hre.artifacts)).catch((error: unknown) => {
    throw new DeploymentRefused(`the journal ${journal} cannot be read: ${sentence(error)}`, {
      cause: error,
    });
  });
  if (known.chainId !== chainId)
    throw new DeploymentRefused(
      `the journal ${journal} is of chain ${known.chainId}, this is chain ${chainId}`,
    );
  return known;
}

/** Whether the earlier run sent anything. One that was refused before binds nothing. */
export function isBegun(known: StatusResult | undefined): boolean {
  if (known === undefined) return false;
  const { started, successful, held, timedOut, failed } = known;
  return [started, successful, held, timedOut, failed].some((futures) => futures.length > 0);
}

/** The contracts of a deployment file; undefined if there is none. */
export async function readDeployment(
  file: string,
  chainId: number,
): Promise<Record<string, DeployedContract> | undefined> {
  const content = await readOrNothing(file);
  if (content === undefined) return undefined;
  let contracts: unknown;
  try {
    contracts = (JSON.parse(content) as { contracts?: unknown } | null)?.contracts;
  } catch {
    contracts = undefined; // refused with the same words as JSON of another kind
  }
  if (typeof contracts !== "object" || contracts === null)
    throw new DeploymentRefused(`${file} is not what this program wrote: restore it or take it away`);
  for (const [name, entry] of Object.entries(contracts as Record<string, Partial<DeployedContract> | null>)) {
    const isWhole =
      isAddress(entry?.address ?? "", { strict: false }) &&
      Number.isSafeInteger(entry?.block) &&
      Array.isArray(entry?.constructorArguments);
    if (!isWhole)
      throw new DeploymentDiffers(chainId, name, String(entry?.address), `its entry in ${file} is broken`);
  }
  return contracts as Record<string, DeployedContract>;
}

/** A folder that is emptied when the chain's instance is another than the one before. */
export async function folderOf(instance: string, folder: string): Promise<string> {
  const instanceFile = join(folder, "instance");
  if ((await readOrNothing(instanceFile)) !== instance) {
    await rm(folder, { recursive: true, force: true });
    await writeAtomically(instanceFile, instance);
  }
  return join(folder, "journal");
}

export async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new DeploymentRefused(`${path} cannot be read as JSON: ${sentence(error)}`, { cause: error });
  }
}

export function oneLine(text: string): string {
  return text.trim().replace(/([.:]?)\s*\n\s*/g, (_all, end: string) => `${end || ";"} `);
}

/** What went wrong, without the frame that Hardhat puts around it. */
export function sentence(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return oneLine(message.replace(/^HHE\d+: /, ""));
}

/** JSON with integers of any size as decimal strings. */
export function stringify(value: unknown, indent?: number): string {
  return JSON.stringify(value, (_key, item) => (typeof item === "bigint" ? item.toString() : item), indent);
}

export async function readOrNothing(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

export async function writeAtomically(path: string, content: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const temporary = `${path}.${process.pid}.tmp`;
  await writeFile(temporary, content);
  await rename(temporary, path);
}
