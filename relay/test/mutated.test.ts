// Mutated frames over real connections, against the relay as a program of its own: before and after authorisation, of gateways and readers.
// None is accepted: what the relay has stored, opened and been paid is what honest ones did. It serves an honest reader afterwards.
// (A hundred thousand more go through the decoder and the checks alone: sdk/test/mutated.test.ts.)
import type { Libp2p } from "@libp2p/interface";
import { type Bytes, connectMessage, ZERO_HASH } from "@weir/sdk/core";
import { nativeCrypto } from "@weir/sdk/native";
import {
  controlFrame,
  type Frame,
  type FrameOf,
  type FrameStream,
  PROTOCOLS,
  segmentFrame,
} from "@weir/sdk/wire";
import { createNode } from "@weir/sdk/wire/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Situation } from "../../test/support/claims.ts";
import { forge } from "../../test/support/forge.ts";
import { SIGNER } from "../../test/support/market.ts";
import { randomFrom } from "../../test/support/mutate.ts";
import { readSegments, ScriptedBuyer } from "./support/buyer.ts";
import { dial } from "./support/gateway.ts";
import { type RelayProcess, spawnRelay } from "./support/process.ts";
import { type Scene, startScene } from "./support/scene.ts";
import { ENTRY, FREE, startWorld, type World } from "./support/world.ts";

const SEED = Number(process.env.WEIR_SEED ?? Math.floor(Math.random() * 2 ** 31));
const random = randomFrom(SEED);
/** A reader may open twenty sessions at once: with more, the rate would refuse before anything is checked. */
const OPENS_PER_PEER = 15;

let world: World;
let relay: RelayProcess;
let free: Scene;
let metered: Scene;
const nodes: Libp2p[] = [];

beforeAll(async () => {
  console.log(`WEIR_SEED=${SEED}`);
  world = await startWorld();
  relay = await spawnRelay(world, world.folder());
  free = await startScene(world, relay, "mutated", FREE);
  metered = await startScene(world, relay, "mutated and metered");
  await free.segments(3, 4);
  await metered.segments(3, 4);
});

afterAll(async () => {
  await Promise.all(nodes.map((node) => node.stop()));
  await free?.stop();
  await metered?.stop();
  await relay?.kill("SIGTERM");
  await world?.stop();
});

type Dialled = Awaited<ReturnType<typeof dial>> & { node: Libp2p };
/** Whoever was never admitted is cut after a while, and dials again. */
async function dialled(node: Libp2p, protocol: string): Promise<Dialled> {
  for (let attempt = 1; ; attempt += 1)
    try {
      return { ...(await dial(node, relay, protocol)), node };
    } catch (error) {
      if (attempt === 3) throw error;
    }
}

/** What both sides of this stream know. */
const situation = (scene: Scene, { hello, relayPeer, node }: Dialled, sessionDigest: Bytes): Situation => ({
  delivery: world.delivery,
  signer: world.chain.accounts[SIGNER]!.address,
  publisher: world.publisherKey,
  relay: world.relayOperator,
  relayPeer,
  ownPeer: node.peerId.toMultihash().bytes,
  relayNonce: hello.nonce,
  listingId: scene.listing.listingId,
  channelId: scene.purchase.paymentId,
  sessionDigest,
});

const connect = (
  scene: Scene,
  on: Dialled,
  contract: `0x${string}`,
  paymentId: `0x${string}`,
  expiry: number,
) =>
  connectMessage({
    ...situation(scene, on, new Uint8Array(32)),
    chainId: world.delivery.chainId,
    contract,
    paymentId,
    expiry,
  });
const soon = () => Math.floor(Date.now() / 1000) + 600;

function authFrame(scene: Scene, on: Dialled): Uint8Array {
  const { listingId, keyId, generation, privateKey } = scene.gateway;
  const expiry = soon();
  const signature = nativeCrypto.es256Sign(
    privateKey,
    connect(scene, on, world.delivery.hubs, ZERO_HASH, expiry),
  );
  return controlFrame("AUTH", { listingId, keyId, generation, expiry, signature });
}

function openFrame(scene: Scene, on: Dialled): Uint8Array {
  const { purchase, paymentId, grantId } = scene.purchase;
  const { listingId, version, plan } = purchase;
  const expiry = soon();
  const digest = nativeCrypto.sha256(connect(scene, on, world.delivery.grants, paymentId, expiry));
  const isMetered = scene === metered;
  const { buyer, gateway } = scene;
  return controlFrame("OPEN", {
    listingId,
    version,
    plan,
    grantId,
    paymentId,
    expiry,
    signature: nativeCrypto.signSecp(buyer.key, digest),
    position: null,
    fromStart: false,
    credit: 1 << 20,
    transactionHash: null,
    session: isMetered
      ? buyer.session({ sessionNo: 1000n, generation: gateway.generation, fromSeq: 0n, baseTotal: 0n })
      : null,
    voucher: isMetered ? buyer.voucher(ENTRY) : null,
  });
}

/** Sends, ends its own side, and gives all that comes back. */
async function say(frames: FrameStream, bytes: Uint8Array): Promise<Frame[]> {
  frames.write(bytes);
  void frames.close();
  const answers: Frame[] = [];
  try {
    for (let frame = await frames.read(); frame !== null; frame = await frames.read()) answers.push(frame);
  } catch {
    // A reset ends it as well as an end.
  }
  return answers;
}

const tally: Record<string, { bytes: number; frames: number }> = {};

/** `count` times: a fresh stream in its place, one mutated frame, and no answer but a refusal. */
async function hammer(
  name: string,
  count: number,
  side: number,
  /** Told how many mutated ones were frames so far. */
  prepare: (frames: number) => Promise<{ frames: FrameStream; honest: Uint8Array; at: Situation }>,
  allowed: (frame: Frame) => boolean = () => false,
): Promise<void> {
  const counts = { bytes: 0, frames: 0 };
  tally[name] = counts;
  let left = count;
  const worker = async () => {
    while (left > 0) {
      left -= 1;
      const { frames, honest, at } = await prepare(counts.frames);
      const { bytes, isFrame } = await forge(random, honest, at);
      counts[isFrame ? "frames" : "bytes"] += 1;
      const answers = await say(frames, bytes);
      const others = answers.filter((frame) => frame.type !== "REFUSED" && !allowed(frame));
      if (others.length > 0)
        throw new Error(
          `${name}: answered ${others.map(({ type }) => type)} to ${Buffer.from(bytes).toString("hex")}`,
        );
    }
  };
  await Promise.all(Array.from({ length: side }, worker));
  console.log(name, JSON.stringify(counts));
}

const metric = async (name: string): Promise<number> => {
  const text = await (await fetch(`${relay.http}/metrics`)).text();
  return [...text.matchAll(new RegExp(`^weir_relay_${name}(?:\\{[^}]*\\})? (\\d+)$`, "gm"))].reduce(
    (sum, [, n]) => sum + Number(n),
    0,
  );
};
const NONE = new Uint8Array(32);

test("nothing that is mutated is accepted, anywhere", { timeout: 300_000 }, async () => {
  const watched = ["segments_stored_total", "sessions_opened_total", "vouchers_accepted_total"];
  const before = await Promise.all(watched.map(metric));
  const stranger = await createNode();
  nodes.push(stranger);

  for (const [name, protocol] of Object.entries(PROTOCOLS).filter(([name]) => name !== "subscribe"))
    await hammer(`AUTH on ${name}`, 250, 16, async () => {
      const on = await dialled(stranger, protocol);
      return { frames: on.frames, honest: authFrame(free, on), at: situation(free, on, NONE) };
    });

  for (const scene of [free, metered]) {
    const used = nodes.length;
    await hammer(`OPEN, ${scene === free ? "free" : "metered"}`, 200, 8, async (frames) => {
      if (nodes.length <= used + frames / OPENS_PER_PEER) nodes.push(await createNode());
      const on = await dialled(nodes.at(-1)!, PROTOCOLS.subscribe);
      return { frames: on.frames, honest: openFrame(scene, on), at: situation(scene, on, NONE) };
    });
  }

  for (const [name, honest] of [
    ["KEY_REQUEST", keyRequest()],
    ["LOCATE", controlFrame("LOCATE", { listingId: free.listing.listingId, position: null })],
  ] as const)
    await hammer(name, 150, 16, async () => {
      const on = await dialled(stranger, name === "LOCATE" ? PROTOCOLS.subscribe : PROTOCOLS.keys);
      return { frames: on.frames, honest, at: situation(free, on, NONE) };
    });

  // From here on each one is let in first, as a gateway or as a buyer.
  const next = await free.gateway.seal({ keep: false });
  const authorised = async (protocol: string, honest: (scene: Scene) => Uint8Array) => {
    const on = await dialled(stranger, protocol);
    on.frames.write(authFrame(free, on));
    if (protocol === PROTOCOLS.publish) await on.frames.expect("HEAD");
    return { frames: on.frames, honest: honest(free), at: situation(free, on, NONE) };
  };
  await hammer("SEGMENT", 300, 1, () => authorised(PROTOCOLS.publish, () => segmentFrame(next.bytes)));
  await hammer("SESSION_ACK", 100, 1, () =>
    authorised(PROTOCOLS.vouchers, () =>
      controlFrame("SESSION_ACK", {
        channelId: metered.purchase.paymentId,
        sessionNo: 1n,
        signature: new Uint8Array(64),
        baseAccrued: 0n,
        keyId: 0,
      }),
    ),
  );
  let sessionNo = 0n;
  await hammer(
    "PAY",
    60,
    1,
    async () => {
      sessionNo += 1n;
      if (sessionNo % BigInt(OPENS_PER_PEER) === 0n) {
        await metered.buyer.stop();
        metered.buyer = await ScriptedBuyer.start(world, relay, metered.purchase);
      }
      const frames = await metered.session({ sessionNo, release: false });
      const on = {
        frames,
        node: metered.buyer.node,
        hello: { nonce: NONE } as FrameOf<"HELLO">,
        relayPeer: NONE,
      };
      return {
        frames,
        honest: controlFrame("PAY", metered.buyer.voucher(ENTRY + 1n)),
        at: situation(metered, on, NONE),
      };
    },
    (frame) => frame.type === "BALANCE" && frame.total === ENTRY,
  );

  console.log(JSON.stringify(tally));
  const after = await Promise.all(watched.map(metric));
  // The honest ones: sixty sessions with one voucher, which is the same each time.
  expect(after.map((count, n) => count - before[n]!)).toEqual([0, 60, 1]);
  expect(relay.child.exitCode).toBeNull();

  const buyer = await ScriptedBuyer.start(world, relay, free.purchase);
  nodes.push(buyer.node);
  const frames = await buyer.open();
  await frames.expect("OPENED");
  expect(await readSegments(frames, 2)).toEqual([0n, 1n]);
});

function keyRequest(): Uint8Array {
  const { grantId } = free.purchase;
  const { listingId } = free.listing;
  const { generation } = free.gateway;
  return controlFrame("KEY_REQUEST", {
    requestId: 1,
    listingId,
    grantId,
    generation,
    epochFrom: free.epoch,
    epochTo: free.epoch,
  });
}
