import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { UsageError } from "./output.ts";
import { dataDir, type Place } from "./place.ts";

/**
 * The file that programs read the contracts' addresses from: the one that was named, else one written from the market's.
 *
 * @throws UsageError where that does not say the block from which the programs are to follow the chain
 */
export function writeDeployment(
  { chain, contracts, fromBlock, market }: Place,
  named: string | undefined,
): string {
  if (named !== undefined) return named;
  if (fromBlock === undefined)
    throw new UsageError(
      `--deployment: name the deployment's file, or put its first block into ${market.path} as fromBlock; without it the whole chain ${chain.id} would be read`,
    );
  const folder = join(dataDir(), "deployments");
  const path = join(folder, `${chain.id}.json`);
  mkdirSync(folder, { recursive: true });
  const entries = Object.entries(contracts).map(([name, address]) => [
    name,
    { address, block: String(fromBlock) },
  ]);
  // Renamed into place, so that nobody reads half of it.
  writeFileSync(`${path}.new`, `${JSON.stringify({ contracts: Object.fromEntries(entries) }, null, 2)}\n`);
  renameSync(`${path}.new`, path);
  return path;
}
