// Mutated frames at the buyer's client, from a stranger who plays its relay: acceptances of sessions, keys, gaps and segments, metered and free.
// None is accepted: no message is delivered that was not sealed and signed, none twice, and what is signed away stays within what came and the
// entry. The same client reads and pays when the frames are honest. (Gateway and relay: gateway/test/mutated.test.ts, relay/test/mutated.test.ts.)
import type { Libp2p, Stream } from "@libp2p/interface";
import { x25519 } from "@noble/curves/ed25519.js";
import { p256 } from "@noble/curves/nist.js";
import { privateKeyToAddress } from "viem/accounts";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Situation } from "../../test/support/claims.ts";
import { forge } from "../../test/support/forge.ts";
import { randomFrom } from "../../test/support/mutate.ts";
import { type Feed, openFeed } from "../src/client/feed.ts";
import type { ChannelProgress } from "../src/client/store.ts";
import {
  type Bytes,
  coverKeys,
  createSealer,
  createUnsealer,
  type Delivery,
  epochKey,
  HEADER_BYTES,
  type Hex,
  hex,
  type ListingTerms,
  PlanKind,
  randomSalt,
  SESSION_ID_BYTES,
  type Seal,
  SealError,
  SealPurpose,
  SIGNATURE_BYTES,
  sealSegment,
  sessionAckMessage,
  sessionDigest,
  streamSecret,
  ZERO_ADDRESS,
  ZERO_HASH,
} from "../src/core/index.ts";
import { nativeCrypto } from "../src/core/native.ts";
import {
  controlFrame,
  type Fields,
  type FrameOf,
  FrameStream,
  PROTOCOLS,
  segmentFrame,
} from "../src/wire/index.ts";
import { createNode } from "../src/wire/node.ts";
import { messagePlan } from "./support/payer.ts";

const SEED = Number(process.env.WEIR_SEED ?? Math.floor(Math.random() * 2 ** 31));
const random = randomFrom(SEED);
/** Trials at a time. */
const SIDE = 12;
const LISTING = 7n;
const ENTRY = 1_000n;
const METERED = 0;
const FREE = 1;
const KEY_ID = 2;
const EPOCH = Math.floor(Date.now() / 1000);

const fill = (byte: number, length = 32): Bytes => new Uint8Array(length).fill(byte);
const delivery: Delivery = {
  chainId: 31337,
  hubs: hex(fill(1, 20)),
  grants: hex(fill(2, 20)),
  channels: hex(fill(3, 20)),
};
const operator = hex(fill(5, 20));
const publisherKey = fill(12);
const point = p256.getPublicKey(publisherKey, false);
const publisher = { x: hex(point.subarray(1, 33)), y: hex(point.subarray(33)) };
const signerKey = fill(11);
const signer = privateKeyToAddress(hex(signerKey));
const encryption = { privateKey: fill(13), key: hex(x25519.getPublicKey(fill(13))) };
const secret = streamSecret(fill(9), delivery, LISTING, EPOCH);

const plans = [
  messagePlan({ entry: ENTRY }),
  messagePlan({ kind: PlanKind.free, price: 0n, entry: 0n, notice: 3_600 }),
];
const terms = { epochLength: 1, plans, relays: [operator] } as unknown as ListingTerms;

/** What the relay says to one buyer: all honest but `target`, of which a mutation comes. */
type Target = "OPENED" | "KEYS" | "KEY_REPLY" | "GAP" | "SEGMENT" | undefined;
type Trial = {
  plan: number;
  target: Target;
  /** In the place of all that. */
  lie: Lie | undefined;
  sessions: number;
  paid: bigint;
  mutated: boolean | undefined;
};

/** What a relay says in its n-th session, from 0, of what it has stored: each frame is honest in another place. */
type Lie = (say: ReturnType<typeof mouthOf>, session: number) => void;

const trials = new Map<Hex, Trial>();
/** Generations that the relay names next, in the place of the true one. */
let heads: number[] = [];
let relay: Libp2p;
let node: Libp2p;
let cover: Seal | undefined;
let sealed: Awaited<ReturnType<typeof sealSegment>>[];

beforeAll(async () => {
  console.log(`WEIR_SEED=${SEED}`);
  sealed = [];
  for (const seq of [0n, 1n, 2n, 3n]) {
    const payload = new TextEncoder().encode(JSON.stringify({ n: Number(seq) }));
    sealed.push(
      await sealSegment(nativeCrypto, {
        ...{ delivery, publisherPrivateKey: publisherKey, publisherKeyId: KEY_ID, listingId: LISTING },
        ...{ epochKey: epochKey(nativeCrypto, secret, EPOCH), generation: EPOCH, epoch: EPOCH, seq },
        ...{ sealedAtMs: EPOCH * 1000, salt: fill(14, 16), prevHash: sealed.at(-1)?.segmentId ?? fill(0) },
        messages: [{ device: "probe", topic: "air", timeMs: EPOCH * 1000, payload }],
      }),
    );
  }
  relay = await createNode({ listen: ["/ip4/127.0.0.1/tcp/0"] });
  node = await createNode();
  await relay.handle(PROTOCOLS.subscribe, (stream) => void attend(stream, subscribe));
  await relay.handle(PROTOCOLS.keys, (stream) => void attend(stream, giveKeys));
});
afterAll(async () => {
  await node?.stop();
  await relay?.stop();
});

async function attend(stream: Stream, act: (frames: FrameStream) => Promise<void>): Promise<void> {
  const frames = new FrameStream(stream);
  try {
    frames.send("HELLO", { nonce: fill(8), chainId: delivery.chainId, operator });
    await act(frames);
  } catch (error) {
    if (!(error instanceof Error)) throw error; // the buyer has gone: part of the test
  }
  await frames.close();
}

/** Says it as it is, or a mutation of it. What comes behind is honest again: whoever took the mutation could read on. */
async function say(
  frames: FrameStream,
  trial: Trial,
  name: Target,
  honest: Uint8Array,
  at: Situation,
): Promise<void> {
  if (trial.target !== name) return void frames.write(honest);
  // Whoever does not pay is accepted without a signature.
  const isSigned = name !== "OPENED" || trial.plan === METERED;
  const { bytes, isFrame } = await forge(random, honest, at, { framesOnly: isSigned && random(2) === 0 });
  trial.mutated = isFrame;
  frames.write(bytes);
}

async function subscribe(frames: FrameStream): Promise<void> {
  await frames.expect("LOCATE");
  const head = sealed.at(-1)!.bytes.slice(0, HEADER_BYTES + SIGNATURE_BYTES);
  const next = { seq: 0n, epoch: EPOCH };
  frames.send("HEAD", { generation: heads.shift() ?? EPOCH, head, epochFirstSeq: 0n, next, gateway: true });
  const open = await frames.expect("OPEN");
  const trial = trials.get(open.grantId)!;
  const { session, paymentId } = open;
  if (open.voucher) trial.paid = open.voucher.cumulative;
  const digest = session
    ? sessionDigest(delivery, { channelId: paymentId, relay: operator, ...session })
    : fill(0);
  const context = sealContext(session ? SealPurpose.session : SealPurpose.cover, digest);
  const sessionAck = session ? nativeCrypto.es256Sign(publisherKey, sessionAckMessage(digest)) : null;
  const place = { generation: EPOCH, fromSeq: 0n, baseAccrued: 0n };
  const gap = { generation: EPOCH, fromSeq: 2n, toSeq: 2n };
  const at: Situation = { ...situation(paymentId, digest), opens: opensWith(context), opened: place, gap };
  const opened = { ...place, sessionAck, keyId: KEY_ID };
  const seal = session ? await sealFor(context, EPOCH) : undefined;
  if (trial.lie) {
    const baseAccrued = session?.baseTotal ?? 0n; // of a plan whose unit is one
    trial.lie(mouthOf(frames, open, { ...opened, baseAccrued }, seal), trial.sessions++);
    return;
  }
  await say(frames, trial, "OPENED", controlFrame("OPENED", opened), at);
  if (seal) await say(frames, trial, "KEYS", controlFrame("KEYS", { seal }), at);
  frames.write(segmentFrame(sealed[0]!.bytes));
  await say(frames, trial, "SEGMENT", segmentFrame(sealed[1]!.bytes), at);
  await say(frames, trial, "GAP", controlFrame("GAP", gap), at);
  frames.write(segmentFrame(sealed[3]!.bytes));
  if (trial.target !== undefined && trial.target !== "KEY_REPLY") return;
  for (;;) {
    const frame = await frames.read();
    if (frame === null) return;
    if (frame.type === "PAY") trial.paid = frame.cumulative;
  }
}

const mouthOf = (
  frames: FrameStream,
  open: FrameOf<"OPEN">,
  honest: Fields<"OPENED">,
  seal: Seal | undefined,
) => ({
  open,
  opened(fromSeq: bigint, generation = EPOCH): void {
    frames.send("OPENED", { ...honest, generation, fromSeq });
    if (seal) frames.send("KEYS", { seal });
  },
  gap(fromSeq: bigint, toSeq: bigint, generation = EPOCH): void {
    frames.send("GAP", { generation, fromSeq, toSeq });
  },
  segments(...numbers: number[]): void {
    for (const seq of numbers) frames.write(segmentFrame(sealed[seq]!.bytes));
  },
});

async function giveKeys(frames: FrameStream): Promise<void> {
  const { grantId, requestId }: FrameOf<"KEY_REQUEST"> = await frames.expect("KEY_REQUEST");
  const context = sealContext(SealPurpose.cover, fill(0));
  cover ??= await sealFor(context, EPOCH + 3_600);
  const reply = { requestId, seal: cover, error: null };
  const at = { ...situation(ZERO_HASH, fill(0)), opens: opensWith(context) };
  await say(frames, trials.get(grantId)!, "KEY_REPLY", controlFrame("KEY_REPLY", reply), at);
}

const sealContext = (purpose: number, digest: Uint8Array) => ({
  ...{
    delivery,
    listingId: LISTING,
    generation: EPOCH,
    buyer: signer,
    encryptionKey: encryption.key,
    purpose,
  },
  sessionId: digest.slice(0, SESSION_ID_BYTES),
});

async function sealFor(context: ReturnType<typeof sealContext>, epochTo: number): Promise<Seal> {
  const by = { publisherKeyId: KEY_ID, publisherPrivateKey: publisherKey };
  const sealer = await createSealer(nativeCrypto, { ...context, ...by });
  return sealer.seal(EPOCH, epochTo, coverKeys(nativeCrypto, secret, EPOCH, epochTo));
}

/** As the buyer checks it. */
const opensWith = (context: ReturnType<typeof sealContext>) => async (seal: FrameOf<"KEYS">["seal"]) => {
  const unsealer = createUnsealer(nativeCrypto, { ...context, privateKey: encryption.privateKey });
  try {
    if (seal.keyId !== KEY_ID) return false;
    await unsealer.unseal(seal as Seal, publisher);
    return true;
  } catch (error) {
    if (error instanceof SealError) return false;
    throw error;
  }
};

const situation = (channelId: Hex, digest: Uint8Array): Situation => ({
  ...{ delivery, signer, publisher, relay: operator, listingId: LISTING, channelId, sessionDigest: digest },
  ...{ relayPeer: fill(0), ownPeer: fill(0), relayNonce: fill(8) },
});

type Reader = { feed: Feed; trial: Trial; read: unknown[]; progress: () => ChannelProgress | undefined };

/** The real client on this relay, with nothing behind it but this purchase. */
async function reader(plan: number, target: Target, lie?: Lie): Promise<Reader> {
  const grantId = randomSalt();
  const trial: Trial = { plan, target, lie, sessions: 0, paid: 0n, mutated: undefined };
  trials.set(grantId, trial);
  let saved: ChannelProgress | undefined;
  const read: unknown[] = [];
  const feed = await openFeed({
    ...{ node, crypto: nativeCrypto, delivery, transactionHash: null },
    listing: { id: LISTING, terms, publisherKeys: new Map([[KEY_ID, publisher]]) },
    purchase: {
      ...{ listingId: LISTING, version: 1, plan, buyer: signer, signer, encryptionKey: encryption.key },
      ...{ buyerSalt: ZERO_HASH, notBefore: 0, notAfter: 2 ** 40 - 1, market: ZERO_ADDRESS },
      ...{ grantId, paymentId: randomSalt() },
    },
    keys: {
      ...{ signerPrivateKey: signerKey, signer },
      ...{ encryptionPrivateKey: encryption.privateKey, encryptionKey: encryption.key },
    },
    store: {
      load: async () => undefined,
      save: async (_, progress) => {
        saved = structuredClone(progress);
      },
      remove: async () => undefined,
    },
    relays: [{ operator, multiaddrs: relay.getMultiaddrs().map(String) }],
    channel:
      plan === METERED ? async () => ({ claimed: 0n, deposit: 10n ** 9n, closeAt: 0, epoch: 0 }) : null,
  });
  feed.on("messages", ({ messages }) => void read.push(...messages.map(({ json }) => json)));
  return { feed, trial, read, progress: () => saved };
}

/** Resolves when the feed has given its stream up. */
const givenUp = (feed: Feed): Promise<void> =>
  new Promise((resolve) => {
    const look = () => void (["reconnecting", "failed"].includes(feed.state.status) && resolve());
    feed.on("state", look);
    look();
  });

const CASES = [
  [METERED, "OPENED", 120],
  [METERED, "KEYS", 100],
  [METERED, "SEGMENT", 200],
  [METERED, "GAP", 100],
  [FREE, "OPENED", 50],
  [FREE, "KEY_REPLY", 150],
  [FREE, "SEGMENT", 300],
  [FREE, "GAP", 100],
] as const;

test.each(CASES)(
  "plan %i: no mutated %s is accepted, of %i",
  { timeout: 300_000 },
  async (plan, target, count) => {
    const { price } = plans[plan]!;
    const before = { SEGMENT: 1, GAP: 2 }[target as string] ?? 0; // the honest segments in front of it
    const tally = { bytes: 0, frames: 0 };
    let left = count;
    const worker = async () => {
      for (; left > 0; ) {
        left -= 1;
        const { feed, trial, read, progress } = await reader(plan, target);
        await givenUp(feed);
        await feed.close();
        expect(read).toEqual([{ n: 0 }, { n: 1 }].slice(0, before));
        const { accrued, segments, signed } = progress()!;
        expect([accrued, segments]).toEqual([price * BigInt(before), before]);
        const most = plan === METERED ? accrued + ENTRY : 0n;
        expect(signed).toBeLessThanOrEqual(most);
        expect(trial.paid).toBeLessThanOrEqual(most);
        tally[trial.mutated! ? "frames" : "bytes"] += 1;
      }
    };
    await Promise.all(Array.from({ length: SIDE }, worker));
    console.log(target, JSON.stringify(tally));
  },
);

const LIES: [string, number, Lie][] = [
  [
    "a gap that leads back",
    2,
    (say) => {
      say.opened(0n);
      say.segments(0, 1);
      for (let times = 0; times < 5; times += 1) {
        say.gap(2n, 0n);
        say.segments(1);
      }
    },
  ],
  [
    "a gap that begins behind us",
    2,
    (say) => {
      say.opened(0n);
      say.segments(0, 1);
      say.gap(0n, 0n);
      say.segments(1);
    },
  ],
  [
    "a gap of another generation",
    2,
    (say) => {
      say.opened(0n);
      say.segments(0, 1);
      say.gap(2n, 2n, EPOCH - 1);
      say.segments(3);
    },
  ],
  [
    "the next session in front of what was read",
    2,
    (say, session) => {
      say.opened(0n);
      say.segments(0, 1);
      if (session > 0) say.segments(2);
    },
  ],
  [
    "a session of another generation",
    0,
    (say) => {
      say.opened(0n, EPOCH + 1);
      say.segments(0);
    },
  ],
];

test.each(LIES.flatMap((lie) => [METERED, FREE].map((plan) => [plan, ...lie] as const)))(
  "plan %i: %s is not followed",
  async (plan, _, count, lie) => {
    const { feed, trial, read, progress } = await reader(plan, undefined, (say, session) =>
      session < 2 ? lie(say, session) : undefined,
    );
    await expect.poll(() => trial.sessions, { timeout: 20_000 }).toBeGreaterThan(2);
    await feed.close();
    expect(read).toEqual([{ n: 0 }, { n: 1 }].slice(0, count));
    const due = plans[plan]!.price * BigInt(count);
    expect(feed.meter.due).toBe(due);
    expect(progress()!.signed).toBeLessThanOrEqual(due + plans[plan]!.entry);
  },
);

test.each([METERED, FREE])(
  "plan %i: a head that names another generation takes the reader's place from nobody",
  async (plan) => {
    heads = [EPOCH, EPOCH + 1, EPOCH];
    const places: unknown[] = [];
    const { feed, read } = await reader(plan, undefined, (say, session) => {
      places.push(say.open.session ? say.open.session.fromSeq : (say.open.position?.seq ?? -1n) + 1n);
      if (session === 0) {
        say.opened(0n);
        say.segments(0, 1);
      } else if (session === 2) {
        say.opened(2n);
        say.segments(2, 3);
      }
    });
    await expect.poll(() => read.length, { timeout: 20_000 }).toBeGreaterThan(3);
    await feed.close();
    expect(places.slice(0, 3)).toEqual([0n, 0n, 2n]);
    expect(read).toEqual([{ n: 0 }, { n: 1 }, { n: 2 }, { n: 3 }]);
    expect(feed.meter.due).toBe(4n * plans[plan]!.price);
  },
);

test.each([METERED, FREE])("plan %i: the same client reads an honest relay, and pays", async (plan) => {
  const { feed, trial, read } = await reader(plan, undefined);
  await expect.poll(() => read, { timeout: 20_000 }).toEqual([{ n: 0 }, { n: 1 }, { n: 3 }]);
  const due = plan === METERED ? 3n * plans[METERED]!.price : 0n;
  expect(feed.meter.due).toBe(due);
  expect(trial.paid).toBeGreaterThanOrEqual(plan === METERED ? ENTRY : 0n);
  expect(trial.paid).toBeLessThanOrEqual(plan === METERED ? due + ENTRY : 0n);
  await feed.close();
});
