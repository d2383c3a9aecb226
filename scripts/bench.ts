/**
 * Measures what the project claims: `npm run bench -- <name> [--json] [--write]`. Each file of bench/ is one claim; without a name, or with
 * an unknown one, this lists them and ends with exit code 1.
 */
import { globSync } from "node:fs";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";

const FOLDER = join(import.meta.dirname, "..", "bench");
const files = new Map(globSync(join(FOLDER, "*.ts")).map((path) => [basename(path, ".ts"), path]));

const [name, ...args] = process.argv.slice(2);
const file = files.get(name ?? "");
if (file === undefined) {
  if (name !== undefined) console.error(`bench: there is no "${name}"`);
  console.error(`npm run bench -- <name> [--json], with one of: ${[...files.keys()].sort().join(", ")}`);
  process.exitCode = 1;
} else {
  const { main } = (await import(pathToFileURL(file).href)) as { main: (args: string[]) => Promise<number> };
  process.exitCode = await main(args);
}
