// What the chain changes or takes back while somebody reads.
//
// keys rotated: the reader with the old ones is cut · sessions by the new signer, vouchers by the channel's · covers for the old key are
//   dropped, and none that a gateway seals to it is kept
// consent withdrawn: cut, refused, no keys; its window ends by the clock
// revoked: cut within the revocation's own block, with nothing after it; by the relay's own order, a few segments behind its look at that block
// confirmations: a large purchase waits for its blocks; a small one, a free one and a gift do not
// blocks replaced, 1 to 64 of them, seen before or not: the reader of a purchase that is gone is cut, free or metered, and it gets neither
//   segments nor keys; bought again on the other fork it is served

import { setTimeout as sleep } from "node:timers/promises";
import { buy, openRound, revokeGrant, rotateKeys, withdrawConsents } from "@weir/sdk/chain";
import { type Hex, hex, ListingFlag } from "@weir/sdk/core";
import { type FrameStream, PROTOCOLS } from "@weir/sdk/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BUYER, makeGrant, makePurchase, SELLER, type TestPurchase } from "../../test/support/market.ts";
import type { Relay } from "../src/relay.ts";
import { readSegments, ScriptedBuyer, untilRefused } from "./support/buyer.ts";
import { cutBy, MOST_LOOKS } from "./support/pace.ts";
import { nextSession, type Scene, startScene } from "./support/scene.ts";
import { ENTRY, FREE, METERED, startWorld, type World } from "./support/world.ts";

/** An account that nothing else uses: the keys after a rotation. */
const NEW_SIGNER = 11;
const NEW_KEY = hex(new Uint8Array(32).fill(6));
const BOND = 10n ** 18n;
const patience = { timeout: 20_000, interval: 400 };
/** A peer's rate of sessions outlasts a relay that is behind the chain. */
const ASK_AGAIN_MS = 400;
/** Depths of forks: the least, the most that are taken back one by one, their neighbours, and one of the others. */
const DEPTHS = [1, 2, 3 + Math.floor(Math.random() * 60), 63, 64];
/** Segments, one after the other and each on the disk, in which a relay that has a revocation's block asks the chain what it means. */
const MOST_SEGMENTS = 200;

let world: World;
let relay: Relay;

beforeAll(async () => {
  world = await startWorld();
  relay = await world.relay();
});
afterAll(() => world?.stop());

const newScene = (title: string, plan = FREE, at = relay) => startScene(world, at, title, plan);

const buyerOf = (purchase: TestPurchase, at = relay) => ScriptedBuyer.start(world, at, purchase);

/** The relay has looked at this block, the newest one unless another is named. */
async function followed(block?: bigint): Promise<void> {
  const wanted = block ?? (await world.chain.client.getBlockNumber({ cacheTime: 0 }));
  const seen = async () => {
    const metrics = await (await fetch(`${relay.http}/metrics`)).text();
    return Number(/^weir_relay_chain_block (\d+)$/m.exec(metrics)![1]!);
  };
  await expect.poll(seen, { ...patience, interval: 50 }).toBeGreaterThanOrEqual(Number(wanted));
}

/** Publishes a segment that the buyer's window covers and reads it. */
async function reading({ gateway, publish }: Scene, buyer: ScriptedBuyer): Promise<FrameStream> {
  const frames = await buyer.open();
  await frames.expect("OPENED");
  const { timestamp } = await world.chain.client.getBlock();
  const sealedAtMs = Math.max(Date.now(), Number(timestamp) * 1000);
  await gateway.deliver(publish, await gateway.seal({ sealedAtMs }));
  await readSegments(frames, 1);
  return frames;
}

const refusal = async (frames: FrameStream) => (await untilRefused(frames)).name;

async function keysRefusal({ listing, gateway }: Scene, buyer: ScriptedBuyer, grantId: Hex) {
  const { frames } = await buyer.dialKeys();
  const request = { requestId: 1, listingId: listing.listingId, grantId, generation: gateway.generation };
  frames.send("KEY_REQUEST", { ...request, epochFrom: 100, epochTo: 110 });
  return frames.expect("KEY_REPLY");
}

/** A gateway that answers each key request with a cover for `encryptionKey`. */
async function sealing({ gateway, purchase }: Scene, encryptionKey: () => Hex) {
  const keys = await gateway.connect(PROTOCOLS.keys);
  let answered = 0;
  const serve = async (): Promise<void> => {
    for (;;) {
      const frame = await keys.read();
      if (frame?.type !== "KEY_REQUEST") return;
      const to = { buyer: purchase.buyer, encryptionKey: encryptionKey() };
      const seal = await gateway.cover(to, frame.epochFrom, 120);
      answered += 1;
      keys.send("KEY_REPLY", { requestId: frame.requestId, seal, error: null });
    }
  };
  const serving = serve().catch(() => undefined); // the stream ends with the test
  return { keys, answered: () => answered, serving };
}

const rotate = (grantId: Hex) =>
  rotateKeys(world.chain.wallet(BUYER), {
    contracts: world.chain.contracts,
    grantId,
    encryptionKey: NEW_KEY,
    signer: world.chain.accounts[NEW_SIGNER]!.address,
  });
const newKey = () => new Uint8Array(world.chain.accounts[NEW_SIGNER]!.getHdKey().privateKey!);

describe("after the buyer has changed his keys", () => {
  test("the reader with the old ones is cut, and the new signer opens", async () => {
    const scene = await newScene("rotated");
    const frames = await reading(scene, scene.buyer);
    await rotate(scene.purchase.grantId);
    expect(await refusal(frames)).toBe("KeysRotated");
    expect(await refusal(await scene.buyer.open())).toBe("BadSignature");
    await (await scene.buyer.open({ key: newKey() })).expect("OPENED");
  });

  test("a session is signed by the new signer, its vouchers by the channel's", async () => {
    const scene = await newScene("rotated, metered", METERED);
    const { buyer, gateway } = scene;
    await scene.segments(1);
    const older = await scene.session();
    await readSegments(older, 1);
    await rotate(scene.purchase.grantId);
    expect(await refusal(older)).toBe("KeysRotated");
    const fields = { sessionNo: 2n, generation: gateway.generation, fromSeq: 0n, baseTotal: 0n };
    const open = (session: ReturnType<ScriptedBuyer["session"]>, voucherKey = buyer.key) =>
      buyer.open({ key: newKey(), session, voucher: buyer.voucher(ENTRY, undefined, voucherKey) });
    const plain = { session: buyer.session(fields), voucher: buyer.voucher(ENTRY) };
    expect(await refusal(await buyer.open(plain))).toBe("BadSignature");
    expect(await refusal(await open(buyer.session(fields)))).toBe("BadSignature");
    expect(await refusal(await open(buyer.session(fields, newKey()), newKey()))).toBe("BadSignature");
    const frames = await open(buyer.session(fields, newKey()));
    for (;;) {
      const asked = await scene.vouchers.expect("SESSION");
      if (asked.sessionNo !== 2n) continue;
      scene.vouchers.send("SESSION_ACK", gateway.accept(asked, 0n));
      break;
    }
    await frames.expect("OPENED");
  });

  test("covers for the old key are dropped, and none sealed to it is kept", async () => {
    const scene = await newScene("rotated covers");
    const { buyer, purchase } = scene;
    const old = purchase.purchase.encryptionKey;
    let to = old;
    const { keys, answered } = await sealing(scene, () => to);
    const older = await reading(scene, buyer);
    const { frames } = await buyer.dialKeys();
    let requestId = 0;
    const ask = async () => {
      const range = { epochFrom: 100, epochTo: 110, requestId: ++requestId };
      const { generation } = scene.gateway;
      const { grantId } = purchase;
      frames.send("KEY_REQUEST", { ...range, generation, grantId, listingId: scene.listing.listingId });
      return frames.expect("KEY_REPLY");
    };
    const first = await ask();
    expect(hex((await ask()).seal!.ct)).toBe(hex(first.seal!.ct));
    expect(answered()).toBe(1);
    await rotate(purchase.grantId);
    expect(await refusal(older)).toBe("KeysRotated");
    // The thief, if it was one, has no say any more in what the gateway is asked.
    await expect.poll(async () => (await ask()).error?.name, patience).toBe("Limit");
    expect(answered()).toBe(1);
    await (await buyer.open({ key: newKey() })).expect("OPENED");
    // The gateway has not heard of it yet: what it seals is of no use to the buyer.
    await expect.poll(async () => (await ask()).error?.name, patience).toBe("GatewayOffline");
    to = NEW_KEY;
    const fresh = await ask();
    expect(fresh.seal).not.toBeNull();
    expect(hex(fresh.seal!.ct)).not.toBe(hex(first.seal!.ct));
    await keys.close();
    // Kept for the new key, and for it alone.
    expect(hex((await ask()).seal!.ct)).toBe(hex(fresh.seal!.ct));
  });
});

describe("a consent that is withdrawn", () => {
  async function personal(title: string, notAfter: number) {
    const listing = await world.listing(title, { flags: ListingFlag.personalData });
    const subjects = [hex(new Uint8Array(32).fill(1)), hex(new Uint8Array(32).fill(2))];
    const { contracts } = world.chain;
    const { listingId } = listing;
    const formHash = hex(new Uint8Array(32).fill(3));
    const round = { listingId, formHash, notBefore: 0, notAfter, subjects, given: true };
    await openRound(world.chain.wallet(SELLER), { contracts, ...round });
    const scene = await startScene(world, relay, title, FREE, listing);
    return { scene, subjects };
  }
  const far = () => Math.floor(Date.now() / 1000) + 36_000;

  test("cuts off, and neither segments nor keys are given", async () => {
    const { scene, subjects } = await personal("personal", far());
    const { listingId } = scene.listing;
    await sealing(scene, () => scene.purchase.purchase.encryptionKey);
    const frames = await reading(scene, scene.buyer);
    expect((await keysRefusal(scene, scene.buyer, scene.purchase.grantId)).seal).not.toBeNull();
    const { contracts } = world.chain;
    const some = { contracts, listingId, subjects: subjects.slice(1) };
    const cut = await cutBy(world, frames, () => withdrawConsents(world.chain.wallet(SELLER), some));
    expect(cut.name).toBe("ConsentWithdrawn");
    expect(cut.looks).toBeLessThanOrEqual(MOST_LOOKS);
    expect(await refusal(await scene.buyer.open())).toBe("ConsentWithdrawn");
    expect(await keysRefusal(scene, scene.buyer, scene.purchase.grantId)).toMatchObject({
      seal: null,
      error: { name: "ConsentWithdrawn" },
    });
  });

  test("or whose window ends cuts off by the clock, without a block", async () => {
    const { timestamp } = await world.chain.client.getBlock();
    const until = Math.max(Math.floor(Date.now() / 1000), Number(timestamp)) + 15;
    const { scene } = await personal("personal for a while", until);
    const frames = await reading(scene, scene.buyer);
    const { number } = await world.chain.client.getBlock();
    expect(await refusal(frames)).toBe("ConsentWithdrawn");
    expect(Date.now()).toBeGreaterThanOrEqual(until * 1000);
    expect(await world.chain.client.getBlockNumber({ cacheTime: 0 })).toBe(number);
  });
});

test("a revoked grant is cut within the revocation's block and a second, and what is sealed after that is not its", async () => {
  const scene = await newScene("cut");
  const frames = await reading(scene, scene.buyer);
  const { contracts } = world.chain;
  const { grantId } = scene.purchase;
  const revoke = () => revokeGrant(world.chain.wallet(SELLER), { contracts, grantId });
  const { receipt, looks, ...refused } = await cutBy(world, frames, revoke);
  expect(refused).toMatchObject({ name: "Revoked", segments: 0 });
  expect(looks).toBeLessThanOrEqual(MOST_LOOKS);
  // No second block was needed.
  expect(await world.chain.client.getBlockNumber({ cacheTime: 0 })).toBe(receipt.blockNumber);
  await scene.gateway.deliver(scene.publish, await scene.gateway.seal());
  expect(await frames.read()).toBeNull();
});

test("a relay that has the revocation's block lets nothing pass but what comes while it asks what that means", async () => {
  const scene = await newScene("cut in order");
  const frames = await reading(scene, scene.buyer);
  const { contracts } = world.chain;
  const { grantId } = scene.purchase;
  let over = false;
  const cut = untilRefused(frames).finally(() => {
    over = true;
  });
  const { receipt } = await revokeGrant(world.chain.wallet(SELLER), { contracts, grantId });
  await followed(receipt.blockNumber);
  let sent = 0;
  for (; !over && sent < MOST_SEGMENTS; sent += 1)
    await scene.gateway.deliver(scene.publish, await scene.gateway.seal());
  expect((await cut).name).toBe("Revoked");
  expect(sent).toBeLessThan(MOST_SEGMENTS);
});

test("a large purchase waits for its blocks; what is small or free does not", async () => {
  const careful = await world.relay(undefined, { confirmations: { confirmations: 3 } });
  const listing = await world.listing("confirmed", {}, BOND);
  const scene = await startScene(world, careful, "confirmed", FREE, listing);
  await reading(scene, scene.buyer); // free: at once
  const open = async (amount: bigint) => {
    const buyer = await buyerOf(await makeGrant(world.chain, listing, { amount }), careful);
    const fields = { sessionNo: 1n, generation: scene.gateway.generation, fromSeq: 0n, baseTotal: 0n };
    return {
      ask: () => buyer.open({ session: buyer.session(fields), voucher: buyer.voucher(ENTRY) }),
      buyer,
    };
  };
  /** Asks until the relay hands the session on, and plays the gateway's part. */
  const served = async (ask: () => Promise<FrameStream>) => {
    const asked = scene.vouchers.expect("SESSION");
    for (;;) {
      const frames = await ask();
      const answer = frames.read();
      const first = await Promise.race([asked, answer]);
      if (first?.type === "REFUSED" && first.name === "Unconfirmed") {
        await sleep(ASK_AGAIN_MS);
        continue;
      }
      if (first === null || first.type === "REFUSED") throw new Error(`refused: ${first?.name}`);
      scene.vouchers.send("SESSION_ACK", scene.gateway.accept(await asked, 0n));
      return (await answer)?.type;
    }
  };
  const limit = BOND / 100n;
  const large = await open(limit + 1n);
  expect(await untilRefused(await large.ask())).toMatchObject({
    name: "Unconfirmed",
    detail: { needed: "3", missing: "3" },
  });
  expect(await served((await open(limit)).ask)).toBe("OPENED"); // and one block
  await world.chain.test.mine({ blocks: 1 });
  const missing = async () => (await untilRefused(await large.ask())).detail.missing;
  await expect.poll(missing, patience).toBe("1");
  await world.chain.test.mine({ blocks: 1 });
  expect(await served(large.ask)).toBe("OPENED");
});

describe("blocks that are replaced", () => {
  async function replaced(depth: number, plan: number, seen: boolean) {
    const { chain } = world;
    const listing = await world.listing(`replaced ${depth} ${plan} ${seen}`);
    const scene = await startScene(world, relay, `replaced ${depth}`, plan, listing);
    const id = await chain.test.snapshot();
    const fork = await chain.client.getBlockNumber({ cacheTime: 0 });
    const amount = plan === FREE ? 0n : 10n ** 16n;
    const purchase = makePurchase(chain, listing, { plan, amount });
    const wallet = chain.wallet(BUYER);
    const ids = await buy(wallet, { contracts: chain.contracts, purchase });
    const buyer = await buyerOf({ ...scene.purchase, ...ids, purchase });
    return { chain, scene, id, fork, purchase, wallet, ids, buyer };
  }

  test.for(DEPTHS)("%i of them take their purchase with them", async (depth) => {
    const { chain, scene, id, fork, purchase, wallet, ids, buyer } = await replaced(depth, FREE, true);
    const frames = await reading(scene, buyer);
    // A block at a time, as a chain has them: the fork then lies as deep as the follower's memory.
    await chain.mine(depth - 1);
    await followed();
    await chain.revert(id);
    await chain.mine(depth + 1);
    expect(await refusal(frames)).toBe("NoGrant");
    expect(await refusal(await buyer.open())).toBe("NoGrant");
    expect((await keysRefusal(scene, buyer, ids.grantId)).error?.name).toBe("NoGrant");
    expect(await chain.client.getBlockNumber({ cacheTime: 0 })).toBe(fork + BigInt(depth) + 1n);
    await expect.poll(async () => refusal(await buyer.open()), patience).toBe("NoGrant");
    const again = await buy(wallet, { contracts: chain.contracts, purchase });
    expect(again.grantId).toBe(ids.grantId);
    const opened = async () => {
      const answer = await (await buyer.open({ transactionHash: again.hash })).read();
      return answer?.type;
    };
    await expect.poll(opened, patience).toBe("OPENED");
  });

  test("before they were looked at once leave nothing behind", async () => {
    // OPEN reads the node's head, which is replaced in the same moment. A look may fall between the two by chance, but not every time.
    for (let round = 0; round < 5; round += 1) {
      const { chain, id, purchase, wallet, ids, buyer } = await replaced(1, FREE, false);
      const opened = await buyer.open();
      await opened.expect("OPENED");
      await chain.revert(id);
      await chain.test.mine({ blocks: 1 });
      expect(await refusal(opened)).toBe("NoGrant");
      await expect.poll(async () => refusal(await buyer.open()), patience).toBe("NoGrant");
      expect((await buy(wallet, { contracts: chain.contracts, purchase })).grantId).toBe(ids.grantId);
    }
  });

  test.for(DEPTHS)(
    "%i of them take a channel's funding with them, until it is mined again",
    async (depth) => {
      const { chain, scene, id, purchase, wallet, ids, buyer } = await replaced(depth, METERED, true);
      const { gateway, vouchers } = scene;
      await scene.segments(1, 1);
      const { generation } = gateway;
      const open = (sessionNo: bigint, transactionHash: Hex | null = null) =>
        buyer.open({
          session: buyer.session({ sessionNo, generation, fromSeq: 0n, baseTotal: 0n }),
          voucher: buyer.voucher(ENTRY),
          transactionHash,
        });
      const served = async (sessionNo: bigint, transactionHash: Hex) => {
        const frames = await open(sessionNo, transactionHash);
        const asked = await nextSession(vouchers, frames);
        vouchers.send("SESSION_ACK", gateway.accept(asked, 0n));
        vouchers.send("RELEASE", gateway.release(asked.channelId, sessionNo, scene.epoch, scene.epoch));
        expect(await readSegments(frames, 2)).toEqual([0n, 1n]);
        return frames;
      };
      const frames = await served(1n, ids.hash);
      await chain.mine(depth - 1);
      await followed();
      await chain.revert(id);
      await chain.mine(depth + 1);
      expect(await refusal(frames)).toBe("NoGrant");
      await scene.segments(1);
      expect(await refusal(await open(2n))).toBe("NoGrant");
      expect((await keysRefusal(scene, buyer, ids.grantId)).error?.name).toBe("NoGrant");
      const again = await buy(wallet, { contracts: chain.contracts, purchase });
      expect(again.paymentId).toBe(ids.paymentId);
      await served(3n, again.hash);
    },
  );

  test("take a change of keys back", async () => {
    const scene = await newScene("rotation replaced");
    const id = await world.chain.test.snapshot();
    await rotate(scene.purchase.grantId);
    await (await scene.buyer.open({ key: newKey() })).expect("OPENED");
    await world.chain.revert(id);
    await world.chain.test.mine({ blocks: 1 });
    await expect.poll(async () => (await (await scene.buyer.open()).read())?.type, patience).toBe("OPENED");
    expect(await refusal(await scene.buyer.open({ key: newKey() }))).toBe("BadSignature");
  });
});
