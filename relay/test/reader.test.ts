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
// - stopped while a session is being opened: through it; without a session, for want of money or right, or while the seller is away: the notice
//   reaches him, and he closes
// - the seller signs with a key that is younger than the feed: it is read from the chain, and the session opens
// - out of money, and the chain does not answer once: after the top-up he reads on
// - a segment with a false tag is read by its root; one that is not what its publisher signed ends the stream: it is never counted, no session is
//   opened for it again by itself, and what is not metered goes on behind it when it is opened again
import type { Stream } from "@libp2p/interface";
import { closeChannel, getChannel, revokeGrant, rotateKeys } from "@weir/sdk/chain";
import { type FeedParameters, openFeed, type RelayAddress, readPublisherKeys } from "@weir/sdk/client";
import { fileStore } from "@weir/sdk/client/node";
import {
  type Address,
  type Bytes,
  type Crypto,
  coverKeys,
  createSealer,
  derivePurchaseKeys,
  type Hex,
  proofToDetail,
  randomSalt,
  SESSION_ID_BYTES,
  SealPurpose,
  type SessionBase,
  sessionDigest,
  ZERO_ADDRESS,
} from "@weir/sdk/core";
import { nativeCrypto } from "@weir/sdk/native";
import { type FrameOf, FrameStream, PROTOCOLS } from "@weir/sdk/wire";
import { createNode } from "@weir/sdk/wire/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BUYER, OPERATOR, SELLER } from "../../test/support/market.ts";
import type { Relay } from "../src/relay.ts";
import { until } from "./support/buyer.ts";
import type { Sealed } from "./support/gateway.ts";
import { type Scene, startScene } from "./support/scene.ts";
import { ENTRY, FREE, PRICE, startWorld, type World } from "./support/world.ts";

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

type EncryptionKeys = Pick<FeedParameters["keys"], "encryptionPrivateKey" | "encryptionKey">;
type Learned = NonNullable<FeedParameters["publisherKeys"]>;

/** The buyer's program over the files in `folder`. */
async function readerOf(
  { listing, buyer, purchase }: Scene,
  folder = world.folder(),
  channel: FeedParameters["channel"] = () => slotOf(purchase.paymentId),
  {
    before = [],
    notAfter,
    more,
    keys = {
      encryptionPrivateKey: new Uint8Array(32).fill(2),
      encryptionKey: purchase.purchase.encryptionKey,
    },
  }: { before?: RelayAddress[]; notAfter?: number; more?: Learned; keys?: EncryptionKeys } = {},
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
      ...keys,
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

/** What the seller sends when nothing was owed. */
async function close({ purchase, listing }: Scene): Promise<null> {
  await closeChannel(world.chain.wallet(OPERATOR), {
    ...{ contracts: world.chain.contracts, terms: purchase.terms, relays: [...listing.terms.relays] },
    ...{ capture: 0n, voucher: { channelId: purchase.paymentId, cumulative: 0n, relay: ZERO_ADDRESS } },
    voucherSignature: "0x",
  });
  return null;
}

test("closed in truth, by whomever: over, with the chain's figure", async () => {
  const scene = await startScene(world, relay, "closed in truth");
  const stopped = await stop(scene, () => close(scene));
  expect(stopped).toMatchObject({ by: "gateway", capture: 0n, due: 0n });
  await scene.stop();
});

test.each(["out-of-money", "failed"] as const)(
  "stopped where no session can be opened (%s): the seller closes all the same, beside a relay that says nothing",
  async (status) => {
    const scene = await startScene(world, relay, `stopped: ${status}`);
    const { paymentId, grantId } = scene.purchase;
    const { contracts } = world.chain;
    if (status === "failed") await revokeGrant(world.chain.wallet(SELLER), { contracts, grantId });
    const short = async () => {
      const slot = await slotOf(paymentId);
      return slot.epoch === 0 && status === "out-of-money" ? { ...slot, deposit: ENTRY - 1n } : slot;
    };
    const before = [status === "failed" ? await refusing("Revoked") : await liar(() => undefined)];
    const feed = await readerOf(scene, undefined, short, { before });
    await expect.poll(() => feed.state.status, { timeout: 30_000 }).toBe(status);
    const stopped = feed.stop();
    const { channelId } = await until(scene.vouchers, "NOTICE");
    const transactionHash = await close(scene);
    scene.vouchers.send("NOTICE_DONE", { channelId, capture: 0n, transactionHash, error: null });
    expect(await stopped).toMatchObject({ by: "gateway", capture: 0n, due: 0n });
    await scene.stop();
  },
);

test("stopped at once: the session that is being opened goes before the notice", async () => {
  const scene = await startScene(world, relay, "stopped at once");
  const { vouchers, gateway } = scene;
  const feed = await readerOf(scene);
  const stopped = feed.stop();
  const first = await vouchers.expect(["SESSION", "NOTICE"]);
  if (first.type !== "SESSION") throw new Error("the notice came first");
  vouchers.send("SESSION_ACK", gateway.accept(first, 0n));
  const { channelId } = await until(vouchers, "NOTICE");
  const transactionHash = await close(scene);
  vouchers.send("NOTICE_DONE", { channelId, capture: 0n, transactionHash, error: null });
  expect(await stopped).toMatchObject({ by: "gateway", capture: 0n });
  await scene.stop();
});

test("stopped while the seller is away for a moment: he is asked again", async () => {
  const scene = await startScene(world, relay, "stopped: seller away");
  await scene.vouchers.close();
  const feed = await readerOf(scene);
  await expect
    .poll(() => feed.state, { timeout: 30_000 })
    .toMatchObject({ reason: { name: "GatewayOffline" } });
  const stopped = feed.stop();
  scene.vouchers = await scene.gateway.vouchers();
  const { channelId } = await until(scene.vouchers, "NOTICE");
  const transactionHash = await close(scene);
  scene.vouchers.send("NOTICE_DONE", { channelId, capture: 0n, transactionHash, error: null });
  expect(await stopped).toMatchObject({ by: "gateway", capture: 0n });
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

/** Signs the root of another body than the one it seals. */
const belied: Crypto = {
  ...nativeCrypto,
  gcmSeal: (key, plain, aad) => nativeCrypto.gcmSeal(key, plain.with(0, plain[0]! ^ 1), aad),
};
const withoutTag = (crypto: Crypto): Crypto => ({
  ...crypto,
  gcmSeal: async (key, plain, aad) => (await crypto.gcmSeal(key, plain, aad)).fill(0, plain.length) as Bytes,
});

/** Keys that a seal can be opened with, unlike those of other purchases here. */
function newKeys(): EncryptionKeys {
  const { encryptionPrivateKey, encryptionKey } = derivePurchaseKeys(
    new Uint8Array(32).fill(3),
    randomSalt(),
  );
  return { encryptionPrivateKey, encryptionKey };
}

/** The seller accepts a session and opens an epoch to it, sealed as its buyer needs it. */
async function serve({ gateway, vouchers, purchase, epoch }: Scene, encryptionKey: Hex): Promise<void> {
  const session = await until(vouchers, "SESSION");
  const { channelId, sessionNo } = session;
  const digest = sessionDigest(world.delivery, session);
  const sealer = await createSealer(nativeCrypto, {
    ...{ delivery: world.delivery, listingId: gateway.listingId, generation: gateway.generation },
    ...{ buyer: purchase.buyer, encryptionKey, purpose: SealPurpose.session },
    sessionId: digest.subarray(0, SESSION_ID_BYTES),
    ...{ publisherKeyId: world.keyId, publisherPrivateKey: world.publisherPrivateKey },
  });
  const seal = await sealer.seal(epoch, epoch, coverKeys(nativeCrypto, gateway.secret, epoch, epoch));
  vouchers.send("SESSION_ACK", gateway.accept(session, session.baseTotal));
  vouchers.send("RELEASE", { channelId, sessionNo, seal });
}

const FALSE = { status: "failed", reason: { name: "FalseSegment" } };

test("not what its publisher signed: it ends the stream and is not counted; a false tag alone does no harm", async () => {
  const scene = await startScene(world, relay, "false");
  const { gateway, publish, vouchers } = scene;
  const keys = newKeys();
  const sealed: Sealed[] = [];
  const sealedAtMs = scene.epoch * 1000;
  for (const crypto of [withoutTag(nativeCrypto), withoutTag(belied)])
    sealed.push(await gateway.seal({ sealedAtMs, crypto }));
  await gateway.deliver(publish, ...sealed);
  const folder = world.folder();
  for (const brought of [1, 0]) {
    const feed = await readerOf(scene, folder, undefined, { keys });
    const seqs: bigint[] = [];
    feed.on("messages", ({ segment }) => void seqs.push(segment.header.seq));
    await serve(scene, keys.encryptionKey);
    await expect.poll(() => feed.state, { timeout: 30_000 }).toMatchObject(FALSE);
    expect(seqs).toEqual(brought ? [0n] : []);
    expect(feed.meter).toMatchObject({ segments: 1, due: PRICE });
    expect(feed.meter.signed).toBeLessThanOrEqual(PRICE + ENTRY);
    await feed.close();
  }
  await vouchers.close();
  for (let frame = await vouchers.read(); frame !== null; frame = await vouchers.read())
    expect(frame.type).not.toBe("SESSION");
  await scene.stop();
});

test("what is not metered ends at such a segment, too, and goes on behind it when it is opened again", async () => {
  const scene = await startScene(world, relay, "false and free", FREE);
  const { gateway, publish, purchase } = scene;
  const keys = newKeys();
  const { grantId, buyer } = purchase;
  const { signer } = purchase.purchase;
  const { contracts } = world.chain;
  await rotateKeys(world.chain.wallet(BUYER), {
    contracts,
    grantId,
    signer,
    encryptionKey: keys.encryptionKey,
  });
  const asked = await gateway.connect(PROTOCOLS.keys);
  const sealedAtMs = scene.epoch * 1000;
  await gateway.deliver(publish, await gateway.seal({ sealedAtMs, crypto: belied }));
  await gateway.deliver(publish, await gateway.seal({ sealedAtMs }));
  const folder = world.folder();
  const open = async () => {
    const feed = await readerOf(scene, folder, null, { keys });
    const { requestId, epochFrom } = await asked.expect("KEY_REQUEST");
    const seal = await gateway.cover(
      { buyer, encryptionKey: keys.encryptionKey },
      epochFrom,
      scene.epoch + 60,
    );
    asked.send("KEY_REPLY", { requestId, seal, error: null });
    return feed;
  };
  const first = await open();
  await expect.poll(() => first.state, { timeout: 30_000 }).toMatchObject(FALSE);
  expect(first.meter.segments).toBe(0);
  await first.close();
  const again = await open();
  await expect.poll(() => again.meter.segments, { timeout: 30_000 }).toBe(1);
  // Behind the first one of a session some are looked at: of so many the chance to miss all is one in ten millions.
  const many: Sealed[] = [];
  while (many.length < 1000) many.push(await gateway.seal({ sealedAtMs, crypto: belied }));
  await gateway.deliver(publish, ...many);
  await expect.poll(() => again.state, { timeout: 30_000 }).toMatchObject(FALSE);
  await again.close();
  await scene.stop();
});
