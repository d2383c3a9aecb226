/** One listing with a publishing gateway, its voucher line, and a buyer with a funded channel: where most tests begin. */
import { type Hex, hex } from "@weir/sdk/core";
import type { FrameOf, FrameStream } from "@weir/sdk/wire";
import { makeGrant, type TestListing, type TestPurchase } from "../../../test/support/market.ts";
import { ScriptedBuyer } from "./buyer.ts";
import { type Address, ScriptedGateway, type Sealed } from "./gateway.ts";
import { ENTRY, METERED, PRICE, type World } from "./world.ts";

export type Scene = {
  listing: TestListing;
  gateway: ScriptedGateway;
  /** The gateway's publish and voucher streams. */
  publish: FrameStream;
  vouchers: FrameStream;
  purchase: TestPurchase;
  buyer: ScriptedBuyer;
  /** Publishes segments of so many messages each, all in one epoch of the scene's own choosing. */
  segments(...counts: number[]): Promise<Sealed[]>;
  /** The epoch of `segments`. */
  epoch: number;
  /** Opens a metered session and plays the gateway's part: acknowledges, releases the scene's epoch. */
  session(options?: SessionOptions): Promise<FrameStream>;
  stop(): Promise<void>;
};

export type SessionOptions = {
  sessionNo?: bigint;
  fromSeq?: bigint;
  /** Value of everything before `fromSeq`, in messages. */
  before?: number;
  /** Messages that the first voucher covers beyond `before` and the entry. */
  ahead?: number;
  /** Of the first voucher, whatever it covers. */
  total?: bigint;
  release?: boolean;
  transport?: "tcp" | "ws";
  credit?: number;
};

export async function startScene(
  world: World,
  relay: Address,
  title: string,
  plan = METERED,
  offered?: TestListing,
): Promise<Scene> {
  const listing = offered ?? (await world.listing(title));
  const gateway = await ScriptedGateway.start(world, relay, { listingId: listing.listingId });
  const { frames: publish } = await gateway.publish();
  const vouchers = await gateway.vouchers();
  const purchase = await makeGrant(world.chain, listing, {
    plan,
    amount: plan === METERED ? 10n ** 16n : 0n,
  });
  const buyer = await ScriptedBuyer.start(world, relay, purchase);
  const sealedAtMs = await nowIn(world);
  const scene: Scene = {
    listing,
    gateway,
    publish,
    vouchers,
    purchase,
    buyer,
    epoch: Math.floor(sealedAtMs / 1000),
    async segments(...counts) {
      const sealed: Sealed[] = [];
      for (const count of counts) sealed.push(await gateway.seal({ count, sealedAtMs }));
      await gateway.deliver(publish, ...sealed);
      return sealed;
    },
    async session({
      sessionNo = 1n,
      fromSeq = 0n,
      before = 0,
      ahead = 0,
      total,
      release = true,
      transport,
      credit,
    } = {}) {
      const baseTotal = BigInt(before) * PRICE;
      const frames = await scene.buyer.open({
        session: scene.buyer.session({ sessionNo, generation: gateway.generation, fromSeq, baseTotal }),
        voucher: scene.buyer.voucher(total ?? baseTotal + ENTRY + BigInt(ahead) * PRICE),
        ...(transport ? { transport } : {}),
        ...(credit === undefined ? {} : { credit }),
      });
      const asked = await nextSession(scene.vouchers, frames);
      scene.vouchers.send("SESSION_ACK", gateway.accept(asked, baseTotal));
      if (release)
        scene.vouchers.send("RELEASE", gateway.release(asked.channelId, sessionNo, scene.epoch, scene.epoch));
      await frames.expect("OPENED");
      return frames;
    },
    async stop() {
      await scene.buyer.stop();
      await gateway.stop();
    },
  };
  return scene;
}

/** Now, by whichever clock is ahead, in milliseconds: a purchase of this moment opens it. A chain that mines often runs ahead of ours. */
export async function nowIn(world: World): Promise<number> {
  const { timestamp } = await world.chain.client.getBlock();
  return Math.max(Date.now(), Number(timestamp) * 1000);
}

/** The SESSION that the relay forwards; fails at once when it refuses the buyer instead. */
export async function nextSession(vouchers: FrameStream, buyer: FrameStream): Promise<FrameOf<"SESSION">> {
  const refused = new AbortController();
  buyer.onClose(() => refused.abort());
  for (;;) {
    const frame = await vouchers.read({ signal: refused.signal }).catch(async (error: unknown) => {
      if (!refused.signal.aborted) throw error;
      throw new Error(`the relay refused the session: ${await refusalOf(buyer)}`);
    });
    if (frame === null) throw new Error("the gateway's stream ended");
    if (frame.type === "SESSION") return frame;
  }
}

async function refusalOf(frames: FrameStream): Promise<string> {
  for (let frame = await frames.read(); frame !== null; frame = await frames.read())
    if (frame.type === "REFUSED") return `${frame.name}: ${frame.message} ${JSON.stringify(frame.detail)}`;
  return "without a word";
}

/** The next voucher that the gateway is told of for this channel. */
export async function nextVoucher(vouchers: FrameStream, channelId: Hex): Promise<bigint> {
  for (;;) {
    const frame = await vouchers.read();
    if (frame === null) throw new Error("the gateway's stream ended");
    const item =
      frame.type === "VOUCHERS" ? frame.items.find((row) => row.channelId === channelId) : undefined;
    if (item) return item.cumulative;
  }
}

export const idOf = ({ segmentId }: Sealed): Hex => hex(segmentId);
