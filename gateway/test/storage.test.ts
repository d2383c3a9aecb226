// What a disk can do to the gateway's file. The relay's has a longer list (relay/test/storage.test.ts); what both do alike is in sdk/src/disk.
//
// - a failed flush ends the process, whichever it is, also one of those that fold the log back; nothing acknowledged is lost

import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundle } from "../../test/support/bundle.ts";
import { expectFlushesToCount, flushesOf, hasStrace, writeWithout } from "../../test/support/strace.ts";
import { DATABASE_FILE, Database } from "../src/database.ts";
import { noteAt, ROUNDS } from "./support/stored.ts";

const WRITER = new URL("support/store-writer.ts", import.meta.url).pathname;

let folder: string;
let folders = 0;
const fresh = (): string => {
  const path = join(folder, String(folders++));
  mkdirSync(path);
  return path;
};

beforeAll(() => {
  folder = mkdtempSync(join(existsSync("/dev/shm") ? "/dev/shm" : tmpdir(), "weir-gateway-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!hasStrace)("under strace", () => {
  test("any failed flush ends the process, and nothing acknowledged is lost", async () => {
    const writer = await bundle(WRITER, folder);
    const flushes = await flushesOf(writer, fresh(), join(folder, "flushes"));
    // One that folds the log back meanwhile, beside those of the beginning and the end.
    expect(flushes.filter(({ file }) => file === DATABASE_FILE).length).toBeGreaterThanOrEqual(3);
    await expectFlushesToCount(flushes, false, async (flush) => {
      const path = fresh();
      const written = await writeWithout(writer, path, flush);
      const database = new Database(join(path, DATABASE_FILE));
      for (let n = 0; n < written.kept; n += 1) {
        const { name, value } = noteAt(n);
        expect(database.note(name) === value, `note ${n}`).toBe(true);
      }
      database.close();
      rmSync(path, { recursive: true });
      expect(written.kept).toBeLessThanOrEqual(ROUNDS);
      return written;
    });
  });
});
