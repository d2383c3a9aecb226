// subscribe, metered: unit N is readable, N + 1 is not, whatever the client claims.
//
// - the first voucher covers the entry: exactly that much comes, the next segment only after the next voucher
// - a due of exactly the total is covered, one unit more is not
// - a client that edits its counters: a position, a base total or credit of its own choosing opens nothing
// - vouchers refused: naming another relay, by another key, above the deposit; a falling total is answered with the best one
// - sessions refused: an old number, below the entry, above the deposit, less than the deposit holds, a foreign key
// - epochs: nothing of an unreleased epoch; skipped ones are gaps; releases reach the reader in order
// - ranges of epochs released far ahead of the reader end the session; those that it is past do not count; released epochs never fall
// - a newer session supersedes the older; the older one's releases go nowhere
// - an attempt under the number of the running session takes nothing from it
// - a session that its gateway ends is ended by that name, and the buyer opens the next one
// - sessions that wait for a silent gateway are bounded by listing, and hold up no other one's
// - byte credit: no more is sent than the reader asked for
// - a newer generation ends the session by name; also one that was only said in a signed head, which LOCATE names then

import { fundChannel } from "@weir/sdk/chain";
import { ZERO_HASH } from "@weir/sdk/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BUYER, RELAY } from "../../test/support/market.ts";
import { MAX_PENDING_SESSIONS, MAX_RELEASED_RANGES, OPENS_BURST } from "../src/limits.ts";
import type { Relay } from "../src/relay.ts";
import { readSegments, ScriptedBuyer, until, untilRefused } from "./support/buyer.ts";
import { ScriptedGateway } from "./support/gateway.ts";
import { idOf, nextVoucher, startScene } from "./support/scene.ts";
import { ENTRY, PRICE, startWorld, type World } from "./support/world.ts";

let world: World;
let relay: Relay;

beforeAll(async () => {
  world = await startWorld();
  relay = await world.relay();
});

afterAll(() => world?.stop());

const newScene = (title: string) => startScene(world, relay, title);

test.each(["tcp", "ws"] as const)("unit N is readable and N + 1 is not (%s)", async (transport) => {
  const scene = await newScene(`n and n + 1 ${transport}`);
  await scene.segments(10, 10, 1, 1); // the entry pays for twenty messages
  const frames = await scene.session({ transport });
  expect(await readSegments(frames, 2)).toEqual([0n, 1n]);
  const balance = await until(frames, "BALANCE");
  expect(balance).toMatchObject({ total: ENTRY, due: ENTRY, needed: ENTRY + PRICE });

  frames.send("PAY", scene.buyer.voucher(ENTRY + PRICE - 1n)); // one wei short
  expect(await until(frames, "BALANCE")).toMatchObject({ total: ENTRY + PRICE - 1n, needed: ENTRY + PRICE });
  frames.send("PAY", scene.buyer.voucher(ENTRY + PRICE));
  expect(await readSegments(frames, 1)).toEqual([2n]);
  expect(await until(frames, "BALANCE")).toMatchObject({ due: ENTRY + PRICE, needed: ENTRY + 2n * PRICE });
  // The one before went by itself if the machine took longer between the two than vouchers wait for each other.
  let forwarded = 0n;
  while (forwarded < ENTRY + PRICE) forwarded = await nextVoucher(scene.vouchers, scene.buyer.channelId);
  expect(forwarded).toBe(ENTRY + PRICE);
});

test("segments published later come as they are paid for", async () => {
  const scene = await newScene("live");
  const frames = await scene.session();
  for (let message = 1; message <= 20; message += 1) {
    const seq = (await scene.segments(1))[0]!.seq;
    expect(await readSegments(frames, 1)).toEqual([seq]);
  }
  await scene.segments(1);
  expect(await until(frames, "BALANCE")).toMatchObject({ needed: ENTRY + PRICE });
});

test("a client that edits its counters gets nothing more", async () => {
  const scene = await newScene("edited counters");
  const sealed = await scene.segments(10, 10, 10, 10);
  const { buyer, gateway } = scene;
  // It claims to have received everything and to owe nothing: the gateway's ledger, not the client's word, gives the base.
  const lying = await buyer.open({
    position: { generation: gateway.generation, seq: 2n, segmentId: idOf(sealed[2]!) },
    credit: Number.MAX_SAFE_INTEGER,
    session: buyer.session({ sessionNo: 1n, generation: gateway.generation, fromSeq: 3n, baseTotal: 0n }),
    voucher: buyer.voucher(ENTRY),
  });
  const asked = await scene.vouchers.expect("SESSION");
  scene.vouchers.send("SESSION_REFUSED", {
    channelId: asked.channelId,
    sessionNo: asked.sessionNo,
    name: "WrongBase",
    message: "the ledger says otherwise",
    detail: { generation: String(gateway.generation), fromSeq: "0", baseTotal: "0" },
  });
  expect(await untilRefused(lying)).toMatchObject({
    name: "WrongBase",
    segments: 0,
    detail: { fromSeq: "0" },
  });
  // An acknowledgement that the publisher did not sign opens nothing either.
  const forged = await buyer.open({
    session: buyer.session({ sessionNo: 2n, generation: gateway.generation, fromSeq: 0n, baseTotal: 0n }),
    voucher: buyer.voucher(ENTRY),
  });
  const second = await scene.vouchers.expect("SESSION");
  scene.vouchers.send("SESSION_ACK", {
    ...gateway.accept(second, 0n),
    signature: new Uint8Array(64).fill(1),
  });
  expect(await untilRefused(forged)).toMatchObject({ name: "BadSignature", segments: 0 });
});

test("a voucher that names another relay, or is by another key, counts for nothing", async () => {
  const scene = await newScene("another relay");
  await scene.segments(10, 10, 10);
  const frames = await scene.session();
  await readSegments(frames, 2);
  frames.send("PAY", scene.buyer.voucher(ENTRY * 2n, world.chain.accounts[RELAY + 5]!.address));
  expect(await untilRefused(frames)).toMatchObject({ name: "BadSignature", segments: 0 });

  const again = await scene.session({ sessionNo: 2n });
  await readSegments(again, 2);
  again.send("PAY", scene.buyer.voucher(ENTRY * 2n, world.relayOperator, new Uint8Array(32).fill(4)));
  expect(await untilRefused(again)).toMatchObject({ name: "BadSignature", segments: 0 });
});

test("a falling total is answered with the best one; the third in a row ends the session", async () => {
  const scene = await newScene("falling");
  await scene.segments(10, 10, 10);
  const frames = await scene.session({ ahead: 5 });
  await readSegments(frames, 2);
  for (let count = 1; count <= 2; count += 1) {
    frames.send("PAY", scene.buyer.voucher(ENTRY));
    let balance = await until(frames, "BALANCE");
    if (count === 1)
      balance = balance.needed === ENTRY + 10n * PRICE ? balance : await until(frames, "BALANCE");
    expect(balance.total).toBe(ENTRY + 5n * PRICE);
  }
  frames.send("PAY", scene.buyer.voucher(ENTRY));
  expect(await untilRefused(frames)).toMatchObject({ name: "FallingTotal", segments: 0 });
});

test("a total above the deposit is refused until the channel is topped up", async () => {
  const scene = await newScene("over deposit");
  const { amount } = scene.purchase.purchase;
  await scene.segments(10, 10, 10);
  const frames = await scene.session();
  await readSegments(frames, 2);
  frames.send("PAY", scene.buyer.voucher(amount + 1n));
  expect(await untilRefused(frames)).toMatchObject({ name: "OverDeposit", segments: 0 });
  const { chain } = world;
  await fundChannel(chain.wallet(BUYER), {
    contracts: chain.contracts,
    terms: scene.purchase.terms,
    amount: 10n,
  });
  const again = await scene.session({ sessionNo: 2n });
  await readSegments(again, 2);
  again.send("PAY", scene.buyer.voucher(amount + 1n));
  expect(await readSegments(again, 1)).toEqual([2n]);
});

test("sessions are refused: old number, below entry, above deposit, poor channel, foreign key, wrong relay", async () => {
  const scene = await newScene("refused sessions");
  const { buyer, gateway, purchase } = scene;
  const { generation } = gateway;
  await scene.session({ sessionNo: 5n, ahead: 3 });
  const refusal = async (open: Parameters<typeof buyer.open>[0]) =>
    (await untilRefused(await buyer.open(open))).name;
  const session = (more: object = {}) =>
    buyer.session({ sessionNo: 6n, generation, fromSeq: 0n, baseTotal: 0n, ...more });
  const enough = buyer.voucher(ENTRY + 3n * PRICE);
  expect(await refusal({ session: session({ sessionNo: 5n }), voucher: enough })).toBe("StaleSession");
  expect(await refusal({ session: session(), voucher: buyer.voucher(ENTRY - 1n) })).toBe("BelowEntry");
  expect(await refusal({ session: session(), voucher: buyer.voucher(ENTRY) })).toBe("FallingTotal");
  const { amount } = purchase.purchase;
  expect(await refusal({ session: session(), voucher: buyer.voucher(amount + 1n) })).toBe("OverDeposit");
  expect(await refusal({ session: session({ baseTotal: amount }), voucher: enough })).toBe("OutOfMoney");
  expect(await refusal({ session: session({ expiry: 1 }), voucher: enough })).toBe("Expired");
  const foreign = { ...session(), signature: session({ fromSeq: 1n }).signature };
  expect(await refusal({ session: foreign, voucher: enough })).toBe("BadSignature");
  const other = buyer.voucher(ENTRY + 3n * PRICE, world.chain.accounts[9]!.address);
  expect(await refusal({ session: session(), voucher: other })).toBe("BadSignature");
  expect(await refusal({ session: null, voucher: null })).toBe("WrongPlan");
  expect(await refusal({ session: session(), voucher: enough, version: 2 })).toBe("UnknownListing");
  expect(await refusal({ session: session(), voucher: enough, plan: 1 })).toBe("WrongPlan");
  expect(await refusal({ session: session(), voucher: enough, key: new Uint8Array(32).fill(6) })).toBe(
    "BadSignature",
  );
  expect(await refusal({ session: session(), voucher: enough, paymentId: ZERO_HASH })).toBe("NoGrant");
});

test("a newer session supersedes the older one", async () => {
  const scene = await newScene("superseded");
  await scene.segments(1, 1);
  const older = await scene.session();
  expect(await readSegments(older, 2)).toEqual([0n, 1n]);
  const newer = await scene.session({ sessionNo: 2n });
  expect(await untilRefused(older)).toMatchObject({ name: "Superseded" });
  expect(await readSegments(newer, 2)).toEqual([0n, 1n]);
  scene.vouchers.send(
    "RELEASE",
    scene.gateway.release(scene.buyer.channelId, 1n, scene.epoch + 1, scene.epoch + 1),
  );
  scene.vouchers.send(
    "RELEASE",
    scene.gateway.release(scene.buyer.channelId, 2n, scene.epoch + 2, scene.epoch + 2),
  );
  expect((await until(newer, "KEYS")).seal.epochFrom).toBe(scene.epoch + 2);
});

test("an attempt to open the running session once more leaves it its keys", async () => {
  const scene = await newScene("twice");
  const { buyer, gateway, epoch } = scene;
  await scene.segments(1);
  const frames = await scene.session();
  expect(await readSegments(frames, 1)).toEqual([0n]);
  const again = await buyer.open({
    session: buyer.session({ sessionNo: 1n, generation: gateway.generation, fromSeq: 0n, baseTotal: 0n }),
    voucher: buyer.voucher(ENTRY),
  });
  expect(await untilRefused(again)).toMatchObject({ name: "StaleSession" });
  await expect.poll(() => again.closed).toBe(true);
  scene.vouchers.send("RELEASE", gateway.release(buyer.channelId, 1n, epoch + 1, epoch + 1));
  while ((await until(frames, "KEYS")).seal.epochFrom !== epoch + 1);
});

test("a session that its gateway ends is ended by that name, and the next one is opened", async () => {
  const scene = await newScene("ended");
  await scene.segments(1);
  const { channelId } = scene.buyer;
  for (const [sessionNo, name] of [
    [1n, "Unconfirmed"],
    [2n, "Superseded"],
  ] as const) {
    const frames = await scene.session({ sessionNo });
    expect(await readSegments(frames, 1)).toEqual([0n]);
    const why = { name, message: "it stands no longer", detail: {} };
    // Of a session before: nobody's end.
    scene.vouchers.send("SESSION_REFUSED", { channelId, sessionNo: sessionNo - 1n, ...why });
    await scene.segments(1);
    scene.vouchers.send("SESSION_REFUSED", { channelId, sessionNo, ...why });
    expect(await untilRefused(frames)).toMatchObject(why);
  }
});

test("sessions that wait for a silent gateway are bounded, and another listing's are opened", async () => {
  const silent = await newScene("silent");
  const other = await newScene("not silent");
  await other.segments(1);
  const { purchase, gateway, listing } = silent;
  const count = MAX_PENDING_SESSIONS + 1;
  const buyers = await Promise.all(
    Array.from({ length: Math.ceil(count / OPENS_BURST) }, () => ScriptedBuyer.start(world, relay, purchase)),
  );
  const opens = await Promise.all(
    Array.from({ length: count }, async (_, n) => {
      const buyer = buyers[n % buyers.length]!;
      const over = await buyer.dial();
      over.frames.send("LOCATE", { listingId: listing.listingId, position: null });
      await over.frames.expect("HEAD"); // now there is a minute for the OPEN
      const { generation } = gateway;
      const session = buyer.session({ sessionNo: BigInt(n + 1), generation, fromSeq: 0n, baseTotal: 0n });
      return { buyer, over, session, voucher: buyer.voucher(ENTRY) };
    }),
  );
  const refused = opens.map(async ({ buyer, ...open }) => untilRefused(await buyer.open(open)));
  expect(await Promise.race(refused)).toMatchObject({
    name: "Limit",
    detail: { limit: "pending sessions" },
  });
  expect(await readSegments(await other.session(), 1)).toEqual([0n]);
});

test("epochs that were not released are never sent; those behind a released one are gaps", async () => {
  const scene = await newScene("epochs");
  const { gateway, publish, epoch } = scene;
  const at = (offset: number) => ({ sealedAtMs: (epoch + offset) * 1000 });
  await gateway.deliver(
    publish,
    await gateway.seal(at(-2)),
    await gateway.seal(at(-1)),
    await gateway.seal(at(-1)),
    await gateway.seal(at(0)),
    await gateway.seal(at(0)),
  );
  const frames = await scene.session({ release: false });
  const { channelId } = scene.buyer;
  scene.vouchers.send("RELEASE", gateway.release(channelId, 1n, epoch - 2, epoch - 2));
  expect((await until(frames, "KEYS")).seal.epochTo).toBe(epoch - 2);
  expect(await readSegments(frames, 1)).toEqual([0n]);
  scene.vouchers.send("RELEASE", gateway.release(channelId, 1n, epoch, epoch, 1n));
  expect((await until(frames, "KEYS")).seal.epochTo).toBe(epoch);
  expect(await until(frames, "GAP")).toMatchObject({ fromSeq: 1n, toSeq: 2n });
  expect(await readSegments(frames, 2)).toEqual([3n, 4n]);
  frames.send("PAY", scene.buyer.voucher(ENTRY)); // the same again: answered, and the gap was not charged
  expect((await until(frames, "BALANCE")).due).toBe(3n * PRICE);
});

test("ranges of epochs that the reader is not past are bounded, and never fall", async () => {
  const scene = await newScene("ranges");
  const { gateway, publish, vouchers, epoch } = scene;
  const { channelId } = scene.buyer;
  const first = epoch - 4 * MAX_RELEASED_RANGES;
  const apart = (n: number) => first + 2 * n;
  const sealed = [];
  for (let n = 0; n <= MAX_RELEASED_RANGES; n += 1)
    sealed.push(await gateway.seal({ sealedAtMs: apart(n) * 1000 }));
  await gateway.deliver(publish, ...sealed);
  const release = (sessionNo: bigint, at: number) =>
    vouchers.send("RELEASE", gateway.release(channelId, sessionNo, at, at));
  const frames = await scene.session({ release: false, ahead: MAX_RELEASED_RANGES });
  for (let n = 0; n <= MAX_RELEASED_RANGES; n += 1) {
    release(1n, apart(n));
    expect(await readSegments(frames, 1)).toEqual([BigInt(n)]);
  }
  for (let n = 0; n < MAX_RELEASED_RANGES; n += 1) release(1n, epoch + 2 * n);
  expect(await untilRefused(frames)).toMatchObject({ name: "Limit", detail: { limit: "released ranges" } });

  const again = await scene.session({ sessionNo: 2n, release: false, ahead: MAX_RELEASED_RANGES });
  release(2n, apart(1));
  release(2n, apart(0));
  expect(await untilRefused(again)).toMatchObject({ name: "BadFrame" });
});

test("no more bytes are sent than the reader asked for", async () => {
  const scene = await newScene("credit");
  const [first] = await scene.segments(1, 1, 1, 1);
  const frames = await scene.session({ credit: first!.bytes.length + 1 });
  const others: { type: string }[] = [];
  expect(await readSegments(frames, 2, others as never)).toEqual([0n, 1n]); // the second began within the credit
  frames.send("PAY", scene.buyer.voucher(ENTRY + PRICE));
  frames.send("PAY", scene.buyer.voucher(ENTRY + PRICE));
  while ((await until(frames, "BALANCE")).total !== ENTRY + PRICE); // paid, and still nothing comes
  frames.send("CREDIT", { bytes: 100_000 });
  expect(await readSegments(frames, 2)).toEqual([2n, 3n]);
});

/** A session that has read a segment, and the gateway of the next generation, connected. */
async function superseded(title: string) {
  const scene = await newScene(title);
  await scene.segments(1);
  const frames = await scene.session();
  await readSegments(frames, 1);
  const next = await ScriptedGateway.start(world, relay, {
    listingId: scene.listing.listingId,
    generation: scene.gateway.generation + 1,
  });
  const { frames: publish } = await next.publish();
  const ended = async () =>
    expect(await untilRefused(frames)).toMatchObject({
      name: "StaleGeneration",
      detail: { generation: String(next.generation) },
    });
  return { scene, next, publish, ended };
}

test("a later generation ends the session by name", async () => {
  const { next, publish, ended } = await superseded("generation");
  await next.deliver(publish, await next.seal());
  await ended();
});

test("a later generation in which nothing was published yet ends the session, and LOCATE names it", async () => {
  const { scene, next, publish, ended } = await superseded("quiet generation");
  publish.send("SIGNED_HEAD", next.head());
  await ended();
  const { frames: asking } = await scene.buyer.dial();
  asking.send("LOCATE", { listingId: scene.listing.listingId, position: null });
  expect(await asking.expect("HEAD")).toMatchObject({
    generation: next.generation,
    head: null,
    epochFirstSeq: 0n,
  });
});
