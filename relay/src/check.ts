/** `node relay/src/main.ts check`: reads all that a relay has stored, while it does not run, and says what the disk has changed. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { DamagedLog, FolderInUse, lockFolder } from "@weir/sdk/disk";
import { openDatabase } from "./store/database.ts";
import { SCHEMA } from "./store/schema.ts";
import { scrub } from "./store/scrub.ts";

/** As of the `weir` command: in use or damaged; no store there. */
const REFUSED = 3;
const USAGE = 2;

/** Prints a sentence for each damage, or one that says that there is none. Gives the exit code. */
export function checkStore(dataDir: string, say: (line: string) => void): number {
  const file = join(dataDir, "relay.db");
  if (!existsSync(file)) {
    say(`WEIR_DATA_DIR: no relay has stored anything in ${dataDir}`);
    return USAGE;
  }
  let damages = 0;
  const report = (sentence: string) => {
    damages += 1;
    say(sentence);
  };
  try {
    const unlock = lockFolder(dataDir, "relay");
    const onFatal = (error: Error) => report(error.message);
    const database = openDatabase({ file, schema: SCHEMA, onFatal });
    for (const damage of scrub(database)) report(damage);
    database.close();
    unlock();
  } catch (error) {
    // What cannot be opened or read any further is SQLite's to say.
    if (error instanceof FolderInUse || error instanceof DamagedLog || isSqlite(error)) report(error.message);
    else throw error;
  }
  if (damages === 0) say(`${file} is whole`);
  return damages === 0 ? 0 : REFUSED;
}

const isSqlite = (error: unknown): error is Error =>
  (error as { code?: unknown } | null)?.code === "ERR_SQLITE_ERROR";
