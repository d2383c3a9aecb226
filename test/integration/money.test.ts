// The money path as a whole: the relay's ledger, meter and line to the gateway, the gateway's ledger, ladder and sessions, the buyer's client and its
// files, all real, each killed between any two things that it does and started again from its disk.
//
// laws, in test/support/money/world.ts: credit never falls and nothing counts twice · charged and released value never exceed what is signed ·
//   charged, opened and signed on a disk before segment, key and voucher leave · claimed is signed and owed · the buyer risks his entry at most ·
//   what was bought stays readable
// WEIR_MODEL_SCHEDULES: how many schedules; WEIR_MODEL_SEED, WEIR_MODEL_PATH and WEIR_MODEL_REPLAY: seed, path and replayPath that a failure
//   printed, to run that schedule again.
import { rmSync } from "node:fs";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { plan } from "../../gateway/test/support/parts.ts";
import { type Ground, prepareGround, RELAYS, tally, World } from "../support/money/world.ts";

vi.mock("node:fs/promises", async (original) => ({
  ...(await original<object>()),
  ...(await import("../support/money/disk.ts")),
}));
vi.mock("@hpke/core", () => import("../support/money/primitives.ts"));
vi.mock("@hpke/dhkem-x25519", () => import("../support/money/primitives.ts"));

const { WEIR_MODEL_SCHEDULES: wanted, WEIR_MODEL_PATH: path, WEIR_MODEL_REPLAY: replayPath } = process.env;
const SCHEDULES = Number(wanted ?? 10_000);
/** `npm test` looks at the same schedules each time, so that a red one is about the change; wherever a number is asked for, they are drawn anew. */
const seed = process.env.WEIR_MODEL_SEED ?? (wanted === undefined ? "20261122" : undefined);

/** One schedule in so many goes on until the buyer reads again: half a minute of its time costs as much as all its steps. */
const LIVES_OF = 20;

/** A long run says that it goes on: one that says nothing more for minutes waits for something that does not come. */
const PROGRESS = 5_000;

/** With so many schedules everything in `tally` has happened. */
const LEAST_FOR_ALL = 500;

/** The laws look at the programs alone, and every step can be taken at any time: there is nothing to remember between two. */
type Model = object;
type Command = fc.AsyncCommand<Model, World>;

class Step implements Command {
  readonly #name: string;
  readonly #act: (world: World) => Promise<void> | void;

  constructor(name: string, act: (world: World) => Promise<void> | void) {
    this.#name = name;
    this.#act = act;
  }
  check = (): boolean => true;
  async run(_model: Model, world: World): Promise<void> {
    await this.#act(world);
    await world.settle();
    await world.check();
  }
  toString = (): string => this.#name;
}

const step = <T>(name: string, of: fc.Arbitrary<T>, act: (world: World, value: T) => Promise<void> | void) =>
  of.map((value): Command => {
    const text = JSON.stringify(value, (_, v) => (typeof v === "bigint" ? `${v}n` : v));
    return new Step(`${name}(${text})`, (world) => act(world, value));
  });

const which = fc.constantFrom(0, 1);
const some = fc.bigInt({ min: 0n, max: 120n });
const pickOf = <T>(list: readonly T[], n: number): T | undefined => list[n % Math.max(1, list.length)];

const publish = step("publish", fc.integer({ min: 1, max: 6 }), async (w, count) => {
  if (w.gateway.party.alive) await w.gateway.publish(count);
});
const pass = step("pass", fc.constantFrom(100, 100, 300, 500, 1_000), (w, ms) => w.pass(ms));
const passLong = step("pass", fc.constantFrom(2_500, 12_000), (w, ms) => w.pass(ms));
const someone = fc.constantFrom("relay0" as const, "relay1" as const, "gateway" as const, "buyer" as const);
const kill = step(
  "kill",
  fc.record({
    who: someone,
    after: fc.integer({ min: 0, max: 60 }),
    forMs: fc.constantFrom(0, 0, 400, 1_500),
    how: fc.constantFrom("reset" as const, "reset" as const, "mute" as const),
  }),
  (w, { who, after, forMs, how }) => w.light(who, after, forMs, how),
);
/** Copies are made, one of everybody at the beginning, and put back later: of one party or of several, in any order. */
const copy = step("copy", someone, (w, who) => w.copy(who));
const restore = step(
  "restore",
  fc.record({
    who: fc.constantFrom(
      "gateway" as const,
      "gateway" as const,
      "relay0" as const,
      "relay1" as const,
      "buyer" as const,
    ),
    which: fc.nat(3),
    forMs: fc.constantFrom(0, 0, 1_500),
  }),
  (w, { who, which, forMs }) => w.restore(who, which, forMs),
);
const cut = step("cut", which, (w) => w.net.cut(w.buyer.party, "reset"));
const lag = step("lag", which, (w, n) => {
  w.relays[n]!.lagging = !w.relays[n]!.lagging;
});
const topUp = step("top up", fc.constantFrom(50n, 400n), (w, amount) => {
  w.chain.topUp(w.honest.grant.paymentId, amount);
  void w.buyer.feed?.refresh();
});
const claim = step("claim", fc.constant(null), (w) => w.claim());
const stop = step("stop", fc.constant(null), (w) => w.stop());
const renew = step("new generation", fc.constant(null), (w) => {
  if (w.gateway.party.alive) w.gateway.pipeline.renew();
});
/** Old, doubled and misdirected vouchers of the honest buyer, at relays and at the gateway. */
const replay = step(
  "replay",
  fc.record({
    n: fc.nat(20),
    at: which,
    where: fc.constantFrom("buyer" as const, "gateway" as const, "stranger" as const),
    times: fc.constantFrom(1, 2, 4),
  }),
  (w, { n, at, where, times }) => {
    const voucher = pickOf(w.signed, n);
    if (!voucher) return;
    for (let i = 0; i < times; i += 1)
      if (where === "stranger") w.strangerReplays(voucher);
      else w.inject(where, voucher, w.relays[at]!);
  },
);
const replayTicks = step(
  "replay ticks",
  fc.record({
    n: fc.nat(40),
    at: which,
    where: fc.constantFrom("buyer" as const, "gateway" as const),
    more: fc.constantFrom(0, 0, 1, 5),
  }),
  (w, { n, at, where, more }) => {
    const ticked = pickOf(w.ticked, n);
    if (ticked) w.injectTicks(where, ticked, w.relays[at]!, more);
  },
);
/** Above the deposit, or by another key. */
const forge = step(
  "forge",
  fc.record({
    more: some,
    at: which,
    where: fc.constantFrom("buyer" as const, "gateway" as const),
    rich: fc.boolean(),
  }),
  (w, { more, at, where, rich }) => {
    const { deposit } = w.honest.slot;
    const voucher = rich
      ? w.forge(deposit + more + 1n, RELAYS[at]!)
      : w.forge(deposit < more ? deposit : more, RELAYS[at]!, new Uint8Array(32).fill(0x77));
    w.inject(where, voucher, w.relays[at]!);
  },
);
const gives = step("the gateway gives keys", which, (w, n) => w.gives(w.relays[n]!));
const repeats = step(
  "a relay repeats",
  fc.record({ at: which, back: fc.constantFrom(0, 0, 1, 2) }),
  (w, { at, back }) => w.repeats(w.relays[at]!, back),
);
const refuses = step("a relay refuses", which, (w, n) => w.refuses(w.relays[n]!));
const cheatOpens = step(
  "cheat opens",
  fc.record({ more: some, honestly: fc.boolean() }),
  (w, { more, honestly }) => w.cheatOpens(more, honestly),
);
const cheatPays = step("cheat pays", fc.record({ more: some, what: fc.nat(3) }), (w, { more, what }) => {
  const { total } = w.cheated;
  if (what === 0) w.cheatPays(total < more ? 0n : total - more);
  else if (what === 1) w.cheatPays(w.cheat.slot.deposit + more + 1n);
  else if (what === 2) w.cheatPays(total + more, RELAYS[0]);
  else w.cheatPays(total + more);
});

/** Commands by weight: fast-check's `commands` takes each arbitrary as often as it is listed. */
const weighted: [number, fc.Arbitrary<Command>][] = [
  [9, publish],
  [8, pass],
  [1, passLong],
  [6, kill],
  [2, copy],
  [3, restore],
  [2, cut],
  [1, lag],
  [1, topUp],
  [2, claim],
  [1, stop],
  [1, renew],
  [2, replay],
  [1, replayTicks],
  [1, forge],
  [1, gives],
  [2, repeats],
  [2, refuses],
  [2, cheatOpens],
  [2, cheatPays],
];
const commands = fc.commands(
  weighted.flatMap(([weight, one]) => Array<fc.Arbitrary<Command>>(weight).fill(one)),
  { maxCommands: 14, size: "max", ...(replayPath ? { replayPath } : {}) },
);

const PLANS = [
  plan({ price: 10n, entry: 80n }),
  plan({ kind: 1, price: 3n, unit: 100n, entry: 4n }),
  plan({ price: 7n, unit: 3n, entry: 20n }),
  // The one that is paid by ticks, twenty to an entry.
  plan({ price: 2n, entry: 40n }),
];

/**
 * The gateways of all plans and their relays serve so many pairs of buyers, one after the other; after a failure the next schedule has new
 * ones. They end together, because the clock begins anew then.
 */
const PAIRS_OF_WORLDS = 30;

let ground: Ground;
let pairs = 0;
const worlds = new Map<(typeof PLANS)[number], World>();
beforeAll(() => {
  ground = prepareGround();
  vi.useFakeTimers({
    now: 1_700_000_000_000,
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"],
  });
});
afterAll(() => {
  closeAll();
  vi.useRealTimers();
  rmSync(ground.folder, { recursive: true, force: true });
});

async function worldOf(of: (typeof PLANS)[number]): Promise<World> {
  if (pairs++ >= PAIRS_OF_WORLDS) closeAll();
  const world = worlds.get(of) ?? (await World.open(ground, of));
  worlds.set(of, world);
  return world;
}

function closeAll(): void {
  for (const world of worlds.values()) world.close();
  worlds.clear();
  vi.clearAllTimers();
  pairs = 0;
}

test(`the laws of money hold over ${SCHEDULES} schedules`, { timeout: 24 * 3_600_000 }, async () => {
  let done = 0;
  const property = fc.asyncProperty(
    commands,
    fc.constantFrom(...PLANS),
    fc.constantFrom(200n, 1_000n),
    fc.nat(LIVES_OF - 1),
    async (steps, of, deposit, life) => {
      const real = await worldOf(of);
      try {
        await real.begin(deposit);
        await fc.asyncModelRun(() => ({ model: {}, real }), steps);
        await real.finish();
        if (life === 0) await real.finishAlive();
        await real.end();
        done += 1;
        if (done % PROGRESS === 0) process.stderr.write(`${done} of ${SCHEDULES} schedules\n`);
      } catch (error) {
        closeAll();
        throw error;
      }
    },
  );
  const details = await fc.check(property, {
    numRuns: SCHEDULES,
    ...(seed ? { seed: Number(seed) } : {}),
    ...(path ? { path } : {}),
  });
  expect(details.failed, `${fc.defaultReportMessage(details)}\n${details.errorInstance}`).toBe(false);
  // A schedule in which nothing happens proves nothing.
  if (!path && SCHEDULES >= LEAST_FOR_ALL)
    for (const [what, count] of Object.entries(tally)) expect(count, what).toBeGreaterThan(0);
});
