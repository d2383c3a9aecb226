// Who is served already, while the chain's node fails or strangers keep it busy.
//
// - a revocation whose check the node refuses: the reader goes on reading, and is cut as soon as the node answers
// - a session pays on while its channel cannot be read
// - positions are asked at a bounded rate over all streams of a peer
// - as many questions of strangers as may be open: a fork ends nobody, a revocation cuts its reader, and the publisher publishes
// - many are judged again a few at a time, each of them, nobody twice at once, and whom the chain does not answer for until it does
import { fundChannel, revokeGrant } from "@weir/sdk/chain";
import { type FrameStream, RefusedError } from "@weir/sdk/wire";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BUYER, makeGrant, SELLER } from "../../test/support/market.ts";
import { rechecks } from "../src/chain/rechecks.ts";
import { LOCATES_BURST, MAX_CHAIN_READS, MAX_RECHECKS, MAX_STREAMS_PER_PEER } from "../src/limits.ts";
import type { Relay } from "../src/relay.ts";
import { readSegments, ScriptedBuyer, untilRefused } from "./support/buyer.ts";
import { startFaultyNode } from "./support/faulty-node.ts";
import { nextVoucher, startScene } from "./support/scene.ts";
import { ENTRY, FREE, METERED, PRICE, startWorld, type World } from "./support/world.ts";

const patience = { timeout: 20_000, interval: 50 };

let world: World;
let node: Awaited<ReturnType<typeof startFaultyNode>>;
let relay: Relay;

beforeAll(async () => {
  world = await startWorld();
  node = await startFaultyNode(world.chain.rpc);
  relay = await world.relay(undefined, { rpcUrl: node.rpc });
});
afterAll(async () => {
  await world?.stop();
  await node?.stop();
});

/** The relay has looked at the newest block. */
async function followed(): Promise<void> {
  const wanted = Number(await world.chain.client.getBlockNumber({ cacheTime: 0 }));
  const seen = async () => {
    const metrics = await (await fetch(`${relay.http}/metrics`)).text();
    return Number(/^weir_relay_chain_block (\d+)$/m.exec(metrics)![1]!);
  };
  await expect.poll(seen, patience).toBeGreaterThanOrEqual(wanted);
}

const revoke = (grantId: `0x${string}`) =>
  revokeGrant(world.chain.wallet(SELLER), { contracts: world.chain.contracts, grantId });

test("a revocation that cannot be checked is checked until the node answers; until then the reader reads", async () => {
  const scene = await startScene(world, relay, "revoked unseen", FREE);
  const frames = await scene.buyer.open();
  await frames.expect("OPENED");
  await scene.segments(1);
  await readSegments(frames, 1);
  const { grantId } = scene.purchase;
  // The follower's questions are answered: the block is known, but not what became of the grant.
  node.fault = (questions) => (questions.includes(grantId.slice(2)) ? "refuse" : undefined);
  node.refused = 0;
  await revoke(grantId);
  let over = false;
  const cut = untilRefused(frames).finally(() => {
    over = true;
  });
  await expect.poll(() => node.refused, patience).toBeGreaterThan(4); // viem asks twice, and so do we
  expect(over).toBe(false);
  node.fault = () => undefined;
  expect((await cut).name).toBe("Revoked"); // without another block
});

test("a session pays on while its channel cannot be read", async () => {
  const scene = await startScene(world, relay, "paying on", METERED);
  await scene.segments(10, 10, 10);
  const frames = await scene.session();
  await readSegments(frames, 2);
  const { paymentId } = scene.purchase;
  node.fault = (questions) => (questions.includes(paymentId.slice(2)) ? "refuse" : undefined);
  node.refused = 0;
  await fundChannel(world.chain.wallet(BUYER), {
    contracts: world.chain.contracts,
    terms: scene.purchase.terms,
    amount: 1n,
  });
  await expect.poll(() => node.refused, patience).toBeGreaterThan(1);
  const total = ENTRY + 10n * PRICE;
  frames.send("PAY", scene.buyer.voucher(total));
  await readSegments(frames, 1);
  expect(await nextVoucher(scene.vouchers, paymentId)).toBe(total);
  node.fault = () => undefined;
});

test("positions are asked at a bounded rate, however many streams they come on", async () => {
  const scene = await startScene(world, relay, "positions", FREE);
  const purchase = await makeGrant(world.chain, scene.listing, { plan: FREE, amount: 0n });
  const stranger = await ScriptedBuyer.start(world, relay, purchase);
  const ask = async (): Promise<string> => {
    const { frames } = await stranger.dial();
    for (let count = 0; count < 10; count += 1) {
      frames.send("LOCATE", { listingId: scene.listing.listingId, position: null });
      const answer = await frames.read();
      if (answer?.type !== "HEAD") return answer?.type === "REFUSED" ? answer.detail.limit! : "ended";
    }
    return "HEAD";
  };
  const answers: string[] = [];
  for (let stream = 0; stream <= LOCATES_BURST / 5; stream += 1) answers.push(await ask());
  expect(answers.slice(0, LOCATES_BURST / 10)).toEqual(Array(LOCATES_BURST / 10).fill("HEAD"));
  expect(answers).toContain("locates");
});

test("strangers' questions, as many as may be open, end no session and stop no check", async () => {
  const scene = await startScene(world, relay, "beside strangers", FREE);
  const frames = await scene.buyer.open();
  await frames.expect("OPENED");
  // Listings that nobody has: told from all other questions by their number.
  const mark = 0xdeadn << 32n;
  let looked: () => void = () => undefined;
  node.fault = (questions) => {
    if (questions.includes("dead0000")) return "hold";
    looked();
    return undefined;
  };
  const asked: FrameStream[] = [];
  for (let peer = 0; peer * MAX_STREAMS_PER_PEER <= MAX_CHAIN_READS; peer += 1) {
    const stranger = await ScriptedBuyer.start(world, relay, scene.purchase);
    const streams = Array.from({ length: MAX_STREAMS_PER_PEER }, () => stranger.dial());
    for (const dialled of streams) asked.push((await dialled).frames);
  }
  // Right behind a look at the chain: questions of one moment go out together, and the next look would be held with these.
  await new Promise<void>((resolve) => {
    looked = resolve;
  });
  for (const [n, frames] of asked.entries())
    frames.send("LOCATE", { listingId: mark + BigInt(n), position: null });
  // The others wait for the node.
  const refused = await Promise.any(asked.map(untilRefused));
  expect(refused).toMatchObject({ name: "Limit", detail: { limit: "chain reads" } });
  const snapshot = await world.chain.test.snapshot();
  await world.chain.mine(1);
  await followed();
  await world.chain.revert(snapshot);
  await world.chain.mine(2);
  await followed();
  await scene.segments(1);
  await readSegments(frames, 1);
  await revoke(scene.purchase.grantId);
  expect((await untilRefused(frames)).name).toBe("Revoked");
  node.fault = () => undefined;
});

test("many are judged again a few at a time, each until there is an answer", async () => {
  const again = rechecks({ log: pino({ level: "silent" }), retryMs: 1 });
  const all = Array.from({ length: 20 * MAX_RECHECKS }, (_, n) => ({ n, looks: 0, running: 0 }));
  let running = 0;
  let most = 0;
  let answering = false;
  const look = (who: (typeof all)[number]) => async () => {
    expect(who.running).toBe(0);
    who.running = 1;
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    who.running = 0;
    who.looks += 1;
    if (!answering && who.n % 2 === 0) throw new RefusedError("ChainUnreachable", "no answer");
  };
  for (const who of all) again.add(who, look(who));
  for (const who of all) again.add(who, look(who));
  await expect.poll(() => all.every(({ looks }) => looks > 0), patience).toBe(true);
  await expect.poll(() => all.every(({ n, looks }) => n % 2 === 1 || looks > 3), patience).toBe(true);
  expect(most).toBe(MAX_RECHECKS);
  expect(all.filter(({ n, looks }) => n % 2 === 1 && looks > 2)).toEqual([]);
  answering = true;
  const seen = all.map(({ looks }) => looks);
  await expect.poll(() => all.every(({ n, looks }) => n % 2 === 1 || looks > seen[n]!), patience).toBe(true);
  await again.stop();
  expect(running).toBe(0);
});
