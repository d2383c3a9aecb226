// The SDK's own buyer through a real relay, against a seller who cheats and a chain that is away.
//
// - refuses every session with the buyer's own best total as the base: one entry is given away, then nothing more is signed, and the reason is named
// - over a restart of the buyer's program too: what was given away is in the books
// - figures that cannot be read: the buyer comes again, and signs nothing for them
// - out of money, and the chain does not answer once: after the top-up he reads on
import { getChannel } from "@weir/sdk/chain";
import { openFeed } from "@weir/sdk/client";
import { fileStore } from "@weir/sdk/client/node";
import { type Hex, proofToDetail } from "@weir/sdk/core";
import { nativeCrypto } from "@weir/sdk/native";
import type { FrameOf } from "@weir/sdk/wire";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Relay } from "../src/relay.ts";
import { type Scene, startScene } from "./support/scene.ts";
import { ENTRY, startWorld, type World } from "./support/world.ts";

let world: World;
let relay: Relay;

beforeAll(async () => {
  world = await startWorld();
  relay = await world.relay();
});

afterAll(() => world?.stop());

const slotOf = (channelId: Hex) =>
  getChannel(world.chain.client, { contracts: world.chain.contracts, channelId });

/** The buyer's program over the files in `folder`. */
async function readerOf(
  { listing, buyer, purchase }: Scene,
  folder = world.folder(),
  channel = () => slotOf(purchase.paymentId),
) {
  const { delivery } = world;
  const { purchase: choice, grantId, paymentId } = purchase;
  return openFeed({
    ...{ node: await world.node(), crypto: nativeCrypto, delivery, store: fileStore(folder) },
    listing: {
      ...{ id: listing.listingId, terms: listing.terms },
      publisherKeys: new Map([[world.keyId, world.publisherKey]]),
    },
    purchase: { ...choice, grantId, paymentId },
    keys: {
      ...{ signerPrivateKey: buyer.key, signer: choice.signer },
      ...{ encryptionPrivateKey: new Uint8Array(32).fill(2), encryptionKey: choice.encryptionKey },
    },
    relays: [{ operator: world.relayOperator, multiaddrs: relay.multiaddrs }],
    channel,
    transactionHash: null,
  });
}

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
  const seller = refuseAll(scene, ({ cumulative, voucherSignature }) => {
    asked.push(cumulative);
    return {
      ...{ generation: String(gateway.generation), fromSeq: "0", baseTotal: String(cumulative) },
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
