// keys: covers of free grants.
//
// - the gateway seals once; afterwards the relay gives what it kept, also while the gateway sleeps
// - a request beyond what is kept goes to the gateway again
// - a stranger gets what is kept and nothing else, and uses up nothing of the buyer's; on a grant that is over he may ask, as its buyer may
// - who asks on after Limit, for keys or with commands, is cut; buyers have as many streams of these protocols as of others
// - refused: unknown and revoked grants, another listing's, an empty range, too many requests, nobody to ask

import { revokeGrant } from "@weir/sdk/chain";
import { commandKeyMessage, type Hex, hex } from "@weir/sdk/core";
import { nativeCrypto } from "@weir/sdk/native";
import { type Fields, type FrameStream, PROTOCOLS } from "@weir/sdk/wire";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SELLER } from "../../test/support/market.ts";
import {
  COMMANDS_BURST,
  KEY_REQUESTS_BURST,
  MAX_LIMIT_REPLIES,
  MAX_STREAMS_PER_PEER,
} from "../src/limits.ts";
import type { Relay } from "../src/relay.ts";
import { ScriptedBuyer, untilRefused } from "./support/buyer.ts";
import { type Scene, startScene } from "./support/scene.ts";
import { FREE, startWorld, type World } from "./support/world.ts";

let world: World;
let relay: Relay;

beforeAll(async () => {
  world = await startWorld();
  relay = await world.relay();
});

afterAll(() => world?.stop());

/** Whose buyer reads. */
async function newScene(title: string): Promise<Scene> {
  const scene = await startScene(world, relay, title, FREE);
  await (await scene.buyer.open()).expect("OPENED");
  return scene;
}

let requestId = 0;
async function ask(frames: FrameStream, scene: Scene, more: Partial<Fields<"KEY_REQUEST">> = {}) {
  frames.send("KEY_REQUEST", {
    requestId: ++requestId,
    listingId: scene.listing.listingId,
    grantId: scene.purchase.grantId,
    generation: scene.gateway.generation,
    epochFrom: 100,
    epochTo: 110,
    ...more,
  });
  const reply = await frames.expect("KEY_REPLY");
  expect(reply.requestId).toBe(requestId);
  return reply;
}

/** Answers the next request as a gateway that seals up to `epochTo`. */
async function seal(
  keys: FrameStream,
  scene: Scene,
  epochTo: number,
  to: { encryptionKey?: Hex } = {},
): Promise<void> {
  const request = await keys.expect("KEY_REQUEST");
  const { buyer, encryptionKey } = scene.purchase.purchase;
  const cover = await scene.gateway.cover({ buyer, encryptionKey, ...to }, request.epochFrom, epochTo);
  keys.send("KEY_REPLY", { requestId: request.requestId, seal: cover, error: null });
}

test("a cover is sealed once and kept, also for a gateway that sleeps", async () => {
  const scene = await newScene("covers");
  const keys = await scene.gateway.connect(PROTOCOLS.keys);
  const { frames } = await scene.buyer.dialKeys();
  const [first] = await Promise.all([ask(frames, scene), seal(keys, scene, 120)]);
  expect(first.seal).toMatchObject({ epochFrom: 100, epochTo: 120, purpose: 0 });
  const kept = await ask(frames, scene, { epochFrom: 105, epochTo: 120 });
  expect(hex(kept.seal!.ct)).toBe(hex(first.seal!.ct));

  const [further] = await Promise.all([ask(frames, scene, { epochTo: 130 }), seal(keys, scene, 130)]);
  expect(further.seal!.epochTo).toBe(130);
  await keys.close();
  // What is kept does not reach that far, but it is the best there is while nobody can seal.
  expect((await ask(frames, scene, { epochTo: 140 })).seal!.epochTo).toBe(130);
  expect(await ask(frames, scene, { epochFrom: 131, epochTo: 140 })).toMatchObject({
    seal: null,
    error: { name: "GatewayOffline" },
  });
});

test("what the gateway refuses is passed on; what cannot be asked for is refused here", async () => {
  const scene = await newScene("refused covers");
  const other = await newScene("another listing");
  const keys = await scene.gateway.connect(PROTOCOLS.keys);
  const { frames } = await scene.buyer.dialKeys();
  const asked = ask(frames, scene);
  const request = await keys.expect("KEY_REQUEST");
  const error = { name: "AfterWindow", message: "nothing of that is yours" };
  keys.send("KEY_REPLY", { requestId: request.requestId, seal: null, error });
  expect(await asked).toMatchObject({ seal: null, error: { name: "AfterWindow" } });
  const refusal = async (more: Partial<Fields<"KEY_REQUEST">>) =>
    (await ask(frames, scene, more)).error?.name;
  expect(await refusal({ grantId: hex(new Uint8Array(32).fill(1)) })).toBe("NoGrant");
  expect(await refusal({ grantId: other.purchase.grantId })).toBe("NoGrant");
  expect(await refusal({ epochFrom: 5, epochTo: 4 })).toBe("BadFrame");
});

test("a revoked grant gets no keys, kept or not", async () => {
  const scene = await newScene("revoked covers");
  const keys = await scene.gateway.connect(PROTOCOLS.keys);
  const { frames } = await scene.buyer.dialKeys();
  const [first] = await Promise.all([ask(frames, scene), seal(keys, scene, 120)]);
  expect(first.seal).not.toBeNull();
  const { contracts } = world.chain;
  await revokeGrant(world.chain.wallet(SELLER), { contracts, grantId: scene.purchase.grantId });
  for (let reply = first; reply.error?.name !== "Revoked"; reply = await ask(frames, scene))
    await new Promise((resolve) => setTimeout(resolve, 100)); // few enough for the rate until the relay has seen the block
});

test("strangers who flood a grant keep nothing from its reader", async () => {
  const scene = await newScene("flooded covers");
  const keys = await scene.gateway.connect(PROTOCOLS.keys);
  const flood = async (): Promise<Set<string>> => {
    const names = new Set<string>();
    for (let peers = 0; peers < 2; peers += 1) {
      const stranger = await ScriptedBuyer.start(world, relay, scene.purchase);
      for (let n = 0; n <= KEY_REQUESTS_BURST; n += 1) {
        const { frames } = await stranger.dialKeys();
        const { seal, error } = await ask(frames, scene, { epochFrom: 115, epochTo: 2 ** 31 });
        names.add(error?.name ?? `up to ${seal!.epochTo}`);
        await frames.close();
      }
      await stranger.stop();
    }
    return names;
  };
  expect(await flood()).toEqual(new Set(["Limit"])); // nothing is kept, and the gateway hears nothing of it
  const { frames } = await scene.buyer.dialKeys();
  const far = { epochTo: 2 ** 31 };
  const [first] = await Promise.all([ask(frames, scene, far), seal(keys, scene, 120)]);
  expect(first.seal).toMatchObject({ epochFrom: 100, epochTo: 120 });
  expect(await flood()).toEqual(new Set(["up to 120", "Limit"]));
  const [next] = await Promise.all([ask(frames, scene, { epochFrom: 121, ...far }), seal(keys, scene, 140)]);
  expect(next.seal).toMatchObject({ epochFrom: 121, epochTo: 140 });
  // The gateway has a rate of its own: what is kept stands in for what it refuses.
  const asked = ask(frames, scene, { epochFrom: 125, ...far });
  const { requestId } = await keys.expect("KEY_REQUEST");
  keys.send("KEY_REPLY", { requestId, seal: null, error: { name: "Limit", message: "too often" } });
  expect((await asked).seal).toMatchObject({ epochFrom: 121, epochTo: 140 });
});

test("requests are limited per peer and grant", async () => {
  const scene = await newScene("many requests");
  const { frames } = await scene.buyer.dialKeys();
  const names = new Set<string | undefined>();
  let count = 0;
  while (!names.has("Limit")) {
    names.add((await ask(frames, scene)).error?.name);
    count += 1;
  }
  expect(count).toBeGreaterThan(KEY_REQUESTS_BURST);
  expect([...names]).toEqual(["GatewayOffline", "Limit"]);
});

test("who asks on after he was told Limit is cut, and has so many streams on a connection", async () => {
  const scene = await newScene("asked on");
  const { frames } = await scene.buyer.dialKeys();
  const { listingId } = scene.listing;
  const { grantId } = scene.purchase;
  const request = { requestId: 1, listingId, grantId, generation: 0, epochFrom: 1, epochTo: 2 };
  for (let n = 0; n < KEY_REQUESTS_BURST + 2 * MAX_LIMIT_REPLIES; n += 1) frames.send("KEY_REQUEST", request);
  const names: (string | undefined)[] = [];
  for (let frame = await frames.read(); frame?.type === "KEY_REPLY"; frame = await frames.read())
    names.push(frame.error?.name);
  expect(names.filter((name) => name === "Limit")).toHaveLength(MAX_LIMIT_REPLIES);
  expect(names.at(-1)).toBe("Limit");

  const more: FrameStream[] = [];
  while (more.length <= MAX_STREAMS_PER_PEER) more.push((await scene.buyer.dialKeys()).frames);
  for (const stream of more) stream.send("KEY_REQUEST", request);
  const answers = await Promise.all(more.map((stream) => stream.read()));
  expect(answers.filter((answer) => answer?.type === "REFUSED")).toHaveLength(1);
});

test("commands that are refused at once count, too", async () => {
  const scene = await newScene("commands of yesterday");
  const { gateway, listing, purchase } = scene;
  const line = await gateway.connect(PROTOCOLS.command);
  const { listingId } = listing;
  const key = { listingId, generation: gateway.generation, key: new Uint8Array(32), keyId: gateway.keyId };
  const message = commandKeyMessage(world.delivery, key);
  line.send("COMMAND_KEY", { ...key, signature: nativeCrypto.es256Sign(gateway.privateKey, message) });
  const known = async (): Promise<FrameStream> => {
    const { frames } = await scene.buyer.dialCommands();
    frames.send("COMMAND_KEY_REQUEST", { listingId });
    return (await frames.read())?.type === "COMMAND_KEY" ? frames : known(); // the relay may not have it yet
  };
  const frames = await known();
  const { grantId } = purchase;
  const sealed = { enc: new Uint8Array(32), ct: new Uint8Array(32), signature: new Uint8Array(64) };
  const rest = { requestId: 1, listingId, grantId, generation: 0, counter: 1n, expiry: 1, ...sealed };
  for (let n = 0; n < 3 * COMMANDS_BURST; n += 1) frames.send("COMMAND", rest);
  const names: (string | undefined)[] = [];
  for (let frame = await frames.read(); frame?.type === "COMMAND_RESULT"; frame = await frames.read())
    names.push(frame.error?.name);
  expect(new Set(names)).toEqual(new Set(["Expired", "Limit"]));
  expect(names.filter((name) => name === "Limit")).toHaveLength(MAX_LIMIT_REPLIES);
});

test("a first frame of another kind is refused", async () => {
  const scene = await newScene("wrong frame");
  const { frames } = await scene.buyer.dialKeys();
  frames.send("CREDIT", { bytes: 1 });
  expect(await untilRefused(frames)).toMatchObject({ name: "BadFrame" });
});
