// The SDK's own buyer through a real relay, against a seller who cheats and a chain that is away.
//
// - refuses every session with the buyer's own best total as the base: one entry is given away, then nothing more is signed, and the reason is named
// - over a restart of the buyer's program too: what was given away is in the books
// - figures that cannot be read: the buyer comes again, and signs nothing for them
// - the same base in one relay's word, as it is, signed by another key, or for another session: nothing is signed for it, and the next one serves
// - a relay that says the stream is over, or makes an acceptance up: the next one is asked, and serves
// - a relay that names a session number near the end of all numbers, or beyond: the next session's can still be said; a true one that is high is reached
// - over in truth: at once on the only relay's word or by the buyer's own clock; with another relay that is away soon, too
// - told that the channel is closed when it is not: the challenge follows; closed in truth, also without a transaction's hash: it is over
// - the seller signs with a key that is younger than the feed: it is read from the chain, and the session opens
// - out of money, and the chain does not answer once: after the top-up he reads on
import type { Stream } from "@libp2p/interface";
import { closeChannel, getChannel, revokeGrant } from "@weir/sdk/chain";
import { type FeedParameters, openFeed, type RelayAddress, readPublisherKeys } from "@weir/sdk/client";
import { fileStore } from "@weir/sdk/client/node";
import { type Address, type Hex, proofToDetail, type SessionBase, ZERO_ADDRESS } from "@weir/sdk/core";
import { nativeCrypto } from "@weir/sdk/native";
import { type FrameOf, FrameStream, PROTOCOLS } from "@weir/sdk/wire";
import { createNode } from "@weir/sdk/wire/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { OPERATOR, SELLER } from "../../test/support/market.ts";
import type { Relay } from "../src/relay.ts";
import { until } from "./support/buyer.ts";
import { type Scene, startScene } from "./support/scene.ts";
import { ENTRY, startWorld, type World } from "./support/world.ts";

let world: World;
let relay: Relay;
const liars: Awaited<ReturnType<typeof createNode>>[] = [];

beforeAll(async () => {
  world = await startWorld();
  relay = await world.relay();
});

afterAll(async () => {
  for (const node of liars) await node.stop();
  await world?.stop();
});

const slotOf = (channelId: Hex) =>
  getChannel(world.chain.client, { contracts: world.chain.contracts, channelId });

type Learned = NonNullable<FeedParameters["publisherKeys"]>;

/** The buyer's program over the files in `folder`. */
async function readerOf(
  { listing, buyer, purchase }: Scene,
  folder = world.folder(),
  channel = () => slotOf(purchase.paymentId),
  { before = [], notAfter, more }: { before?: RelayAddress[]; notAfter?: number; more?: Learned } = {},
) {
  const { delivery } = world;
  const { purchase: choice, grantId, paymentId } = purchase;
  return openFeed({
    ...{ node: await world.node(), crypto: nativeCrypto, delivery, store: fileStore(folder) },
    listing: {
      ...{ id: listing.listingId, terms: listing.terms },
      publisherKeys: more ? new Map() : new Map([[world.keyId, world.publisherKey]]),
    },
    ...(more ? { publisherKeys: more } : {}),
    purchase: { ...choice, ...(notAfter === undefined ? {} : { notAfter }), grantId, paymentId },
    keys: {
      ...{ signerPrivateKey: buyer.key, signer: choice.signer },
      ...{ encryptionPrivateKey: new Uint8Array(32).fill(2), encryptionKey: choice.encryptionKey },
    },
    relays: [...before, { operator: world.relayOperator, multiaddrs: relay.multiaddrs }],
    channel,
    transactionHash: null,
  });
}

/** A relay that lies: it says that somebody's stream is there, and to OPEN what it is told to. */
async function liar(
  answer: (frames: FrameStream, open: FrameOf<"OPEN">, operator: Address) => void,
): Promise<RelayAddress> {
  const operator = world.chain.accounts[17]!.address;
  const node = await createNode({ listen: ["/ip4/127.0.0.1/tcp/0"] });
  liars.push(node);
  const attend = async (stream: Stream) => {
    const frames = new FrameStream(stream);
    frames.send("HELLO", { nonce: new Uint8Array(32), chainId: world.chain.chainId, operator });
    await frames.expect("LOCATE");
    frames.send("HEAD", { generation: 1, head: null, epochFirstSeq: 0n, next: null, gateway: true });
    answer(frames, await frames.expect("OPEN"), operator);
    await frames.close();
  };
  await node.handle(PROTOCOLS.subscribe, (stream) => void attend(stream).catch(() => undefined));
  return { operator, multiaddrs: node.getMultiaddrs().map(String) };
}

const refusing = (name: string, detail = {}) =>
  liar((frames) => frames.send("REFUSED", { name, message: "so it says", detail } as never));

/** Answers every session: `detail` says with what. Resolves when the seller's line ends. */
async function refuseAll(
  { vouchers }: Scene,
  detail: (session: FrameOf<"SESSION">) => Record<string, string>,
): Promise<void> {
  for (let frame = await vouchers.read(); frame !== null; frame = await vouchers.read()) {
    if (frame.type !== "SESSION") continue;
    const { channelId, sessionNo } = frame;
    vouchers.send("SESSION_REFUSED", {
      ...{ channelId, sessionNo, name: "WrongBase", message: "the ledger says otherwise" },
      detail: detail(frame),
    });
  }
}

test("a base that is our own best total, again and again: one entry is given away, and nothing after it", async () => {
  const scene = await startScene(world, relay, "overcharged");
  const { gateway } = scene;
  const asked: bigint[] = [];
  const seller = refuseAll(scene, (session) => {
    const { cumulative, voucherSignature } = session;
    asked.push(cumulative);
    return {
      ...gateway.wrongBase(session, {
        ...{ generation: gateway.generation, fromSeq: 0n, baseTotal: cumulative },
      }),
      ...proofToDetail({ total: cumulative, relay: world.relayOperator, signature: voucherSignature }),
    };
  });
  const folder = world.folder();
  const first = await readerOf(scene, folder);
  await expect
    .poll(() => first.state, { timeout: 30_000 })
    .toMatchObject({
      status: "failed",
      reason: { name: "NotReceived", owed: 2n * ENTRY, received: 0n },
    });
  expect(first.meter).toMatchObject({ signed: 2n * ENTRY, due: 0n, segments: 0 });
  await first.close();

  const again = await readerOf(scene, folder);
  await expect.poll(() => again.state.status, { timeout: 30_000 }).toBe("failed");
  expect(again.meter.signed).toBe(2n * ENTRY);
  await again.close();
  await scene.stop();
  await seller.catch(() => undefined);
  expect([...new Set(asked)]).toEqual([ENTRY, 2n * ENTRY]);
});

test("a base that is no number: the buyer comes again and signs no more", async () => {
  const scene = await startScene(world, relay, "no number");
  const asked: bigint[] = [];
  const seller = refuseAll(scene, ({ cumulative }) => {
    asked.push(cumulative);
    return { generation: "1", fromSeq: "first", baseTotal: "all" };
  });
  const feed = await readerOf(scene);
  await expect.poll(() => asked.length, { timeout: 30_000 }).toBeGreaterThan(2);
  expect(feed.state.status).not.toBe("failed");
  await feed.close();
  expect(new Set(asked)).toEqual(new Set([ENTRY]));
  await scene.stop();
  await seller.catch(() => undefined);
});

/** Refuses every session with what leads by the entry as the base, proven by the buyer's own voucher. */
const overcharging = (
  detailOf: (open: FrameOf<"OPEN">, base: SessionBase, operator: Address) => Record<string, string>,
) =>
  liar((frames, open, operator) => {
    const { cumulative, signature } = open.voucher!;
    const base = { generation: open.session!.generation, fromSeq: 0n, baseTotal: cumulative };
    const detail = {
      ...detailOf(open, base, operator),
      ...proofToDetail({ total: cumulative, relay: operator, signature }),
    };
    frames.send("REFUSED", { name: "WrongBase", message: "so it says", detail });
  });

const asTexts = ({ generation, fromSeq, baseTotal }: SessionBase) => ({
  ...{ generation: String(generation), fromSeq: String(fromSeq), baseTotal: String(baseTotal) },
});

test.each(["nobody's word", "another key", "another session's"])(
  "a base of %s, from one relay: nothing is signed for it, and the next one serves",
  async (whose) => {
    const scene = await startScene(world, relay, `base of ${whose}`);
    const { gateway, purchase } = scene;
    const before = await overcharging((open, base, operator) => {
      if (whose === "nobody's word") return asTexts(base);
      const session = { ...open.session!, channelId: purchase.paymentId, relay: operator };
      const by = Object.assign(Object.create(gateway) as typeof gateway, {
        privateKey: whose === "another key" ? new Uint8Array(32).fill(9) : gateway.privateKey,
      });
      const sessionNo = session.sessionNo - (whose === "another session's" ? 1n : 0n);
      return by.wrongBase({ ...session, sessionNo }, base);
    });
    const feed = await readerOf(scene, undefined, undefined, { before: [before] });
    const session = await scene.vouchers.expect("SESSION");
    expect(session).toMatchObject({ channelId: purchase.paymentId, baseTotal: 0n, cumulative: ENTRY });
    expect(feed.state.status).not.toBe("failed");
    expect(feed.meter.signed).toBe(ENTRY);
    await feed.close();
    await scene.stop();
  },
);

test("out of money, and the chain is away for one answer: he asks again, and opens his session", async () => {
  const scene = await startScene(world, relay, "chain away");
  const { paymentId } = scene.purchase;
  let looks = 0;
  const feed = await readerOf(scene, undefined, async () => {
    looks += 1;
    if (looks === 2) throw new Error("the chain is away");
    const slot = await slotOf(paymentId);
    return looks < 4 ? { ...slot, deposit: 0n } : slot;
  });
  const session = await scene.vouchers.expect("SESSION");
  expect(session).toMatchObject({ channelId: paymentId, cumulative: ENTRY });
  expect(looks).toBe(4);
  await feed.close();
  await scene.stop();
});

const LIES = ["BadSignature", "NoGrant", "AfterWindow", "Revoked", "Closing", "WrongPlan", "UnknownListing"];

test.each([...LIES, "a made-up acceptance"])(
  "%s by one relay: the next one is asked, and serves",
  async (lie) => {
    const scene = await startScene(world, relay, `lied to: ${lie}`);
    const acceptance = {
      ...{ generation: 1, fromSeq: 0n, baseAccrued: 0n, keyId: world.keyId },
      sessionAck: new Uint8Array(64).fill(1),
    };
    const told = LIES.includes(lie) ? refusing(lie) : liar((frames) => frames.send("OPENED", acceptance));
    const feed = await readerOf(scene, undefined, undefined, { before: [await told] });
    const session = await scene.vouchers.expect("SESSION");
    expect(session.channelId).toBe(scene.purchase.paymentId);
    expect(feed.state.status).not.toBe("failed");
    await feed.close();
    await scene.stop();
  },
);

test.each([2n ** 64n - 2n, 10n ** 30n])(
  "session %i, says one relay: the next one serves",
  async (sessionNo) => {
    const scene = await startScene(world, relay, `session ${sessionNo}`);
    const before = [await refusing("StaleSession", { sessionNo: String(sessionNo) })];
    const folder = world.folder();
    const feed = await readerOf(scene, folder, undefined, { before });
    const session = await scene.vouchers.expect("SESSION");
    expect(session.sessionNo).toBeLessThanOrEqual(2n ** 33n);
    await feed.close();
    await scene.stop();
  },
);

test("a lost store gets on behind a session number that is high in truth", async () => {
  const scene = await startScene(world, relay, "high in truth");
  const last = 5n * 2n ** 32n;
  const seller = (async () => {
    for (;;) {
      const session = await scene.vouchers.expect("SESSION");
      const { channelId, sessionNo } = session;
      if (sessionNo > last) return sessionNo;
      const detail = { sessionNo: String(last) };
      const refusal = { channelId, sessionNo, name: "StaleSession", message: "a newer one was here", detail };
      scene.vouchers.send("SESSION_REFUSED", refusal as never);
    }
  })();
  const feed = await readerOf(scene);
  expect(await seller).toBe(last + 1n);
  await feed.close();
  await scene.stop();
});

test("revoked in truth: over on the only relay's word, and beside one that is away", async () => {
  const scene = await startScene(world, relay, "revoked");
  const { contracts } = world.chain;
  await revokeGrant(world.chain.wallet(SELLER), { contracts, grantId: scene.purchase.grantId });
  const only = await readerOf(scene);
  const over = { status: "failed", reason: { name: "Revoked" } };
  await expect.poll(() => only.state, { timeout: 30_000 }).toMatchObject(over);
  expect(only.meter.signed).toBe(ENTRY);
  const away = await refusing("Revoked");
  await liars.pop()!.stop();
  const feed = await readerOf(scene, undefined, undefined, { before: [away] });
  await expect.poll(() => feed.state, { timeout: 30_000 }).toMatchObject(over);
  await only.close();
  await feed.close();
  await scene.stop();
});

test("over by the buyer's own clock: one relay's word is enough", async () => {
  const scene = await startScene(world, relay, "its time is over");
  const before = [await refusing("AfterWindow")];
  const feed = await readerOf(scene, undefined, undefined, { before, notAfter: 1 });
  await expect.poll(() => feed.state.status, { timeout: 30_000 }).toBe("failed");
  expect(feed.state.reason).toMatchObject({ name: "AfterWindow", message: "so it says" });
  await feed.close();
  await scene.stop();
});

/** A reader stops; `answer` is the seller's part once the relay has passed the notice on. */
async function stop(scene: Scene, answer: () => Promise<Hex | null>) {
  const feed = await readerOf(scene);
  const { vouchers, gateway } = scene;
  vouchers.send("SESSION_ACK", gateway.accept(await vouchers.expect("SESSION"), 0n));
  await expect.poll(() => feed.state.status, { timeout: 30_000 }).toMatch(/live|waiting/);
  const stopped = feed.stop();
  const { channelId } = await until(vouchers, "NOTICE");
  const transactionHash = await answer();
  vouchers.send("NOTICE_DONE", { channelId, capture: 0n, transactionHash, error: null });
  return stopped;
}

test("closed by word only: the challenge follows", async () => {
  const scene = await startScene(world, relay, "closed by word");
  const stopped = await stop(scene, async () => `0x${"ab".repeat(32)}`);
  expect(stopped).toMatchObject({ by: "challenge", reason: { name: "CloseFailed" } });
  await scene.stop();
});

test("closed in truth, by whomever: over, with the chain's figure", async () => {
  const scene = await startScene(world, relay, "closed in truth");
  const { terms } = scene.purchase;
  const stopped = await stop(scene, async () => {
    await closeChannel(world.chain.wallet(OPERATOR), {
      ...{ contracts: world.chain.contracts, terms, relays: [...scene.listing.terms.relays], capture: 0n },
      voucher: { channelId: scene.purchase.paymentId, cumulative: 0n, relay: ZERO_ADDRESS },
      voucherSignature: "0x",
    });
    return null;
  });
  expect(stopped).toMatchObject({ by: "gateway", capture: 0n, due: 0n });
  await scene.stop();
});

test("a key that the seller registered after the feed began is learned from the chain", async () => {
  const scene = await startScene(world, relay, "a new key");
  const { vouchers, gateway } = scene;
  const { chain, hubId, keyId, publisherKey } = world;
  const named: ({ keyId: number } & typeof publisherKey)[] = [];
  const more = () => readPublisherKeys(chain.client, { contracts: chain.contracts, hubId }, named);
  const feed = await readerOf(scene, undefined, undefined, { more });
  for (const _ of ["refused by the reader", "taken"])
    vouchers.send("SESSION_ACK", gateway.accept(await until(vouchers, "SESSION"), 0n));
  await expect.poll(() => feed.state.status, { timeout: 30_000 }).toMatch(/live|waiting/);
  expect(named).toContainEqual({ keyId, ...publisherKey });
  await feed.close();
  await scene.stop();
});
