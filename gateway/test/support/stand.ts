/** One listing at one relay of its own, and buyers whose sessions and vouchers a test sends step by step. */
import type { MqttClient } from "mqtt";
import { messagePlan, type TestListing } from "../../../test/support/market.ts";
import { Buyer } from "./buyer.ts";
import { type Inbox, ScriptedRelay } from "./relay.ts";
import type { World } from "./world.ts";

/** Segments of at most four messages, so an epoch takes four. */
const SEGMENT = { flushMs: 20, maxMessages: 4, maxBytes: 4096 };
const FRESH_MS = 3_000;

export class Stand {
  readonly world: World;
  readonly relay: ScriptedRelay;
  readonly listing: TestListing;
  readonly price: bigint;
  readonly entry: bigint;

  private constructor(world: World, relay: ScriptedRelay, listing: TestListing, price: bigint) {
    this.world = world;
    this.relay = relay;
    this.listing = listing;
    this.price = price;
    this.entry = 8n * price;
  }

  /** A listing that sells messages at `price`, carried by the relay of this account alone; the gateway must be started after it. */
  static async open(
    world: World,
    { account, price, ...more }: { account: number; price: bigint } & Parameters<World["listing"]>[1],
  ): Promise<Stand> {
    const relay = await ScriptedRelay.start(world, world.chain.accounts[account]!.address);
    world.relays.push(relay.address);
    const plans = [{ ...messagePlan, price, entry: 8n * price }];
    const title = `sold by account ${account}`;
    const listing = await world.listing(title, {
      plans,
      segment: SEGMENT,
      relays: [relay.operator],
      ...more,
    });
    return new Stand(world, relay, listing, price);
  }

  /** Messages stored from this number on; what a restart sends again counts once. */
  count(fromSeq = 0n): number {
    const stored = new Map(this.relay.arrived.map(({ header }) => [header.seq, header]));
    return [...stored.values()].reduce(
      (n, { seq, messageCount }) => n + (seq >= fromSeq ? messageCount : 0),
      0,
    );
  }

  /** Publishes, one message a segment, until so many from `fromSeq` on are at the relay. */
  async publish(client: MqttClient, count: number, fromSeq = 0n): Promise<void> {
    while (this.count(fromSeq) < count) {
      const before = this.count();
      await client.publishAsync("probe/air", "21.5", { qos: 1 });
      await this.relay.until(() => this.count() > before);
    }
  }

  line = (): Promise<Inbox> => this.relay.vouchers(this.listing.listingId);

  /** A session of a new buyer with the entry as its voucher; the result is the number of its first segment. */
  async admit(buyer: Buyer): Promise<bigint> {
    const head = this.relay.arrived.at(-1)!.header;
    const fromSeq = this.relay.arrived.find(({ header }) => header.epoch === head.epoch)!.header.seq;
    const { operator: relay } = this.relay;
    const session = buyer.session({ relay, generation: head.generation, fromSeq, total: this.entry });
    const line = await this.line();
    line.frames.send("SESSION", session);
    const answer = await line.next(
      ["SESSION_ACK", "SESSION_REFUSED"],
      ({ channelId }) => channelId === session.channelId,
    );
    if (answer.type === "SESSION_REFUSED") throw new Error(`${answer.name}: ${answer.message}`);
    return fromSeq;
  }

  /** Vouchers for these totals, one after the other; returns when the gateway has stored the last. */
  async pay(buyer: Buyer, totals: readonly bigint[]): Promise<void> {
    const line = await this.line();
    const last = totals.at(-1)!;
    const items = totals.map((total) => buyer.voucher(total, this.relay.operator));
    for (const item of items) line.frames.send("VOUCHERS", { items: [item] });
    await line.next("TOTALS", ({ items }) =>
      items.some(({ channelId, total }) => channelId === buyer.paymentId && total === last),
    );
  }

  /** A buyer who has signed these totals, and what he is owed for from the first message of his session. */
  async buyer(client: MqttClient, totals: readonly bigint[]): Promise<{ buyer: Buyer; fromSeq: bigint }> {
    const buyer = await Buyer.buy(this.world, this.listing, { amount: 100n * this.price });
    // What a restarted gateway sends first may be old, and epochs far behind stay shut to a new session.
    do await this.publish(client, this.count() + 1);
    while (Date.now() - this.relay.arrived.at(-1)!.header.sealedAtMs > FRESH_MS);
    const fromSeq = await this.admit(buyer);
    await this.pay(buyer, totals);
    return { buyer, fromSeq };
  }
}
