// Ticks at a relay: signed once, then a hash a message; nothing is sent for one that does not hold.
//
// - each tick pays for its message, on the disk with its proof before the message leaves, and the gateway is told
// - a voucher for what ticks have made takes their place; a chain ends with the next voucher
// - not confirmed by the gateway: sent again with the voucher below; a buyer who signs less is shown the ticks as proof, also after a restart
// - chains refused: another base, relay, channel, key, bound or value, a tip again · ticks refused: none signed, forged, above the bound, too many at
//   once, above the deposit, during a close · a lower one is answered with the best total, the third in a row ends the session
import { randomBytes } from "node:crypto";
import { proofFromDetail, signerOfTotal, tickTotal } from "@weir/sdk/core";
import { nativeCrypto } from "@weir/sdk/native";
import type { FrameOf, FrameStream } from "@weir/sdk/wire";
import { afterAll, beforeAll, expect, test } from "vitest";
import { relayAccount } from "../../test/support/datafiles.ts";
import type { Relay } from "../src/relay.ts";
import { readSegments, ScriptedBuyer, until, untilRefused } from "./support/buyer.ts";
import { nextVoucher, type Scene, startScene } from "./support/scene.ts";
import { ticksOn } from "./support/ticks.ts";
import { ENTRY, PRICE, startWorld, type World } from "./support/world.ts";

let world: World;
let relay: Relay;
let folder: string;

beforeAll(async () => {
  world = await startWorld();
  folder = world.folder();
  relay = await world.relay(folder);
});
afterAll(() => world?.stop());

const newScene = (title: string) => startScene(world, relay, title);

/** The next ticks that the gateway is told of. */
async function nextTicks({ vouchers, buyer }: Scene): Promise<FrameOf<"TICKS">["items"][number]> {
  for (;;) {
    const frame = await vouchers.read();
    if (frame === null) throw new Error("the gateway's stream ended");
    const item =
      frame.type === "TICKS" ? frame.items.find(({ channelId }) => channelId === buyer.channelId) : undefined;
    if (item) return item;
  }
}

test("a tick pays for its message, on the disk before it leaves, and the gateway hears of it", async () => {
  const scene = await newScene("ticks");
  await scene.segments(10, 10, 1, 1, 1);
  const frames = await scene.session();
  expect(await readSegments(frames, 2)).toEqual([0n, 1n]);
  const chain = ticksOn(scene.buyer, ENTRY);
  frames.send("TICK_CHAIN", chain.signed);
  frames.send("TICK", chain.tick(1));
  expect(await readSegments(frames, 1)).toEqual([2n]);
  const stored = await relayAccount(folder, scene.buyer.channelId);
  expect(stored).toMatchObject({ total: ENTRY + PRICE, accrued: ENTRY + PRICE, ticks: chain.tick(1) });
  expect(await until(frames, "BALANCE")).toMatchObject({ total: ENTRY + PRICE, needed: ENTRY + 2n * PRICE });
  expect(await nextTicks(scene)).toEqual({
    channelId: scene.buyer.channelId,
    ...chain.signed,
    ...chain.tick(1),
  });
  // One that is left out is made up for by the next.
  frames.send("TICK", chain.tick(3));
  expect(await readSegments(frames, 2)).toEqual([3n, 4n]);
  expect(await nextTicks(scene)).toMatchObject({ ticks: 3 });

  // A voucher for the same total is the better proof.
  frames.send("PAY", scene.buyer.voucher(ENTRY + 3n * PRICE));
  expect(await nextVoucher(scene.vouchers, scene.buyer.channelId)).toBe(ENTRY + 3n * PRICE);
  expect(await relayAccount(folder, scene.buyer.channelId)).toMatchObject({
    total: ENTRY + 3n * PRICE,
    ticks: null,
  });
  frames.send("TICK", chain.tick(4));
  expect(await untilRefused(frames)).toMatchObject({
    name: "BadTick",
    detail: { field: "chain" },
    segments: 0,
  });
});

test("what the gateway has not confirmed is sent again; a buyer who signs less is shown the proof", async () => {
  const scene = await newScene("unconfirmed ticks");
  await scene.segments(10, 10, 1, 1);
  const frames = await scene.session();
  await readSegments(frames, 2);
  const chain = ticksOn(scene.buyer, ENTRY);
  frames.send("TICK_CHAIN", chain.signed);
  frames.send("TICK", chain.tick(2));
  expect(await readSegments(frames, 2)).toEqual([2n, 3n]);
  await nextTicks(scene);
  const again = await scene.gateway.vouchers();
  expect(await nextVoucher(again, scene.buyer.channelId)).toBe(ENTRY);
  expect((await again.expect("TICKS")).items).toMatchObject([{ ...chain.signed, ...chain.tick(2) }]);
  scene.vouchers = again;

  await relay.stop();
  relay = await world.relay(folder);
  await scene.stop();
  const buyer = await ScriptedBuyer.start(world, relay, scene.purchase);
  const refused = await untilRefused(
    await buyer.open({
      session: buyer.session({
        sessionNo: 2n,
        generation: scene.gateway.generation,
        fromSeq: 0n,
        baseTotal: 0n,
      }),
      voucher: buyer.voucher(ENTRY + PRICE),
    }),
  );
  expect(refused).toMatchObject({ name: "FallingTotal", detail: { total: String(ENTRY + 2n * PRICE) } });
  const proof = proofFromDetail(refused.detail)!;
  const signer = (of = proof) =>
    signerOfTotal(nativeCrypto, world.delivery, buyer.channelId, of)?.toLowerCase();
  const ours = scene.purchase.terms.signer.toLowerCase();
  expect(signer()).toBe(ours);
  expect(tickTotal(proof.ticks!, proof.ticks!.ticks)).toBe(proof.total);
  // No word of it can be changed.
  const { ticks } = proof;
  for (const forged of [
    { ...proof, total: proof.total + PRICE },
    { ...proof, relay: scene.purchase.terms.payer },
    { ...proof, ticks: { ...ticks!, base: ticks!.base + PRICE } },
    { ...proof, ticks: { ...ticks!, ticks: 3 } },
    { ...proof, total: proof.total + PRICE, ticks: { ...ticks!, ticks: 3 } },
    { ...proof, total: proof.total + PRICE, ticks: { ...ticks!, base: ticks!.base + PRICE } },
  ])
    expect(signer(forged)).not.toBe(ours);
  await buyer.stop();
});

type Case = (frames: FrameStream, scene: Scene, base: bigint) => void | Promise<void>;
const stranger = new Uint8Array(32).fill(4);
const chainOf =
  (...[more, sent]: [Parameters<typeof ticksOn>[2]?, Parameters<typeof ticksOn>[3]?]): Case =>
  (frames, { buyer }, base) =>
    void frames.send("TICK_CHAIN", ticksOn(buyer, base, more, sent).signed);
const tickOf =
  (ticks: number, more: Parameters<typeof ticksOn>[2] = {}, preimage?: Uint8Array): Case =>
  (frames, { buyer }, base) => {
    const chain = ticksOn(buyer, base, more);
    frames.send("TICK_CHAIN", chain.signed);
    frames.send("TICK", { ...chain.tick(ticks), ...(preimage ? { preimage } : {}) });
  };

test("nothing is sent for a chain or a tick that does not hold", { timeout: 120_000 }, async () => {
  const scene = await newScene("refused ticks");
  await scene.segments(10, 10, 1, 1);
  const other = `0x${"ab".repeat(32)}` as const;
  const { amount } = scene.purchase.purchase;
  const cases: [what: string, name: string, detail: object, act: Case][] = [
    [
      "a base above what is signed",
      "BadTick",
      { field: "base" },
      (f, s, base) => chainOf({ base: base + 1n })(f, s, base),
    ],
    [
      "a base below what is signed",
      "BadTick",
      { field: "base" },
      (f, s, base) => chainOf({ base: base - PRICE })(f, s, base),
    ],
    [
      "a base that was not signed",
      "BadSignature",
      {},
      (f, s, base) => chainOf({ base: base - 1n }, { base })(f, s, base),
    ],
    ["another relay", "BadSignature", {}, chainOf({ relay: world.chain.accounts[9]!.address })],
    ["another channel", "BadSignature", {}, chainOf({ channelId: other })],
    ["another key", "BadSignature", {}, chainOf({ key: stranger })],
    ["another value than was signed", "BadSignature", {}, chainOf({}, { tickValue: PRICE * 2n })],
    ["another bound than was signed", "BadSignature", {}, chainOf({}, { maxTicks: 21 })],
    ["more than 1,024 ticks", "BadTick", { field: "maxTicks" }, chainOf({ maxTicks: 1025 })],
    ["no tick", "BadTick", { field: "maxTicks" }, chainOf({}, { maxTicks: 0 })],
    ["ticks worth nothing", "BadTick", { field: "tickValue" }, chainOf({ tickValue: 0n })],
    [
      "a tip for the second time",
      "BadTick",
      { field: "tip" },
      (frames, { buyer }, base) => {
        const seed = new Uint8Array(randomBytes(32));
        frames.send("TICK_CHAIN", ticksOn(buyer, base, { seed }).signed);
        frames.send("PAY", buyer.voucher(base + 1n));
        frames.send("TICK_CHAIN", ticksOn(buyer, base + 1n, { seed }).signed);
      },
    ],
    [
      "a tick without a chain",
      "BadTick",
      { field: "chain" },
      (frames, { buyer }, base) => void frames.send("TICK", ticksOn(buyer, base).tick(1)),
    ],
    ["a forged preimage", "BadTick", { field: "preimage" }, tickOf(1, {}, new Uint8Array(32).fill(1))],
    [
      "the tip itself for a tick",
      "BadTick",
      { field: "preimage" },
      (frames, { buyer }, base) => {
        const chain = ticksOn(buyer, base);
        frames.send("TICK_CHAIN", chain.signed);
        frames.send("TICK", { ...chain.tick(0), ticks: 1 });
      },
    ],
    [
      "a preimage for more ticks than it makes",
      "BadTick",
      { field: "preimage" },
      (frames, { buyer }, base) => {
        const chain = ticksOn(buyer, base);
        frames.send("TICK_CHAIN", chain.signed);
        frames.send("TICK", { ...chain.tick(1), ticks: 2 });
      },
    ],
    ["a tick above the bound", "BadTick", { field: "ticks" }, tickOf(21)],
    ["too many at once", "Limit", { limit: "ticks at once" }, tickOf(257, { maxTicks: 1024, tickValue: 1n })],
    ["a tick above the deposit", "OverDeposit", {}, tickOf(1, { tickValue: amount })],
    [
      "a tick during a close",
      "Closing",
      {},
      (frames, { buyer }, base) => {
        const chain = ticksOn(buyer, base);
        frames.send("TICK_CHAIN", chain.signed);
        frames.send("CLOSE", buyer.close());
        frames.send("TICK", chain.tick(1));
      },
    ],
  ];
  let sessionNo = 0n;
  for (const [what, name, detail, act] of cases) {
    sessionNo += 1n;
    if (sessionNo % 15n === 0n) {
      await scene.buyer.stop();
      scene.buyer = await ScriptedBuyer.start(world, relay, scene.purchase);
    }
    const before = (await relayAccount(folder, scene.buyer.channelId))?.total ?? ENTRY;
    const frames = await scene.session({ sessionNo, ahead: 0, total: before });
    await readSegments(frames, 2);
    await act(frames, scene, before);
    const refused = await untilRefused(frames);
    expect([what, refused.name, refused.segments]).toEqual([what, name, 0]);
    expect([what, refused.detail]).toEqual([what, expect.objectContaining(detail)]);
    const stored = await relayAccount(folder, scene.buyer.channelId);
    expect([what, stored?.ticks]).toEqual([what, null]);
    expect(stored!.total).toBeLessThan(ENTRY + PRICE); // nothing that a tick would have made
  }
});

test("a lower tick is answered with the best total; the third in a row ends the session", async () => {
  const scene = await newScene("lower ticks");
  await scene.segments(10, 10, 5, 1);
  const frames = await scene.session();
  await readSegments(frames, 2);
  const chain = ticksOn(scene.buyer, ENTRY);
  frames.send("TICK_CHAIN", chain.signed);
  frames.send("TICK", chain.tick(5));
  expect(await readSegments(frames, 1)).toEqual([2n]);
  for (const ticks of [5, 4, 5, 1]) {
    frames.send("TICK", chain.tick(ticks));
    while ((await until(frames, "BALANCE")).total !== ENTRY + 5n * PRICE);
  }
  frames.send("TICK", chain.tick(0));
  expect(await untilRefused(frames)).toMatchObject({ name: "FallingTotal", segments: 0 });
});
