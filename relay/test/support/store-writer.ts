// A process that writes to the relay's stores and says on standard output, after each commit, what it was promised. Tests kill it, or
// have the system fail under it. Argument: the folder. Ends with 70 when the store calls a fault fatal, as the relay does.
import { writeSync } from "node:fs";
import { join } from "node:path";
import { openDatabase } from "../../src/store/database.ts";
import { ledgerStore } from "../../src/store/ledger.ts";
import { SCHEMA } from "../../src/store/schema.ts";
import { segmentStore } from "../../src/store/segments.ts";
import { accountAt, COUNT, FATAL_EXIT, segmentAt } from "./stored.ts";

const database = openDatabase({
  file: join(process.argv[2]!, "relay.db"),
  schema: SCHEMA,
  onFatal(error) {
    writeSync(2, `${error.message}\n`);
    process.exit(FATAL_EXIT);
  },
});
const ledger = ledgerStore(database);
const segments = segmentStore(database, () => {
  throw new Error("corrupt");
});
const account = accountAt(-1);
for (let n = 0; n < COUNT; n += 1) {
  Object.assign(account, { ...accountAt(n), revision: account.revision });
  try {
    // One group: a segment that came in, and a charge that another one needs before it may leave.
    await Promise.all([segments.append([segmentAt(n)]), ledger.save(account)]);
  } catch (error) {
    writeSync(1, `refused ${n} ${(error as Error).name}\n`);
    break;
  }
  writeSync(1, `kept ${n}\n`);
}
database.close();
