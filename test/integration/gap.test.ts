// What relays have lost of epochs that were opened to a buyer, over the real programs (test/support/money): the seller counts it, the buyer does
// not, so no further key is paid for in that session. Its buyer begins another, gives what is lost away, and reads on.
//
// in front of more of it, or all that is left of it · at every relay, or at one: once the other is back it gives it, and nothing is written off
import { rmSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { plan } from "../../gateway/test/support/parts.ts";
import type { RelayProgram } from "../support/money/programs.ts";
import { type Ground, prepareGround, World } from "../support/money/world.ts";

vi.mock("@hpke/core", () => import("../support/money/primitives.ts"));
vi.mock("@hpke/dhkem-x25519", () => import("../support/money/primitives.ts"));

const PLAN = plan({ price: 10n, entry: 80n });
/** What was published while he was away, in an epoch whose key he has: three messages, and one. */
const [FIRST, LAST] = [1n, 2n];
/** Two quiet relays, each until it says so, and the pauses between them. */
const MOST_SECONDS = 60;
const AWAY_SECONDS = 10;

let ground: Ground;
let world: World;
beforeAll(() => {
  ground = prepareGround();
  vi.useFakeTimers({
    now: 1_700_000_000_000,
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"],
  });
});
afterEach(() => {
  world.close();
  vi.clearAllTimers();
});
afterAll(() => {
  vi.useRealTimers();
  rmSync(ground.folder, { recursive: true, force: true });
});

/** Starts the relay again without this segment. */
async function lose(relay: RelayProgram, seq: bigint): Promise<void> {
  relay.kill();
  const file = new DatabaseSync(relay.file);
  expect(file.prepare("DELETE FROM segments WHERE seq = ?").run(seq).changes).toBe(1);
  file.close();
  await relay.start();
}

test.each([
  ["the first of what was opened", [FIRST], [0, 1], 30n],
  ["all that was opened", [FIRST, LAST], [0, 1], 40n],
  ["all that was opened, at the one relay that is there", [FIRST, LAST], [0], 0n],
])("lost: %s; he reads on, and gives away no more than that", async (_, lost, where, given) => {
  world = await World.open(ground, PLAN);
  await world.begin(10_000n);
  const { buyer, gateway } = world;
  await world.pass(300); // his place is on the disk with his next voucher
  buyer.kill("reset");
  await gateway.publish(4);
  await world.pass(3_000);
  for (const n of where) for (const seq of lost) await lose(world.relays[n]!, seq);
  const away = world.relays.filter((_, n) => !where.includes(n));
  for (const relay of away) relay.kill();
  await world.pass(100);
  await buyer.start(world.relays);
  for (let seconds = 0; seconds < MOST_SECONDS && buyer.read.size < 4; seconds += 1) {
    if (seconds === AWAY_SECONDS) for (const relay of away) await relay.start();
    await gateway.publish(1);
    await world.pass(1_000);
  }
  expect(buyer.read.size).toBeGreaterThan(3);
  await world.check();
  expect(buyer.stored()!.writtenOff).toBe(given);
});
