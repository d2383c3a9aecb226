// The buyer stops while the relay that serves him works against it, over the real programs (test/support/money): whatever that relay says or keeps
// to itself, another one brings his notice to the seller, and he needs no challenge.
//
// it never answers · it says closed and has told nobody · it says that the seller could not
import { rmSync } from "node:fs";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { plan } from "../../gateway/test/support/parts.ts";
import type { Fields } from "../../sdk/src/wire/index.ts";
import { type Ground, prepareGround, World } from "../support/money/world.ts";

vi.mock("@hpke/core", () => import("../support/money/primitives.ts"));
vi.mock("@hpke/dhkem-x25519", () => import("../support/money/primitives.ts"));

const PRICE = 10n;
/** Four that the test publishes, and one of the beginning. */
const READ = 5n;
const PLAN = plan({ price: PRICE, entry: 80n });

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

type Done = Omit<Fields<"NOTICE_DONE">, "channelId">;
const answers: [string, Promise<Done>][] = [
  ["never answers", new Promise(() => undefined)],
  ["says closed, and has told nobody", Promise.resolve({ capture: 0n, transactionHash: null, error: null })],
  [
    "says that the seller could not",
    Promise.resolve({
      capture: 0n,
      transactionHash: null,
      error: { name: "CloseFailed", message: "no gas" },
    }),
  ],
];

test.each(answers)("the relay that serves him %s: another one brings the notice", async (_, answer) => {
  world = await World.open(ground, PLAN);
  await world.begin(10_000n);
  await world.gateway.publish(4);
  await world.pass(2_000);
  const { channelId } = world.honest.purchased;
  for (const relay of world.relays)
    if (await relay.ledger.get(channelId))
      relay.vouchers.notice = async () => ({ type: "NOTICE_DONE", channelId, ...(await answer) }) as never;
  const stopped = world.buyer.feed!.stop();
  await world.pass(12_000);
  expect(await stopped).toMatchObject({ by: "gateway", capture: READ * PRICE });
  expect(world.honest.slot).toMatchObject({ epoch: 1, claimed: READ * PRICE });
});
