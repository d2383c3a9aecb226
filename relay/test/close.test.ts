// Ending a channel through the relay, and the line to the gateway.
//
// - CLOSE: the gateway is told, what lies within the captured amount still comes, then CLOSED; delivery stands still meanwhile
// - a gateway that cannot close, or is away, is a named refusal; so is a notice by somebody else or for another epoch
// - a gateway that takes nothing any more, and comes back while a notice waits behind its vouchers, ends the session by name and no program
// - the chain's close of a noticed session is no cut-off
// - vouchers the gateway has not confirmed are sent again when it comes back; confirmed ones are not
// - a gateway that reconnects ends running sessions by name: its sealing contexts are gone
// - CLOSE in front of an OPEN without a session: the same for a channel that has none here, by its signer alone, also when its grant is revoked,
//   and once more when the answer was lost; a session of the channel on another stream ends, and none of the epoch behind it
// - receipts are checked, kept, and forwarded to the gateway

import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Stream } from "@libp2p/interface";
import { closeChannel, fundChannel, revokeGrant } from "@weir/sdk/chain";
import { type Hex, hex, readUint, ZERO_ADDRESS } from "@weir/sdk/core";
import { controlFrame } from "@weir/sdk/wire";
import { afterAll, beforeAll, expect, test } from "vitest";
import { BUYER, OPERATOR, SELLER } from "../../test/support/market.ts";
import type { Relay } from "../src/relay.ts";
import { readSegments, until, untilRefused } from "./support/buyer.ts";
import { idOf, nextVoucher, startScene } from "./support/scene.ts";
import { ENTRY, PRICE, startWorld, type World } from "./support/world.ts";

let world: World;
let relay: Relay;
let folder: string;

beforeAll(async () => {
  world = await startWorld();
  folder = world.folder();
  relay = await world.relay(folder);
});

afterAll(() => world?.stop());

const newScene = (title: string) => startScene(world, relay, title);
const PATIENCE = { timeout: 120_000 };

/** A column of a channel's row in the relay's ledger. */
function stored(channelId: Hex, column: "receipt" | "total"): Uint8Array {
  const database = new DatabaseSync(join(folder, "relay.db"), { readOnly: true });
  const row = database
    .prepare(`SELECT ${column} FROM accounts WHERE channel_id = ?`)
    .get(Buffer.from(channelId.slice(2), "hex"));
  database.close();
  return row![column] as Uint8Array;
}

test("after a notice exactly what lies within the capture comes, then CLOSED", async () => {
  const scene = await newScene("close");
  await scene.segments(5);
  const frames = await scene.session();
  expect(await readSegments(frames, 1)).toEqual([0n]);
  frames.send("CLOSE", scene.buyer.close());
  const notice = await scene.vouchers.expect("NOTICE");
  expect(notice).toMatchObject({ channelId: scene.buyer.channelId, epoch: 0 });
  // Published and covered by the voucher, but the notice has stopped delivery; only what the gateway captures follows.
  await scene.segments(3, 4, 5);
  const { chain } = world;
  const capture = 12n * PRICE;
  const voucher = scene.buyer.voucher(ENTRY);
  const { hash } = await closeChannel(chain.wallet(OPERATOR), {
    contracts: chain.contracts,
    terms: scene.purchase.terms,
    relays: [...scene.listing.terms.relays],
    voucher: { channelId: scene.buyer.channelId, cumulative: ENTRY, relay: world.relayOperator },
    voucherSignature: hex(voucher.signature),
    capture,
  });
  scene.vouchers.send("NOTICE_DONE", {
    channelId: scene.buyer.channelId,
    capture,
    transactionHash: hash,
    error: null,
  });
  expect(await readSegments(frames, 2)).toEqual([1n, 2n]);
  expect(await until(frames, "CLOSED")).toMatchObject({ capture, transactionHash: hash });
  expect(await frames.read()).toBeNull();
});

test("a close that fails, an absent gateway, a foreign or stale notice are named", async () => {
  const scene = await newScene("close fails");
  await scene.segments(1);
  let number = 0n;
  const begin = async () => {
    const frames = await scene.session({ sessionNo: ++number });
    await readSegments(frames, 1);
    return frames;
  };
  const failing = await begin();
  failing.send("CLOSE", scene.buyer.close());
  await scene.vouchers.expect("NOTICE");
  const error = { name: "InsufficientFunds", message: "no gas" };
  scene.vouchers.send("NOTICE_DONE", {
    channelId: scene.buyer.channelId,
    capture: 0n,
    transactionHash: null,
    error,
  });
  expect(await untilRefused(failing)).toMatchObject({ name: "CloseFailed", detail: { error: error.name } });

  const foreign = await begin();
  foreign.send("CLOSE", { ...scene.buyer.close(), signature: scene.buyer.voucher(1n).signature });
  expect(await untilRefused(foreign)).toMatchObject({ name: "BadSignature" });
  const stale = await begin();
  stale.send("CLOSE", scene.buyer.close(undefined, 3));
  expect(await untilRefused(stale)).toMatchObject({ name: "Expired" });

  const absent = await begin();
  await scene.vouchers.close();
  while (true) {
    const { frames } = await scene.buyer.dial();
    frames.send("LOCATE", { listingId: scene.listing.listingId, position: null });
    if (!(await frames.expect("HEAD")).gateway) break;
  }
  absent.send("CLOSE", scene.buyer.close());
  expect(await untilRefused(absent)).toMatchObject({ name: "GatewayOffline" });
});

test("a gateway that stalls and comes back during a notice ends the session by name, and the relay goes on", async () => {
  const unhandled: unknown[] = [];
  const note = (reason: unknown) => void unhandled.push(reason);
  process.on("unhandledRejection", note);
  const scene = await newScene("stalled");
  await scene.segments(1);
  const { buyer, vouchers: stalled } = scene;
  const frames = await scene.session();
  await readSegments(frames, 1);
  // Nothing of what it asks for is taken: the relay has written as much as the stream's window holds.
  stalled.stream.pause();
  const window = stalled.stream as Stream & { recvWindowCapacity: number };
  const asked = Array.from({ length: 500 }, () => controlFrame("RECALL", { after: null }));
  const ask = () => {
    stalled.write(...asked);
    return window.recvWindowCapacity;
  };
  await expect.poll(ask, PATIENCE).toBe(0);
  // In one write: whatever groups the vouchers go in, the last one waits when the notice comes.
  const pays = [1n, 2n, 3n, 4n].map((n) => controlFrame("PAY", buyer.voucher(ENTRY + n * PRICE)));
  frames.write(...pays, controlFrame("CLOSE", buyer.close()));
  await expect.poll(() => readUint(stored(buyer.channelId, "total")), PATIENCE).toBe(ENTRY + 4n * PRICE);
  scene.vouchers = await scene.gateway.vouchers();
  expect(await untilRefused(frames)).toMatchObject({ name: "GatewayOffline" });
  if (stalled.stream.status === "open") stalled.stream.resume();
  const again = await scene.session({ sessionNo: 2n, ahead: 4 });
  expect(await readSegments(again, 1)).toEqual([0n]);
  process.off("unhandledRejection", note);
  expect(unhandled).toEqual([]);
});

test("unconfirmed vouchers are sent again to a gateway that comes back, and its sessions begin anew", async () => {
  const scene = await newScene("reconnect");
  await scene.segments(1);
  const { channelId } = scene.buyer;
  const frames = await scene.session();
  await readSegments(frames, 1);
  frames.send("PAY", scene.buyer.voucher(ENTRY + PRICE));
  expect(await nextVoucher(scene.vouchers, channelId)).toBe(ENTRY + PRICE);

  await scene.vouchers.close();
  const second = await scene.gateway.vouchers();
  expect(await nextVoucher(second, channelId)).toBe(ENTRY + PRICE);
  expect(await untilRefused(frames)).toMatchObject({ name: "GatewayOffline" });

  second.send("TOTALS", { items: [{ channelId, total: ENTRY + PRICE, owed: PRICE }] });
  // The next connection gets nothing of this channel before the voucher that comes after it.
  await second.close();
  scene.vouchers = await scene.gateway.vouchers();
  const again = await scene.session({ sessionNo: 2n, ahead: 1 });
  await readSegments(again, 1);
  again.send("PAY", scene.buyer.voucher(ENTRY + 2n * PRICE));
  expect(await nextVoucher(scene.vouchers, channelId)).toBe(ENTRY + 2n * PRICE);
});

test("receipts are kept and forwarded; one by another key ends the session", async () => {
  const scene = await newScene("receipts");
  const [segment] = await scene.segments(1);
  const frames = await scene.session();
  await readSegments(frames, 1);
  const receipt = scene.buyer.receipt(idOf(segment!), PRICE);
  frames.send("RECEIPT", receipt);
  const { items } = await scene.vouchers.expect("RECEIPTS");
  expect(items.map(({ signature, ...rest }) => ({ ...rest, signature: hex(signature) }))).toEqual([
    {
      channelId: scene.buyer.channelId,
      segmentId: idOf(segment!),
      cumulative: PRICE,
      signature: hex(receipt.signature),
    },
  ]);
  frames.send("RECEIPT", { ...receipt, cumulative: 2n * PRICE });
  expect(await untilRefused(frames)).toMatchObject({ name: "BadSignature" });
  const kept = stored(scene.buyer.channelId, "receipt");
  expect(hex(kept.subarray(0, 32))).toBe(idOf(segment!));
  expect(hex(kept.subarray(44))).toBe(hex(receipt.signature));
});

test("without a session: a notice in front of OPEN reaches the gateway, whatever becomes of the grant", async () => {
  const scene = await newScene("no session");
  const { buyer, vouchers, purchase } = scene;
  const { channelId } = buyer;
  const end = async (notice = buyer.close(), more: Parameters<typeof buyer.open>[0] = {}) => {
    const over = await buyer.dial();
    over.frames.send("CLOSE", notice);
    return buyer.open({ ...more, over });
  };
  const { signature } = buyer.voucher(1n);
  expect(await untilRefused(await end({ ...buyer.close(), signature }))).toMatchObject({
    name: "BadSignature",
  });
  for (const stale of [buyer.close(undefined, 3), buyer.close(1)])
    expect(await untilRefused(await end(stale))).toMatchObject({ name: "Expired" });
  const other = await newScene("another channel");
  const { paymentId, grantId } = other.purchase;
  for (const more of [{ paymentId }, { grantId }])
    expect(await untilRefused(await end(undefined, more))).toMatchObject({ name: "NoGrant" });

  const { chain } = world;
  await revokeGrant(chain.wallet(SELLER), { contracts: chain.contracts, grantId: purchase.grantId });
  const frames = await end();
  const notice = await vouchers.expect("NOTICE");
  expect(notice).toMatchObject({ channelId, epoch: 0 });
  const { hash } = await closeChannel(chain.wallet(OPERATOR), {
    ...{ contracts: chain.contracts, terms: purchase.terms, relays: [...scene.listing.terms.relays] },
    ...{ voucher: { channelId, cumulative: 0n, relay: ZERO_ADDRESS }, voucherSignature: "0x", capture: 0n },
  });
  await frames.close(); // the answer is lost on its way
  vouchers.send("NOTICE_DONE", { channelId, capture: 0n, transactionHash: hash, error: null });
  const again = await end();
  await vouchers.expect("NOTICE");
  vouchers.send("NOTICE_DONE", { channelId, capture: 0n, transactionHash: hash, error: null });
  expect(await again.expect("CLOSED")).toMatchObject({ capture: 0n, transactionHash: hash });
  expect(await again.read()).toBeNull();
  await vouchers.close();
});

test("a notice in front of OPEN ends the channel's session on another stream", async () => {
  const scene = await newScene("a session elsewhere");
  await scene.segments(1);
  const reading = await scene.session();
  await readSegments(reading, 1);
  const over = await scene.buyer.dial();
  over.frames.send("CLOSE", scene.buyer.close());
  const frames = await scene.buyer.open({ over });
  expect(await untilRefused(reading)).toMatchObject({ name: "Closing" });
  const { channelId } = await until(scene.vouchers, "NOTICE");
  const error = { name: "InsufficientFunds", message: "no gas" };
  scene.vouchers.send("NOTICE_DONE", { channelId, capture: 0n, transactionHash: null, error });
  expect(await untilRefused(frames)).toMatchObject({ name: "CloseFailed" });
});

test("a notice that is shown again ends no session of the channel's next epoch", async () => {
  const scene = await newScene("an old notice");
  const { buyer, vouchers, purchase } = scene;
  const { channelId } = buyer;
  const { chain } = world;
  const { contracts } = chain;
  await closeChannel(chain.wallet(OPERATOR), {
    ...{ contracts, terms: purchase.terms, relays: [...scene.listing.terms.relays] },
    ...{ voucher: { channelId, cumulative: 0n, relay: ZERO_ADDRESS }, voucherSignature: "0x", capture: 0n },
  });
  await fundChannel(chain.wallet(BUYER), { contracts, terms: purchase.terms, amount: 10n * ENTRY });
  await scene.segments(1, 1);
  const reading = await scene.session();
  await readSegments(reading, 1);
  const over = await buyer.dial();
  over.frames.send("CLOSE", buyer.close(undefined, 0));
  const frames = await buyer.open({ over });
  await until(vouchers, "NOTICE");
  const error = { name: "Expired", message: "another epoch" };
  vouchers.send("NOTICE_DONE", { channelId, capture: 0n, transactionHash: null, error });
  expect(await untilRefused(frames)).toMatchObject({ name: "CloseFailed" });
  reading.send("PAY", buyer.voucher(ENTRY + PRICE));
  expect(await readSegments(reading, 1)).toEqual([1n]);
});
