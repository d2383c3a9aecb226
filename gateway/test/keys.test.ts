// Keys over a purchase's life, from the gateway as a program, asked for by a relay that does what it likes.
//
// keys changed by the buyer: the session ends, old signatures open nothing, new ones do; seals go to the new key
// the past: with its right only
// lost laptop: what a channel has opened is sealed again, free, to the key of now, also after the close; nothing else is · what a grant
//   gave is, also when it is over, and no further
// shut out: a new generation, of which the one who is out has no key and everybody else gets one; found after a restart, too
// blocks replaced: the session of a purchase that is gone ends · confirmations: a large purchase waits, a small one does not
// publishing seals no keys
import { join } from "node:path";
import { x25519 } from "@noble/curves/ed25519.js";
import { getGrant, revokeGrant, rotateKeys } from "@weir/sdk/chain";
import { hex, Rights, SealPurpose } from "@weir/sdk/core";
import type { Fields } from "@weir/sdk/wire";
import type { MqttClient } from "mqtt";
import { afterAll, beforeAll, expect, test } from "vitest";
import { freePlan, messagePlan, PRICE, RELAY, SELLER } from "../../test/support/market.ts";
import { Buyer } from "./support/buyer.ts";
import { Stand } from "./support/stand.ts";
import { type RunningGateway, startWorld, type World } from "./support/world.ts";

const NEW_SIGNER = 6;
const free = { plan: 1, amount: 0n };
const freeWithPast = { plan: 2, amount: 0n };
const HISTORY = 600;
const patience = { timeout: 20_000, interval: 100 };

let world: World;
let stand: Stand;
let gateway: RunningGateway;
let dataDir: string;
let client: MqttClient;

beforeAll(async () => {
  world = await startWorld();
  await world.device("probe");
  const withPast = { ...freePlan, rights: Rights.read | Rights.history };
  const plans = [{ ...messagePlan, entry: 8n * PRICE }, freePlan, withPast];
  stand = await Stand.open(world, { account: RELAY, price: PRICE, plans, historyDepth: HISTORY });
  dataDir = join(world.folder, "data");
  gateway = await world.gateway({ dataDir });
  client = await world.connect(gateway, "probe");
  await stand.publish(client, 1);
});
afterAll(async () => {
  client?.end(true);
  await stand?.relay.stop();
  await world?.stop();
});

const restart = async (env: Record<string, string> = {}) => {
  await gateway.kill();
  gateway = await world.gateway({ dataDir, env: { ...env, WEIR_PORT_MQTT: String(gateway.mqttPort) } });
};
const head = () => stand.relay.arrived.at(-1)!.header;
/** Publishes until one more segment is at the relay, of whatever generation. */
async function send(): Promise<void> {
  const before = stand.relay.arrived.length;
  await client.publishAsync("probe/air", "21.5", { qos: 1 });
  await stand.relay.until(() => stand.relay.arrived.length > before);
}
const metric = async (name: string): Promise<number> => {
  const text = await (await fetch(`${gateway.http}/metrics`)).text();
  return Number(new RegExp(`weir_gateway_${name}_total (\\d+)`).exec(text)?.[1] ?? 0);
};

async function ask({ grantId }: Buyer, more: Partial<Fields<"KEY_REQUEST">> = {}) {
  const { listingId } = stand.listing;
  const inbox = await stand.relay.keys(listingId);
  const requestId = Math.floor(Math.random() * 1e9);
  const { generation } = head();
  const everything = { requestId, listingId, grantId, generation, epochFrom: 0, epochTo: 2 ** 32 - 1 };
  inbox.frames.send("KEY_REQUEST", { ...everything, ...more });
  return inbox.next("KEY_REPLY", (reply) => reply.requestId === requestId);
}

/** Sends a session at the running epoch's first segment; gives its answer. */
async function answerTo(
  buyer: Buyer,
  more: Partial<Parameters<Buyer["session"]>[0]> = {},
  falsified: Parameters<Buyer["session"]>[1] = {},
) {
  const { operator: relay } = stand.relay;
  const { epoch, generation } = head();
  const here = stand.relay.arrived.find(
    ({ header }) => header.epoch === epoch && header.generation === generation,
  );
  const fromSeq = here!.header.seq;
  const session = buyer.session({ relay, generation, fromSeq, total: stand.entry, ...more }, falsified);
  const line = await stand.line();
  line.frames.send("SESSION", session);
  const answer = await line.next(
    ["SESSION_ACK", "SESSION_REFUSED"],
    ({ channelId, sessionNo }) => channelId === session.channelId && sessionNo === session.sessionNo,
  );
  return { answer, session, line };
}

/** The refusal that ends this running session. */
const ended = async ({ paymentId }: Buyer, sessionNo: bigint) =>
  (await stand.line()).next(
    "SESSION_REFUSED",
    (frame) => frame.channelId === paymentId && frame.sessionNo === sessionNo,
  );

function newKeys() {
  const privateKey = x25519.utils.randomSecretKey();
  const account = world.chain.accounts[NEW_SIGNER]!;
  return {
    encryption: { privateKey, publicKey: hex(x25519.getPublicKey(privateKey)) },
    signer: account.address,
    key: new Uint8Array(account.getHdKey().privateKey!),
  };
}

async function rotate(buyer: Buyer) {
  const keys = newKeys();
  const { contracts } = world.chain;
  const { grantId } = buyer;
  const encryptionKey = keys.encryption.publicKey;
  await rotateKeys(buyer.wallet, { contracts, grantId, encryptionKey, signer: keys.signer });
  return keys;
}

test("keys that the buyer changed hold from the next block on, the old ones do not", async () => {
  const buyer = await Buyer.buy(world, stand.listing);
  expect((await answerTo(buyer)).answer.type).toBe("SESSION_ACK");
  const { key, encryption } = await rotate(buyer);
  expect(await ended(buyer, 1n)).toMatchObject({ name: "KeysRotated" });
  const refused = async (...options: Parameters<typeof answerTo>) => {
    const { answer } = await answerTo(...options);
    return answer.type === "SESSION_REFUSED" ? answer.name : answer.type;
  };
  expect(await refused(buyer, { sessionNo: 2n })).toBe("BadSignature");
  // The session's key signs no vouchers: the channel's terms name the other one for ever.
  expect(await refused(buyer, { sessionNo: 3n, total: 2n * stand.entry }, { key })).toBe("BadSignature");
  const voucher = (total: bigint) => {
    const { cumulative, signature: voucherSignature } = buyer.voucher(total, stand.relay.operator);
    return { cumulative, voucherSignature };
  };
  const next = async (sessionNo: bigint, more: { fromSeq?: bigint; baseTotal?: bigint } = {}) => {
    const total = 4n * stand.entry;
    return answerTo(buyer, { sessionNo, total, ...more }, { key, ...voucher(total) });
  };
  let opened = await next(4n);
  if (opened.answer.type === "SESSION_REFUSED") {
    const { fromSeq, baseTotal } = opened.answer.detail;
    opened = await next(5n, { fromSeq: BigInt(fromSeq!), baseTotal: BigInt(baseTotal!) });
  }
  expect(opened.answer.type).toBe("SESSION_ACK");
  const { seal } = await opened.line.next(
    "RELEASE",
    ({ sessionNo }) => sessionNo === opened.session.sessionNo,
  );
  await expect(
    buyer.unseal(buyer.unsealer(seal.generation, SealPurpose.session, opened.session), seal),
  ).rejects.toMatchObject({ name: "SealError" });
  Object.assign(buyer, { encryption });
  await buyer.unseal(buyer.unsealer(seal.generation, SealPurpose.session, opened.session), seal);
  expect(buyer.ring.keyFor(seal.epochFrom)).toBeDefined();
});

test("the past is its own right: a cover reaches back as far as the terms say with it, and to the purchase without", async () => {
  for (const [options, depth] of [
    [free, 0],
    [freeWithPast, HISTORY],
  ] as const) {
    const buyer = await Buyer.buy(world, stand.listing, options);
    const { client: reader, contracts } = world.chain;
    const { notBefore } = await getGrant(reader, { contracts, grantId: buyer.grantId });
    const { seal } = await ask(buyer);
    expect(seal!.epochFrom).toBe(notBefore - depth);
    await buyer.unseal(buyer.unsealer(seal!.generation, SealPurpose.cover), seal!);
    expect(buyer.ring.keyFor(notBefore - depth - 1)).toBeUndefined();
    expect((await ask(buyer, { epochTo: notBefore - depth - 1 })).error?.name).toBe("BeforeWindow");
  }
});

test("a cover goes to the keys of now", async () => {
  const buyer = await Buyer.buy(world, stand.listing, free);
  const opens = async () => {
    const { seal } = await ask(buyer);
    return buyer.unseal(buyer.unsealer(seal!.generation, SealPurpose.cover), seal!).then(
      () => true,
      (error: Error) => error.name,
    );
  };
  expect(await opens()).toBe(true);
  const { encryption } = await rotate(buyer);
  await expect.poll(opens, patience).toBe("SealError");
  Object.assign(buyer, { encryption });
  expect(await opens()).toBe(true);
});

test("a cover of a grant that is over is sealed again, and reaches no further than the grant did", async () => {
  const { timestamp } = await world.chain.client.getBlock();
  const notAfter = Math.max(Number(timestamp), Math.floor(Date.now() / 1000)) + 10;
  const buyer = await Buyer.buy(world, stand.listing, { ...free, notAfter });
  const first = (await ask(buyer)).seal!;
  expect(first.epochTo).toBe(notAfter - 1);
  await expect.poll(() => Date.now() / 1000, { ...patience, timeout: 40_000 }).toBeGreaterThan(notAfter + 1);
  await world.chain.test.mine({ blocks: 1 });
  const { seal } = await ask(buyer);
  expect(seal).toMatchObject({ epochFrom: first.epochFrom, epochTo: first.epochTo });
  await buyer.unseal(buyer.unsealer(seal!.generation, SealPurpose.cover), seal!);
  expect((await ask(buyer, { epochFrom: notAfter })).error?.name).toBe("AfterWindow");
});

test("what a channel has opened is sealed again, after the close and a change of keys too, and nothing else is", async () => {
  const { buyer } = await stand.buyer(client, [2n * stand.entry]);
  const { generation } = head();
  await send();
  const covered = async (): Promise<number[]> => {
    const epochs: number[] = [];
    for (let epochFrom = 0; ; ) {
      const { seal, error } = await ask(buyer, { generation, epochFrom });
      if (error) {
        expect(error.name).toBe("AfterWindow");
        return epochs;
      }
      await buyer.unseal(buyer.unsealer(generation, SealPurpose.cover), seal!);
      for (let epoch = seal!.epochFrom; epoch <= seal!.epochTo; epoch += 1) epochs.push(epoch);
      epochFrom = seal!.epochTo + 1;
    }
  };
  const line = await stand.line();
  line.frames.send("NOTICE", buyer.notice());
  expect((await line.next("NOTICE_DONE", ({ channelId }) => channelId === buyer.paymentId)).error).toBeNull();
  const before = await covered();
  const released = line.seen.flatMap((frame) =>
    frame.type === "RELEASE" && frame.channelId === buyer.paymentId
      ? Array.from(
          { length: frame.seal.epochTo - frame.seal.epochFrom + 1 },
          (_, i) => frame.seal.epochFrom + i,
        )
      : [],
  );
  expect(before.length).toBeGreaterThan(0);
  for (const epoch of before) expect(buyer.ring.keyFor(epoch)).toBeDefined();
  for (const epoch of released) expect(before).toContain(epoch);
  await restart();
  Object.assign(buyer, { encryption: (await rotate(buyer)).encryption });
  await expect
    .poll(() => covered().catch((error: Error) => error.name), { ...patience, interval: 3_000 })
    .toEqual(before);
  // Never opened: not even by its number.
  expect((await ask(buyer, { generation, epochFrom: before.at(-1)! + 1 })).error?.name).toBe("AfterWindow");
  expect((await ask(buyer, { generation: generation - 1 })).error?.name).toBe("AfterWindow");
});

test("whoever is shut out has no key of what comes after; the others get theirs on request", async () => {
  const [outsider, other] = [
    await Buyer.buy(world, stand.listing, free),
    await Buyer.buy(world, stand.listing, free),
  ];
  await send();
  const { generation: before } = head();
  const { seal } = await ask(outsider);
  expect(seal!.epochTo).toBeGreaterThan(head().epoch + 60); // far ahead of the clock
  await outsider.unseal(outsider.unsealer(before, SealPurpose.cover), seal!);
  const revoke = ({ grantId }: Buyer) =>
    revokeGrant(world.chain.wallet(SELLER), { contracts: world.chain.contracts, grantId });
  const renewed = async () => {
    await send();
    return head().generation;
  };
  await revoke(outsider);
  await expect.poll(renewed, patience).toBeGreaterThan(before);
  expect((await ask(outsider)).error?.name).toBe("Revoked");
  const { seal: next } = await ask(other);
  expect(next!.generation).toBe(head().generation);
  await other.unseal(other.unsealer(next!.generation, SealPurpose.cover), next!);
  expect(other.ring.keyFor(head().epoch)).toBeDefined();
  expect(Buffer.from(other.ring.keyFor(head().epoch)!)).not.toEqual(
    Buffer.from(outsider.ring.keyFor(head().epoch)!),
  );

  // Shut out while the gateway is away: found when it is back, and once only.
  const { generation: second } = head();
  await gateway.kill();
  await revoke(other);
  await restart();
  await expect.poll(renewed, patience).toBeGreaterThan(second);
  const { generation: third } = head();
  await restart();
  expect(await renewed()).toBe(third);
});

test("a session ends with the block of its purchase; a large purchase waits for its blocks, a small one does not", async () => {
  const { test: chain, client: reader } = world.chain;
  await restart({ WEIR_CONFIRMATIONS: "2" });
  await send();
  const small = await Buyer.buy(world, stand.listing, { amount: 10n * stand.entry });
  expect((await answerTo(small)).answer.type).toBe("SESSION_ACK");

  const id = await chain.snapshot();
  const fork = await reader.getBlockNumber({ cacheTime: 0 });
  const large = await Buyer.buy(world, stand.listing, { amount: 10n ** 16n });
  const early = await answerTo(large);
  expect(early.answer).toMatchObject({ name: "Unconfirmed", detail: { needed: "2", missing: "2" } });
  await chain.mine({ blocks: 2 });
  await send();
  expect((await answerTo(large, { sessionNo: 2n })).answer.type).toBe("SESSION_ACK");
  await world.chain.revert(id);
  await chain.mine({ blocks: 5 });
  expect(await ended(large, 2n)).toMatchObject({ name: "NoGrant" });
  expect((await answerTo(large, { sessionNo: 3n })).answer).toMatchObject({ name: "NoGrant" });
  expect((await ask(large)).error?.name).toBe("NoGrant");
  expect(await reader.getBlockNumber({ cacheTime: 0 })).toBe(fork + 5n);
  // The purchase before the fork stands.
  expect((await answerTo(small, { sessionNo: 2n, total: 4n * stand.entry })).answer).not.toMatchObject({
    name: "NoGrant",
  });
});

test("publishing seals no keys, with many grants or few, running or over", async () => {
  await restart(); // no session is left that has paid for epochs to come
  const buyers = [];
  for (let i = 0; i < 4; i += 1) buyers.push(await Buyer.buy(world, stand.listing, free));
  await send();
  for (const buyer of buyers) expect((await ask(buyer)).seal).not.toBeNull();
  const counts = () => Promise.all(["cover_seals", "epochs_released", "generations"].map(metric));
  const before = await counts();
  const { epoch } = head();
  expect(before[0]).toBeGreaterThanOrEqual(4);
  while (head().epoch < epoch + 3) await send();
  expect(await counts()).toEqual(before);
});
