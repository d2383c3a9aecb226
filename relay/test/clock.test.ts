// - a clock that jumps ahead drops no segment: the chain's does not
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openDatabase } from "../src/store/database.ts";
import { SCHEMA } from "../src/store/schema.ts";
import { segmentStore } from "../src/store/segments.ts";
import { GENERATION, LISTING, segmentAt } from "./support/stored.ts";
import { startWorld, type World } from "./support/world.ts";

const TEN_YEARS_MS = 10 * 365 * 86_400_000;

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(async () => {
  vi.restoreAllMocks();
  await world.stop();
});

function open(folder: string) {
  const onFatal = (error: Error): never => {
    throw error;
  };
  const database = openDatabase({ file: join(folder, "relay.db"), schema: SCHEMA, onFatal });
  return { database, segments: segmentStore(database, () => undefined) };
}

test("a relay whose clock is ten years ahead keeps what is young by the chain's", async () => {
  const folder = world.folder();
  const before = open(folder);
  await before.segments.append([{ ...segmentAt(0), receivedAtMs: Date.now() }]);
  before.database.close();
  const now = Date.now.bind(Date);
  vi.spyOn(Date, "now").mockImplementation(() => now() + TEN_YEARS_MS);
  await (await world.relay(folder)).stop(); // it looks once at its start
  const after = open(folder);
  const stored = await after.segments.read({ listingId: LISTING, generation: GENERATION, seq: 0n }, 1);
  after.database.close();
  expect(stored).toHaveLength(1);
});
