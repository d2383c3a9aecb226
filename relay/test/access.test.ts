// subscribe: who may read, judged by the chain at OPEN and after every block.
//
// - refused at OPEN: unknown grant, another listing's, window not begun, window over, revoked, close pending, no gateway
// - a purchase that is still on its way is waited for; a reverted one is not
// - a signature made for another connection opens nothing
// - cut off while reading: grant revoked, close requested, window over
// - a free grant reads without a session, from its place on, past gaps and generations; a gift reads, too

import { ABIS, buy as buyGrant, giveGrant, requestClose, revokeGrant } from "@weir/sdk/chain";
import { hex, Rights } from "@weir/sdk/core";
import type { FrameStream } from "@weir/sdk/wire";
import { encodeFunctionData, keccak256 } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BUYER, makePurchase, SELLER, SIGNER, type TestPurchase } from "../../test/support/market.ts";
import type { Relay } from "../src/relay.ts";
import { readSegments, ScriptedBuyer, untilRefused } from "./support/buyer.ts";
import { ScriptedGateway } from "./support/gateway.ts";
import { cutBy, MOST_LOOKS } from "./support/pace.ts";
import { startScene } from "./support/scene.ts";
import { ENTRY, FREE, startWorld, type World } from "./support/world.ts";

let world: World;
let relay: Relay;

beforeAll(async () => {
  world = await startWorld();
  relay = await world.relay();
});

afterAll(() => world?.stop());

const newScene = (title: string, plan?: number) => startScene(world, relay, title, plan);

const buyerOf = (purchase: TestPurchase) => ScriptedBuyer.start(world, relay, purchase);

/** Opens as the purchase's plan demands. */
function open(buyer: ScriptedBuyer, generation: number, more: object = {}): Promise<FrameStream> {
  if (buyer.purchase.purchase.plan === FREE) return buyer.open(more);
  return buyer.open({
    session: buyer.session({ sessionNo: 1n, generation, fromSeq: 0n, baseTotal: 0n }),
    voucher: buyer.voucher(ENTRY),
    ...more,
  });
}

const chainNow = async () => Number((await world.chain.client.getBlock()).timestamp);

test("an unknown grant, another listing's grant, and a window that has not begun or is over are refused", async () => {
  const scene = await newScene("windows", FREE);
  const { listing, gateway, buyer } = scene;
  const refusal = async (frames: FrameStream) => (await untilRefused(frames)).name;
  expect(await refusal(await buyer.open({ grantId: hex(new Uint8Array(32).fill(8)) }))).toBe("NoGrant");
  const other = await newScene("windows, another listing", FREE);
  expect(await refusal(await buyer.open({ listingId: other.listing.listingId }))).toBe("NoGrant");

  const { contracts } = world.chain;
  const buy = async (window: { notBefore: number; notAfter: number }) => {
    const purchase = { ...makePurchase(world.chain, listing, { plan: FREE, amount: 0n }), ...window };
    const { grantId, paymentId, hash } = await buyGrant(world.chain.wallet(BUYER), { contracts, purchase });
    return buyerOf({ ...scene.purchase, purchase, grantId, paymentId, hash });
  };
  const now = Math.max(await chainNow(), Math.floor(Date.now() / 1000));
  const early = await buy({ notBefore: now + 3600, notAfter: now + 7200 });
  expect(await refusal(await open(early, gateway.generation))).toBe("BeforeWindow");
  // Long enough for a slow machine to open it.
  const end = Math.max(await chainNow(), Math.floor(Date.now() / 1000)) + 10;
  const brief = await buy({ notBefore: 0, notAfter: end });
  const reading = await open(brief, gateway.generation);
  await reading.expect("OPENED");
  // Its end comes by the clock, without any block.
  expect(await untilRefused(reading)).toMatchObject({ name: "AfterWindow" });
  expect(await refusal(await open(brief, gateway.generation))).toBe("AfterWindow");
});

test("a revoked grant is cut off and refused", async () => {
  const scene = await newScene("revoked");
  await scene.segments(1);
  const frames = await scene.session();
  await readSegments(frames, 1);
  const { contracts } = world.chain;
  const { grantId } = scene.purchase;
  const cut = await cutBy(world, frames, () =>
    revokeGrant(world.chain.wallet(SELLER), { contracts, grantId }),
  );
  expect(cut).toMatchObject({ name: "Revoked", segments: 0 });
  expect(cut.looks).toBeLessThanOrEqual(MOST_LOOKS);
  expect(await untilRefused(await open(scene.buyer, scene.gateway.generation))).toMatchObject({
    name: "Revoked",
  });
});

test("a pending close cuts off and is refused", async () => {
  const scene = await newScene("closing");
  await scene.segments(1);
  const frames = await scene.session();
  await readSegments(frames, 1);
  const { contracts } = world.chain;
  const { terms } = scene.purchase;
  const cut = await cutBy(world, frames, () => requestClose(world.chain.wallet(BUYER), { contracts, terms }));
  expect(cut).toMatchObject({ name: "Closing", segments: 0 });
  expect(cut.looks).toBeLessThanOrEqual(MOST_LOOKS);
  expect(await untilRefused(await open(scene.buyer, scene.gateway.generation))).toMatchObject({
    name: "Closing",
  });
});

test("without the gateway a metered session is refused, and LOCATE says so", async () => {
  const scene = await newScene("offline");
  await scene.segments(1, 1);
  const located = async () => {
    const { frames } = await scene.buyer.dial();
    frames.send("LOCATE", {
      listingId: scene.listing.listingId,
      position: { generation: scene.gateway.generation, seq: 0n },
    });
    return frames.expect("HEAD");
  };
  expect(await located()).toMatchObject({
    gateway: true,
    next: { seq: 1n, epoch: scene.epoch },
    epochFirstSeq: 0n,
  });
  await scene.vouchers.close();
  while ((await located()).gateway);
  expect(await untilRefused(await open(scene.buyer, scene.gateway.generation))).toMatchObject({
    name: "GatewayOffline",
  });
});

test("a signature made for another connection opens nothing", async () => {
  const scene = await newScene("stolen signature", FREE);
  const { frames } = await scene.buyer.dial();
  const thief = await ScriptedBuyer.start(world, relay, scene.purchase);
  const stolen = await thief.open({ signature: new Uint8Array(64).fill(2) });
  expect(await untilRefused(stolen)).toMatchObject({ name: "BadSignature" });
  frames.abort(new Error("done"));
});

test("a purchase on its way is waited for; a reverted one is refused", async () => {
  const scene = await newScene("pending");
  const { chain } = world;
  const purchase = makePurchase(chain, scene.listing);
  const wallet = chain.wallet(BUYER);
  const send = (
    value: bigint,
    data = encodeFunctionData({ abi: ABIS.Grants, functionName: "buy", args: [purchase] }),
  ) => wallet.sendTransaction({ to: chain.contracts.Grants, value, data, gas: 1_000_000n });
  const ids = await chain.client.readContract({
    abi: ABIS.Grants,
    address: chain.contracts.Grants,
    functionName: "check",
    args: [purchase],
  });
  const [paymentId, grantId] = ids;
  await chain.test.setAutomine(false);
  try {
    const reverted = await send(1n);
    const hash = await send(purchase.amount);
    const buyer = await buyerOf({ ...scene.purchase, purchase, paymentId, grantId, hash });
    const waiting = await open(buyer, scene.gateway.generation, { transactionHash: hash });
    const other = await buyerOf({ ...scene.purchase, grantId: hex(new Uint8Array(32).fill(3)) });
    const refused = await open(other, scene.gateway.generation, { transactionHash: reverted });
    await chain.test.mine({ blocks: 1 });
    const asked = await scene.vouchers.expect("SESSION");
    expect(asked).toMatchObject({ grantId, channelId: paymentId, transactionHash: hash });
    scene.vouchers.send("SESSION_ACK", scene.gateway.accept(asked, 0n));
    expect(await waiting.expect("OPENED")).toMatchObject({ fromSeq: 0n, baseAccrued: 0n });
    expect(await untilRefused(refused)).toMatchObject({ name: "NoGrant" });
  } finally {
    await chain.test.setAutomine(true);
  }
});

test("a free grant reads without a session, from its place on, and into the next generation", async () => {
  const scene = await newScene("free", FREE);
  const { gateway, buyer } = scene;
  await scene.segments(1, 1, 1);
  const frames = await buyer.open();
  expect(await frames.expect("OPENED")).toMatchObject({
    generation: gateway.generation,
    fromSeq: 0n,
    sessionAck: null,
  });
  expect(await readSegments(frames, 3)).toEqual([0n, 1n, 2n]);
  await scene.segments(1);
  expect(await readSegments(frames, 1)).toEqual([3n]);

  const next = await ScriptedGateway.start(world, relay, {
    listingId: scene.listing.listingId,
    generation: gateway.generation + 1,
  });
  const { frames: publish } = await next.publish();
  await next.deliver(publish, await next.seal());
  expect(await readSegments(frames, 1)).toEqual([0n]);

  const resumed = await buyer.open({
    position: { generation: gateway.generation, seq: 1n, segmentId: hex(new Uint8Array(32)) },
  });
  expect(await resumed.expect("OPENED")).toMatchObject({ generation: gateway.generation, fromSeq: 2n });
  expect(await readSegments(resumed, 3)).toEqual([2n, 3n, 0n]);
  const session = buyer.session({ sessionNo: 1n, generation: 1, fromSeq: 0n, baseTotal: 0n });
  expect(await untilRefused(await buyer.open({ session, voucher: buyer.voucher(1n) }))).toMatchObject({
    name: "WrongPlan",
  });
});

test("a gift reads with the buyer's own account", async () => {
  const scene = await newScene("gift", FREE);
  const { chain } = world;
  const nonce = hex(new Uint8Array(32).fill(1));
  const { grantId } = await giveGrant(chain.wallet(SELLER), {
    contracts: chain.contracts,
    listingId: scene.listing.listingId,
    buyer: chain.accounts[SIGNER]!.address,
    rights: Rights.read,
    notBefore: 0,
    notAfter: (await chainNow()) + 3600,
    nonce,
    encryptionKey: hex(new Uint8Array(32).fill(2)),
  });
  // A gift begins with the block that gives it: what was sealed in an earlier second is not part of it.
  const sealedAtMs = Math.max(Date.now(), (await chainNow()) * 1000);
  await scene.gateway.deliver(scene.publish, await scene.gateway.seal({ count: 1, sealedAtMs }));
  const gift = await buyerOf({ ...scene.purchase, grantId, paymentId: keccak256(nonce) });
  const frames = await gift.open({ plan: 0 });
  await frames.expect("OPENED");
  expect(await readSegments(frames, 1)).toEqual([0n]);
});

test("a window that ends by the chain's clock cuts off after one block", async () => {
  const scene = await newScene("chain time", FREE);
  const { chain } = world;
  const now = Math.max(await chainNow(), Math.floor(Date.now() / 1000));
  const made = makePurchase(chain, scene.listing, { plan: FREE, amount: 0n });
  const purchase = { ...made, notAfter: now + 600 };
  const ids = await buyGrant(chain.wallet(BUYER), { contracts: chain.contracts, purchase });
  const buyer = await buyerOf({ ...scene.purchase, ...ids, purchase });
  const frames = await buyer.open();
  await frames.expect("OPENED");
  await chain.test.increaseTime({ seconds: 700 });
  await chain.test.mine({ blocks: 1 });
  expect(await untilRefused(frames)).toMatchObject({ name: "AfterWindow" });
});
