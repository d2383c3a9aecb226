// A process that writes to the gateway's file and says on standard output, after each commit, what it was promised. Tests have the system
// fail under it. Argument: the folder. Ends with 70 when the file calls a fault fatal.
import { writeSync } from "node:fs";
import { join } from "node:path";
import { DATABASE_FILE, Database } from "../../src/database.ts";
import { noteAt, ROUNDS } from "./stored.ts";

const database = new Database(join(process.argv[2]!, DATABASE_FILE));
database.onFatal((error) => {
  writeSync(2, `${error}\n`);
  process.exit(70);
});
for (let n = 0; n < ROUNDS; n += 1) {
  const { name, value } = noteAt(n);
  await database.commit(() => database.setNote(name, value));
  writeSync(1, `kept ${n}\n`);
}
database.close();
