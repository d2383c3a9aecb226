/** One program at a time on a data folder. The lock is the system's, so it ends with the process, however that ends. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

/** Its file in the folder: always there, always empty. */
const LOCK_FILE = "lock";
/** https://www.sqlite.org/rescode.html */
const SQLITE_BUSY = 5;

/** Another process runs on the folder. */
export class FolderInUse extends Error {
  override readonly name = "FolderInUse";

  constructor(folder: string, program: string) {
    super(
      `another ${program} runs on the folder ${folder}: end that one, or give this one a folder of its own (WEIR_DATA_DIR)`,
    );
  }
}

/** Makes the folder where there is none. Gives what lets it go again. @throws FolderInUse */
export function lockFolder(folder: string, program: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  // SQLite's lock, because Node has none of its own.
  const lock = new DatabaseSync(join(folder, LOCK_FILE), { timeout: 0 });
  try {
    lock.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    lock.close();
    if ((error as { errcode?: number }).errcode === SQLITE_BUSY) throw new FolderInUse(folder, program);
    throw error;
  }
  return () => lock.close();
}
