// New generations after somebody was shut out, with the real pipeline and file.
//
// one cut: one generation, at once · many within the interval: one more, when it is over · nothing new: nothing, over restarts
// shut out while the program was away: found when the listing is served again · a cut in a block that was replaced comes again
import { pino } from "pino";
import { afterEach, expect, test } from "vitest";
import { type Cuts, createCuts } from "../src/keys/cuts.ts";
import { LISTING, listingOf, Parts, plan } from "./support/parts.ts";

const INTERVAL_MS = 1_500;

let parts: Parts;
let cuts: Cuts;
let block = 0n;
afterEach(async () => {
  cuts.stop();
  await parts.stop();
});

const begin = () => {
  cuts = createCuts({
    db: parts.db,
    cutBlock: () => block,
    async renew() {
      await parts.pipeline.turn();
      return true;
    },
    intervalMs: INTERVAL_MS,
    log: pino({ level: "silent" }),
  });
};
const handled = () =>
  parts.db.get<{ value: string }>("SELECT value FROM meta WHERE name = ?", `cut/${LISTING}`)?.value;
const cut = (at: bigint) => {
  block = at;
  cuts.look(LISTING);
};
const until = (at: bigint) => expect.poll(handled, { timeout: 20_000 }).toBe(String(at));

test("each cut is followed by a new generation, at most one in an interval", async () => {
  parts = await Parts.open(listingOf([plan()]));
  begin();
  cuts.look(LISTING);
  cut(10n);
  await until(10n);
  expect(parts.generations).toHaveLength(1);
  const first = parts.generations[0]!;
  const startedAt = performance.now();
  for (const at of [11n, 12n, 13n]) cut(at);
  await until(13n);
  expect(performance.now() - startedAt).toBeGreaterThan(INTERVAL_MS / 2); // it has waited
  expect(parts.generations).toHaveLength(2);
  expect(parts.generations[1]).toBeGreaterThan(first);
});

test("what was followed by one is not again after a restart; what came meanwhile is", async () => {
  block = 20n;
  parts = await Parts.open(listingOf([plan()]));
  begin();
  cuts.look(LISTING);
  await until(20n);
  cuts.stop();
  await parts.restart();
  begin();
  cuts.look(LISTING);
  block = 21n;
  // The look before found nothing to do: only this one leads to a generation.
  expect(parts.generations).toHaveLength(1);
  cuts.look(LISTING);
  await until(21n);
  expect(parts.generations).toHaveLength(2);
});

test("a cut that was replaced with its block and comes again, lower, is followed by another", async () => {
  block = 0n;
  parts = await Parts.open(listingOf([plan()]));
  begin();
  cut(30n);
  await until(30n);
  block = 0n;
  cuts.undo(25n);
  await until(24n);
  cut(26n);
  await until(26n);
  expect(parts.generations).toHaveLength(2);
});
