// Keys for money: sessions, vouchers, closes and free covers, asked for by a relay that does what it likes.
// Long because one gateway, chain and relay serve all of it.
//
// session: accepted, keys open the segments · each wrong part refused by name · numbers and bases that do not continue · overtaken
// paying: the next epoch comes with the money, not before; what is signed for another relay or by another key counts nothing · receipts: the
//   highest that the buyer signed is kept, also over a restart
// closing: notice within seconds and exact · wrong notice · asked twice · payer asks the chain · stopped and started again meanwhile ·
//   funded again and closed again
// free: cover of the window only · metered and revoked grants get none · rate
import { join } from "node:path";
import { fundChannel, getChannel, requestClose, revokeGrant } from "@weir/sdk/chain";
import {
  baseFromDetail,
  type Hex,
  openSegment,
  parseSegment,
  SealPurpose,
  sessionAckMessage,
  sessionDigest,
  wrongBaseMessage,
} from "@weir/sdk/core";
import { nativeCrypto } from "@weir/sdk/native";
import type { Fields } from "@weir/sdk/wire";
import type { MqttClient } from "mqtt";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { freePlan, messagePlan, PRICE, RELAY, SELLER, type TestListing } from "../../test/support/market.ts";
import { Buyer } from "./support/buyer.ts";
import { type Inbox, ScriptedRelay } from "./support/relay.ts";
import { type RunningGateway, startWorld, statusOf, type World } from "./support/world.ts";

/** Four messages a segment: an entry of eight, four messages an epoch. */
const ENTRY = 8n * PRICE;
const GAS_OPERATOR_FREE = 10n ** 16n;

let world: World;
let relay: ScriptedRelay;
let operator: Hex;
let gateway: RunningGateway;
let dataDir: string;
let client: MqttClient;
let listing: TestListing;
let line: Inbox;
let seq = 0n;

beforeAll(async () => {
  world = await startWorld();
  relay = await ScriptedRelay.start(world, world.chain.accounts[RELAY]!.address);
  operator = relay.operator;
  world.relays = [relay.address];
  await world.device("probe");
  listing = await world.listing("paid by the message", {
    plans: [{ ...messagePlan, entry: ENTRY }, freePlan],
    segment: { flushMs: 20, maxMessages: 4, maxBytes: 4096 },
  });
  dataDir = join(world.folder, "data");
  gateway = await world.gateway({ dataDir });
  client = await world.connect(gateway, "probe");
  await send("first");
});
afterAll(async () => {
  client?.end(true);
  await relay?.stop();
  await world?.stop();
});
beforeEach(async () => {
  line = await relay.vouchers(listing.listingId);
});

async function send(text: string) {
  await client.publishAsync("probe/air", text, { qos: 1 });
  const found = await relay.segment(seq++);
  return found!;
}
const head = () => relay.arrived.at(-1)!.header;
/** First number of the head's epoch: where a session of a new buyer starts. */
const start = () => relay.arrived.find(({ header }) => header.epoch === head().epoch)!.header.seq;
const request = (
  buyer: Buyer,
  more: Partial<Parameters<Buyer["session"]>[0]> = {},
  falsified: Parameters<Buyer["session"]>[1] = {},
) =>
  buyer.session(
    { relay: operator, generation: head().generation, fromSeq: start(), total: ENTRY, ...more },
    falsified,
  );
const answered = async (session: Fields<"SESSION">) => {
  line.frames.send("SESSION", session);
  const { channelId, sessionNo } = session;
  const answer = await line.next(
    ["SESSION_ACK", "SESSION_REFUSED"],
    (frame) => frame.channelId === channelId && frame.sessionNo === sessionNo,
  );
  if (answer.type === "SESSION_ACK") return answer;
  throw Object.assign(new Error(answer.message), { name: answer.name, detail: answer.detail });
};
const nameOf = async (session: Fields<"SESSION">): Promise<string> =>
  answered(session).then(
    () => "accepted",
    (error: Error) => error.name,
  );
/** Opens a session as a client does that does not know where its account stands: the gateway says it, and takes it then. */
const continued = (buyer: Buyer, sessionNo: bigint) =>
  answered(request(buyer, { sessionNo, total: 4n * ENTRY })).catch(
    (error: { name: string; detail: Record<string, string> }) => {
      expect(error.name).toBe("WrongBase");
      const { fromSeq, baseTotal } = error.detail;
      return answered(
        request(buyer, {
          sessionNo,
          fromSeq: BigInt(fromSeq!),
          baseTotal: BigInt(baseTotal!),
          total: 4n * ENTRY,
        }),
      );
    },
  );
const releases = (buyer: Buyer, sessionNo = 1n) =>
  line.next("RELEASE", (frame) => frame.channelId === buyer.paymentId && frame.sessionNo === sessionNo);

describe("a session", () => {
  test("is acknowledged by the publisher, and its keys open the segments", async () => {
    const buyer = await Buyer.buy(world, listing);
    const session = request(buyer, { total: 2n * ENTRY });
    const ack = await answered(session);
    const digest = sessionDigest(buyer.delivery, session);
    expect(
      await nativeCrypto.es256Verify(world.secrets.publisherKey, sessionAckMessage(digest), ack.signature),
    ).toBe(true);
    expect(ack).toMatchObject({ baseAccrued: 0n, keyId: world.keyId });
    const { seal } = await releases(buyer);
    const unsealer = buyer.unsealer(session.generation, SealPurpose.session, session);
    await buyer.unseal(unsealer, seal);
    const segment = await send('{"t":21}');
    while (!buyer.ring.keyFor(segment.header.epoch))
      await buyer.unseal(unsealer, (await releases(buyer)).seal);
    const key = { epochKey: buyer.ring.keyFor(segment.header.epoch)! };
    const { messages } = await openSegment(nativeCrypto, parseSegment(segment.bytes), key, { deep: true });
    expect(
      messages.map(({ device, topic, payload }) => [device, topic, Buffer.from(payload).toString()]),
    ).toEqual([["probe", "air", '{"t":21}']]);
  });

  test("with any wrong part is refused by its name", async () => {
    const buyer = await Buyer.buy(world, listing);
    const other = await Buyer.buy(world, listing);
    const stranger = new Uint8Array(32).fill(3);
    const now = Math.floor(Date.now() / 1000);
    expect(await nameOf(request(buyer, {}, { key: stranger }))).toBe("BadSignature");
    expect(await nameOf(request(buyer, {}, { signature: new Uint8Array(64) }))).toBe("BadSignature");
    expect(await nameOf(request(buyer, {}, { voucherRelay: buyer.account }))).toBe("BadSignature");
    expect(await nameOf(request(buyer, {}, { baseTotal: 1n }))).toBe("BadSignature");
    expect(await nameOf(request(buyer, { relay: buyer.account }))).toBe("NotServed");
    expect(await nameOf(request(buyer, { expiry: now - 1 }))).toBe("Expired");
    expect(await nameOf(request(buyer, { expiry: now + 4000 }))).toBe("Expired");
    expect(await nameOf(request(buyer, { total: ENTRY - 1n }))).toBe("BelowEntry");
    expect(await nameOf(request(buyer, { total: 10n ** 17n }))).toBe("OverDeposit");
    expect(await nameOf(request(buyer, {}, { grantId: other.grantId }))).toBe("NoGrant");
    expect(await nameOf(request(buyer, {}, { grantId: `0x${"ab".repeat(32)}`, transactionHash: null }))).toBe(
      "NoGrant",
    );
    expect(await nameOf(request(buyer, { generation: head().generation + 1 }))).toBe("WrongBase");
    expect(await nameOf(request(buyer, { fromSeq: seq + 50n }))).toBe("WrongBase");
    expect(await nameOf(request(buyer, { baseTotal: PRICE, total: ENTRY + PRICE }))).toBe("WrongBase");
    const elsewhere = request(buyer, { fromSeq: seq + 50n });
    const refused = await answered(elsewhere).catch(
      (error: { detail: Record<string, string> }) => error.detail,
    );
    const { signature, ...said } = baseFromDetail(refused as Record<string, string>)!;
    expect(said).toEqual({
      ...{ generation: head().generation, fromSeq: start(), baseTotal: 0n, keyId: world.keyId },
    });
    const message = wrongBaseMessage(sessionDigest(buyer.delivery, elsewhere), said);
    expect(await nativeCrypto.es256Verify(world.secrets.publisherKey, message, signature)).toBe(true);
    expect(await nameOf(request(buyer, { sessionNo: 7n }))).toBe("accepted");
    expect(await nameOf(request(buyer, { sessionNo: 7n }))).toBe("StaleSession");
    expect(await nameOf(request(buyer, { sessionNo: 6n }))).toBe("StaleSession");
    expect(
      line.seen.filter((frame) => frame.type === "RELEASE" && frame.channelId === other.paymentId),
    ).toEqual([]);
  });

  test("is overtaken by a newer one, which goes on where the account stands", async () => {
    const buyer = await Buyer.buy(world, listing);
    await answered(request(buyer));
    await releases(buyer);
    await send("bought");
    const opened = await continued(buyer, 2n);
    expect(opened.baseAccrued % PRICE).toBe(0n);
    await line.next(
      "SESSION_REFUSED",
      (frame) => frame.channelId === buyer.paymentId && frame.sessionNo === 1n && frame.name === "Superseded",
    );
    // What is open already is given again.
    expect((await releases(buyer, 2n)).seal.epochFrom).toBeLessThanOrEqual(head().epoch);
  });

  test("survives nothing: after a restart the same channel opens a new one and owes what it owed", async () => {
    const buyer = await Buyer.buy(world, listing);
    await answered(request(buyer));
    const { seal } = await releases(buyer);
    await send("once");
    const { header } = relay.arrived.at(-1)!;
    expect(header.epoch).toBeGreaterThanOrEqual(seal.epochFrom);
    await gateway.kill();
    gateway = await world.gateway({ dataDir, env: { WEIR_PORT_MQTT: String(gateway.mqttPort) } });
    line = await relay.vouchers(listing.listingId);
    expect(await nameOf(request(buyer, { sessionNo: 1n, fromSeq: header.seq, total: ENTRY }))).not.toBe(
      "accepted",
    );
    const { baseAccrued } = await continued(buyer, 2n);
    expect(baseAccrued === 0n || baseAccrued >= PRICE).toBe(true);
    expect((await releases(buyer, 2n)).seal.n).toBe(0n);
  });
});

describe("paying", () => {
  test("the next keys come with the money and not before; wrong vouchers count nothing", async () => {
    const buyer = await Buyer.buy(world, listing);
    await answered(request(buyer));
    let { seal } = await releases(buyer);
    let opened = seal.epochTo;
    // Use up what was given: everything now published in open epochs is owed.
    while (head().epoch <= opened) await send("use");
    const owed =
      PRICE *
      BigInt(
        relay.arrived
          .filter(({ header }) => header.epoch >= seal.epochFrom && header.epoch <= opened)
          .reduce((n, { header }) => n + header.messageCount, 0),
      );
    const totals = async (items: Fields<"VOUCHERS">["items"]) => {
      line.frames.send("VOUCHERS", { items });
      return (
        await line.next("TOTALS", (frame) =>
          frame.items.some(({ channelId }) => channelId === buyer.paymentId),
        )
      ).items.find(({ channelId }) => channelId === buyer.paymentId)!;
    };
    const stranger = new Uint8Array(32).fill(3);
    const wrong = [
      buyer.voucher(3n * ENTRY, operator, stranger),
      buyer.voucher(3n * ENTRY, buyer.account),
      buyer.voucher(1n, operator),
      buyer.voucher(10n ** 18n, operator),
    ];
    for (const voucher of wrong) expect(await totals([voucher])).toMatchObject({ total: ENTRY, owed });
    expect(
      line.seen.filter((frame) => frame.type === "RELEASE" && frame.channelId === buyer.paymentId),
    ).toEqual([]);
    expect(await totals([buyer.voucher(owed + ENTRY, operator)])).toMatchObject({ total: owed + ENTRY });
    ({ seal } = await releases(buyer));
    expect(seal.epochFrom).toBe(opened + 1);
    opened = seal.epochTo;
    expect(opened).toBeGreaterThanOrEqual(seal.epochFrom);
  });
});

describe("a receipt", () => {
  const received = async ({ paymentId }: Buyer) => (await statusOf(dataDir, paymentId))?.received;

  test("is kept when the buyer signed it and it says more than the one before", async () => {
    const buyer = await Buyer.buy(world, listing);
    await answered(request(buyer));
    expect(await received(buyer)).toBeNull();
    const segmentId = `0x${"5e".repeat(32)}` as const;
    const stranger = new Uint8Array(32).fill(3);
    line.frames.send("RECEIPTS", {
      items: [buyer.receipt(segmentId, 3n * PRICE, stranger), buyer.receipt(segmentId, PRICE)],
    });
    await expect.poll(() => received(buyer), { timeout: 20_000 }).toBe(String(PRICE));
    line.frames.send("RECEIPTS", { items: [buyer.receipt(segmentId, 2n * PRICE)] });
    await expect.poll(() => received(buyer), { timeout: 20_000 }).toBe(String(2n * PRICE));
    // A lower one, behind which the gateway answers something else: it has been looked at then.
    line.frames.send("RECEIPTS", { items: [buyer.receipt(segmentId, PRICE)] });
    line.frames.send("VOUCHERS", { items: [buyer.voucher(1n, operator)] });
    await line.next("TOTALS", ({ items }) => items.some(({ channelId }) => channelId === buyer.paymentId));
    expect(await received(buyer)).toBe(String(2n * PRICE));
    await gateway.kill();
    gateway = await world.gateway({ dataDir, env: { WEIR_PORT_MQTT: String(gateway.mqttPort) } });
    expect(await received(buyer)).toBe(String(2n * PRICE));
  });
});

describe("closing", () => {
  const open = async () => {
    const buyer = await Buyer.buy(world, listing);
    await answered(request(buyer));
    await releases(buyer);
    await send("some value");
    return buyer;
  };
  const slot = (buyer: Buyer) =>
    getChannel(world.chain.client, { contracts: world.chain.contracts, channelId: buyer.paymentId });
  const noticed = async (buyer: Buyer, notice: Fields<"NOTICE">) => {
    line.frames.send("NOTICE", notice);
    return line.next("NOTICE_DONE", ({ channelId }) => channelId === buyer.paymentId);
  };
  const balance = (account: Hex) => world.chain.client.getBalance({ address: account });

  test("by notice: within seconds, for what was owed, the rest back to the wei, and no key after it", async () => {
    const buyer = await open();
    const before = await balance(buyer.account);
    const done = await noticed(buyer, buyer.notice());
    expect(done.error).toBeNull();
    const { claimed, deposit, epoch } = await slot(buyer);
    expect(claimed).toBe(done.capture);
    expect(deposit).toBe(claimed);
    expect(epoch).toBe(1);
    expect((await balance(buyer.account)) - before).toBe(GAS_OPERATOR_FREE - done.capture);
    expect(done.capture % PRICE).toBe(0n);
    expect(done.capture).toBeLessThanOrEqual(ENTRY);
    // Asked again, for instance after a lost answer: the same.
    expect(await noticed(buyer, buyer.notice())).toMatchObject({
      capture: done.capture,
      transactionHash: done.transactionHash,
      error: null,
    });
    expect(["Closing", "OutOfMoney", "NoGrant"]).toContain(await nameOf(request(buyer, { sessionNo: 9n })));
  });

  test("by a notice that is wrong: nothing happens", async () => {
    const buyer = await open();
    const now = Math.floor(Date.now() / 1000);
    expect((await noticed(buyer, buyer.notice(0, now + 600, new Uint8Array(32).fill(3)))).error?.name).toBe(
      "BadSignature",
    );
    expect((await noticed(buyer, buyer.notice(0, now - 1))).error?.name).toBe("Expired");
    expect((await noticed(buyer, buyer.notice(1))).error?.name).toBe("CloseFailed");
    expect((await slot(buyer)).epoch).toBe(0);
  });

  test("by the payer on chain: the gateway closes at once", async () => {
    const buyer = await open();
    await requestClose(buyer.wallet, { contracts: world.chain.contracts, terms: buyer.terms });
    await expect.poll(async () => (await slot(buyer)).epoch, { timeout: 20_000 }).toBe(1);
    const { claimed, deposit } = await slot(buyer);
    expect(claimed).toBeGreaterThan(0n);
    expect(deposit).toBe(claimed);
  });

  test("by the payer while the gateway is stopped: closed when it starts again", async () => {
    const buyer = await open();
    expect(await gateway.stop()).toBe(0);
    await requestClose(buyer.wallet, { contracts: world.chain.contracts, terms: buyer.terms });
    gateway = await world.gateway({ dataDir, env: { WEIR_PORT_MQTT: String(gateway.mqttPort) } });
    await expect.poll(async () => (await slot(buyer)).epoch, { timeout: 20_000 }).toBe(1);
    expect((await slot(buyer)).claimed).toBeGreaterThan(0n);
  });

  test("again after a top-up: what was read since then is the seller's, though a session was refused and the program killed", async () => {
    const buyer = await open();
    const { capture } = await noticed(buyer, buyer.notice());
    const { contracts } = world.chain;
    await fundChannel(buyer.wallet, { contracts, terms: buyer.terms, amount: GAS_OPERATOR_FREE });
    expect(await nameOf(request(buyer, { sessionNo: 2n, baseTotal: 1n, total: 4n * ENTRY }))).toBe(
      "WrongBase",
    );
    await continued(buyer, 2n);
    await releases(buyer, 2n);
    const owed = async () => BigInt((await statusOf(dataDir, buyer.paymentId))!.owed);
    await send("of a second life");
    await expect.poll(owed, { timeout: 20_000 }).toBeGreaterThan(capture);
    const earned = await owed();
    await gateway.kill();
    await requestClose(buyer.wallet, { contracts, terms: buyer.terms });
    gateway = await world.gateway({ dataDir, env: { WEIR_PORT_MQTT: String(gateway.mqttPort) } });
    await expect.poll(async () => (await slot(buyer)).epoch, { timeout: 20_000 }).toBe(2);
    expect((await slot(buyer)).claimed).toBe(earned);
  });
});

describe("a free grant", () => {
  const ask = async (buyer: Buyer, more: Partial<Fields<"KEY_REQUEST">> = {}) => {
    const inbox = await relay.keys(listing.listingId);
    const requestId = Math.floor(Math.random() * 1e9);
    inbox.frames.send("KEY_REQUEST", {
      requestId,
      listingId: listing.listingId,
      grantId: buyer.grantId,
      generation: head().generation,
      epochFrom: 0,
      epochTo: 2 ** 32 - 1,
      ...more,
    });
    return inbox.next("KEY_REPLY", (reply) => reply.requestId === requestId);
  };
  const free = { plan: 1, amount: 0n };

  test("gets the keys of its window and no others", async () => {
    const buyer = await Buyer.buy(world, listing, free);
    const { seal, error } = await ask(buyer);
    expect(error).toBeNull();
    await buyer.unseal(buyer.unsealer(head().generation, SealPurpose.cover), seal!);
    const segment = await send("free");
    const key = { epochKey: buyer.ring.keyFor(segment.header.epoch)! };
    expect((await openSegment(nativeCrypto, parseSegment(segment.bytes), key)).messages).toHaveLength(1);
    const now = Math.floor(Date.now() / 1000);
    expect(seal!.epochFrom).toBeGreaterThan(now - 60); // the block of the purchase, not the beginning of time
    expect(seal!.epochTo).toBeLessThanOrEqual(now + freePlan.notice + 1);
    expect(buyer.ring.keyFor(seal!.epochFrom - 1)).toBeUndefined();
    expect((await ask(buyer, { epochTo: seal!.epochFrom - 1 })).error?.name).toBe("BeforeWindow");
    expect((await ask(buyer, { epochFrom: seal!.epochTo + 1000 })).error?.name).toBe("AfterWindow");
    expect((await ask(buyer, { generation: head().generation + 1 })).error?.name).toBe("StaleGeneration");
  });

  test("is asked for at a bounded rate, and ends with its revocation; metered grants get what they opened", async () => {
    const buyer = await Buyer.buy(world, listing, free);
    const names: (string | undefined)[] = [];
    for (let i = 0; i < 12; i += 1) names.push((await ask(buyer)).error?.name);
    expect(names.slice(0, 10)).toEqual(Array(10).fill(undefined));
    expect(names.at(-1)).toBe("Limit");
    const revoked = await Buyer.buy(world, listing, free);
    await revokeGrant(world.chain.wallet(SELLER), {
      contracts: world.chain.contracts,
      grantId: revoked.grantId,
    });
    expect((await ask(revoked)).error?.name).toBe("Revoked");
    const metered = await Buyer.buy(world, listing);
    expect((await ask(metered)).error?.name).toBe("AfterWindow");
    expect((await ask(metered, { grantId: `0x${"cd".repeat(32)}` })).error?.name).toBe("NoGrant");
  });
});
