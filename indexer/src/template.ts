/**
 * An empty PGlite database, made once per installation and copied for each new data folder. Making one is most of what an
 * indexer's start costs (about five seconds of processor time); copying it is not.
 *
 * Run as a program it makes the database in the folder of its first argument and ends.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, rename, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Ponder's own copy of PGlite decides the format, so the template is looked up by what Ponder would load. */
const pgliteOf = (ponder: string): string => createRequire(ponder).resolve("@electric-sql/pglite");

/** Nobody else makes a template under this name; whoever finishes first wins. */
const ownName = (folder: string): string => `${folder}.${process.pid}`;

/**
 * Makes the template if it is not there. Returns its folder, or null where it cannot be made (a read-only installation, say);
 * then Ponder makes its database itself.
 */
export async function prepareTemplate(ponder: string): Promise<string | null> {
  const pglite = pgliteOf(ponder);
  const { version } = createRequire(pglite)("../package.json") as { version: string };
  const folder = join(dirname(pglite), "../../../.cache/weir", `pglite-${version}`);
  if (existsSync(folder)) return folder;
  const own = ownName(folder);
  try {
    await mkdir(dirname(folder), { recursive: true });
    const maker = spawn(process.execPath, [fileURLToPath(import.meta.url), own, pglite], { stdio: "ignore" });
    const [code] = await once(maker, "exit");
    if (code === 0 && !existsSync(folder)) await rename(own, folder);
  } catch (error) {
    console.error(
      JSON.stringify({ program: "indexer", event: "no template", message: (error as Error).message }),
    );
  }
  await rm(own, { recursive: true, force: true });
  return existsSync(folder) ? folder : null;
}

/** Puts a copy of the template at `folder`, which must not exist. */
export async function copyTemplate(template: string | null, folder: string): Promise<void> {
  if (template !== null) await cp(template, folder, { recursive: true });
}

if (import.meta.main) {
  const [folder, pglite] = process.argv.slice(2) as [string, string];
  const { PGlite } = createRequire(import.meta.url)(pglite);
  const database = new PGlite({ dataDir: folder });
  await database.waitReady;
  await database.close();
  process.exit(0);
}
