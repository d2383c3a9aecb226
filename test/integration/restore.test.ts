// What a gateway that was put back from an older copy asks its relays, over the real line with the real ledgers (test/support/money).
//
// many channels, bought after the copy: all pages, each total and what its receipt says · asked once for each restore and relay
// not believed: another key, another relay's voucher, a channel that is not the grant's, a forged receipt
// a session of that line waits for the last page · a page that nobody asked for, and one that leads back, end the line
// a notice waits for the listing's other relay, whose voucher is the better one, a minute at most · a stop freezes nothing meanwhile
// a channel that the copy does not know, or has as closed before it was paid into again: closed for all that is owed, by the chain's event or a notice
import { rmSync } from "node:fs";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { CLOSE_TIMEOUT_MS, RECALL_PATIENCE_MS } from "../../gateway/src/limits.ts";
import { LISTING, plan, purchased } from "../../gateway/test/support/parts.ts";
import { newAccount, packReceipt } from "../../relay/src/store/ledger.ts";
import {
  type Bytes,
  closeNoticeDigest,
  type Hex,
  hex,
  receiptDigest,
  uint,
  voucherDigest,
} from "../../sdk/src/core/index.ts";
import { type Fields, MAX_RECALLED_ITEMS } from "../../sdk/src/wire/index.ts";
import type { Bought } from "../support/money/chain.ts";
import { addressOf, cheapCrypto as crypto } from "../support/money/primitives.ts";
import { type Ground, prepareGround, RELAYS, World } from "../support/money/world.ts";

vi.mock("@hpke/core", () => import("../support/money/primitives.ts"));
vi.mock("@hpke/dhkem-x25519", () => import("../support/money/primitives.ts"));

const PLAN = plan({ price: 10n, entry: 80n });
const TOTAL = 500n;
const RECEIVED = 420n;
/** More than three pages. */
const CHANNELS = 3 * MAX_RECALLED_ITEMS + 1;
const STRANGER = addressOf(uint(0x63, 32));

let ground: Ground;
let world: World;
let next = 1;
beforeAll(() => {
  ground = prepareGround();
  vi.useFakeTimers({
    now: 1_700_000_000_000,
    toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date", "performance"],
  });
});
afterEach(() => {
  world.close();
  vi.clearAllTimers();
});
afterAll(() => {
  vi.useRealTimers();
  rmSync(ground.folder, { recursive: true, force: true });
});

function buy(): Bought {
  const n = next++;
  const secret = uint(n, 32);
  const base = purchased(0, PLAN);
  const { terms } = world.chain.listing;
  const known = {
    ...base,
    channelId: hex(uint(n, 32)),
    grantId: hex(uint(n + 2 ** 32, 32)),
    terms: { ...base.terms, signer: addressOf(secret), operator: world.gateway.operator },
    relays: terms.relays,
  };
  return world.chain.buy(known, secret, 10_000n);
}

const voucherOf = (
  { purchased: { channelId }, secret }: Bought,
  more: { relay?: Hex; key?: Bytes } = {},
): Bytes =>
  crypto.signSecp(
    more.key ?? secret,
    voucherDigest(world.chain.delivery, { channelId, cumulative: TOTAL, relay: more.relay ?? RELAYS[0] }),
  );

function receiptOf({ purchased: { channelId }, secret }: Bought, key = secret): Bytes {
  const receipt = { segmentId: hex(uint(9, 32)), cumulative: RECEIVED };
  const signature = crypto.signSecp(key, receiptDigest(world.chain.delivery, { channelId, ...receipt }));
  return packReceipt({ ...receipt, signature });
}

/** The first relay's ledger holds this of the purchase. */
async function hold(
  bought: Bought,
  signature: Bytes,
  receipt: Bytes | null,
  channelId = bought.purchased.channelId,
) {
  const account = newAccount(channelId, LISTING, bought.purchased.grantId);
  Object.assign(account, { total: TOTAL, confirmed: TOTAL, signature, receipt });
  await world.relays[0]!.ledger.save(account);
}

/** Puts an empty data file in the gateway's place, and lets it connect again. */
async function restore(): Promise<void> {
  await world.restore("gateway", 0, 0);
  await world.pass(300);
}
const accountOf = ({ purchased: { channelId } }: Bought) => world.gateway.ledger.account(channelId);
const owedTo = (bought: Bought) => world.gateway.ledger.owed(accountOf(bought)!);

test("everything that a relay holds comes back, once for each restore", async () => {
  world = await World.open(ground, PLAN);
  const asked = vi.fn<() => void>();
  world.onRecall = asked;
  const all = Array.from({ length: CHANNELS }, buy);
  for (const [i, bought] of all.entries())
    await hold(bought, voucherOf(bought), i % 2 === 0 ? receiptOf(bought) : null);
  await world.restore("gateway", 0, 0); // the first one makes the copy
  await restore();
  expect(all.map((bought) => accountOf(bought)?.total)).toEqual(all.map(() => TOTAL));
  expect(all.map(owedTo)).toEqual(all.map((_, i) => (i % 2 === 0 ? RECEIVED : 0n)));
  const pages = Math.ceil(CHANNELS / MAX_RECALLED_ITEMS) + 1; // and one of the relay that holds nothing
  expect(asked).toHaveBeenCalledTimes(pages);
  world.gateway.kill();
  await world.gateway.start();
  await world.pass(300);
  expect(asked).toHaveBeenCalledTimes(pages);
  expect(all.map(owedTo)).toEqual(all.map((_, i) => (i % 2 === 0 ? RECEIVED : 0n)));
  await restore();
  expect(asked).toHaveBeenCalledTimes(2 * pages);
});

test("only what the buyer signed for this relay is believed", async () => {
  world = await World.open(ground, PLAN);
  const [thief, elsewhere, foreign, forged, honest] = Array.from({ length: 5 }, buy) as [
    Bought,
    Bought,
    Bought,
    Bought,
    Bought,
  ];
  await hold(thief, voucherOf(thief, { key: uint(0x777, 32) }), receiptOf(thief));
  await hold(elsewhere, voucherOf(elsewhere, { relay: RELAYS[1] }), receiptOf(elsewhere));
  const other = hex(uint(0x5555, 32));
  await hold(foreign, voucherOf(foreign), null, other);
  await hold(forged, voucherOf(forged), receiptOf(forged, uint(0x777, 32)));
  await hold(honest, voucherOf(honest), receiptOf(honest));
  await world.restore("gateway", 0, 0);
  await restore();
  const held = (bought: Bought) => [accountOf(bought)?.total, accountOf(bought) && owedTo(bought)];
  expect(held(thief)).toEqual([0n, 0n]); // a receipt without a voucher owes nothing
  expect(held(elsewhere)).toEqual([0n, 0n]);
  expect(world.gateway.ledger.account(other)).toBeUndefined();
  expect(held(forged)).toEqual([TOTAL, 0n]);
  expect(held(honest)).toEqual([TOTAL, RECEIVED]);
});

test("sessions wait for the last page; a page out of place ends the line", async () => {
  world = await World.open(ground, PLAN);
  const bought = buy();
  await world.restore("gateway", 0, 0);
  await restore();
  const { channelId, grantId } = bought.purchased;
  const line = world.gateway.line(STRANGER);
  expect(await line.expect("RECALL")).toMatchObject({ after: null });
  const answers: string[] = [];
  void (async () => {
    for (let frame = await line.read(); frame !== null; frame = await line.read()) answers.push(frame.type);
  })().catch(() => undefined);
  const request: Fields<"SESSION"> = {
    ...{ channelId, grantId, sessionNo: 1n, relay: STRANGER, generation: 1, fromSeq: 0n, baseTotal: 0n },
    ...{ expiry: 1, signature: new Uint8Array(64), cumulative: 0n, voucherSignature: new Uint8Array(64) },
    transactionHash: null,
  };
  line.send("SESSION", request);
  line.send("RECALLED", { items: [], next: hex(uint(5, 32)) });
  await world.settle();
  expect(answers).toEqual(["RECALL"]);
  line.send("RECALLED", { items: [], next: null });
  await world.settle();
  expect(answers).toEqual(["RECALL", "SESSION_REFUSED"]);
  line.send("RECALLED", { items: [], next: null });
  await world.settle();
  expect(line.closed).toBe(true);

  await restore();
  const again = world.gateway.line(STRANGER);
  await again.expect("RECALL");
  again.send("RECALLED", { items: [], next: hex(uint(5, 32)) });
  await again.expect("RECALL");
  again.send("RECALLED", { items: [], next: hex(uint(5, 32)) });
  await world.settle();
  expect(again.closed).toBe(true);
});

/** Gives the buyer's notice to the gateway as the second relay does; whatever is answered is in the list. */
async function notice({ purchased: { channelId }, secret }: Bought): Promise<Fields<"NOTICE_DONE">[]> {
  const [epoch, deadline] = [0, Math.floor(Date.now() / 1000) + 600];
  const digest = closeNoticeDigest(world.chain.delivery, { channelId, epoch, deadline });
  const line = world.gateway.line(RELAYS[1]);
  line.send("NOTICE", { channelId, epoch, deadline, signature: crypto.signSecp(secret, digest) });
  const answers: Fields<"NOTICE_DONE">[] = [];
  void line.expect("NOTICE_DONE").then(
    (answer) => answers.push(answer),
    () => undefined,
  );
  await world.settle();
  return answers;
}

/** A restored gateway whose first relay, which holds the best voucher, is away for so long. */
async function restoredWithout(awayMs: number): Promise<Bought> {
  world = await World.open(ground, PLAN);
  const bought = buy();
  const { db, ledger } = world.gateway;
  await db.commit(() => ledger.admit(bought.purchased));
  await world.restore("gateway", 0, 0); // the first one makes the copy
  await hold(bought, voucherOf(bought), receiptOf(bought));
  world.light("relay0", 0, awayMs);
  await restore();
  expect(accountOf(bought)?.total).toBe(0n);
  return bought;
}

test("a notice waits for what the listing's other relay holds", async () => {
  const bought = await restoredWithout(2_000);
  const answers = await notice(bought);
  await world.pass(500);
  expect([answers, bought.slot.epoch]).toEqual([[], 0]);
  await world.pass(3_000);
  expect(answers).toMatchObject([{ capture: RECEIVED, error: null }]);
  expect(bought.slot).toMatchObject({ epoch: 1, claimed: RECEIVED });
});

test("a notice of a channel that the copy does not know waits for the relay that does", async () => {
  world = await World.open(ground, PLAN);
  await world.restore("gateway", 0, 0); // the first one makes the copy
  const bought = buy();
  await hold(bought, voucherOf(bought), receiptOf(bought));
  world.light("relay0", 0, 2_000);
  await restore();
  const answers = await notice(bought);
  await world.pass(5_000);
  expect(answers).toMatchObject([{ capture: RECEIVED, error: null }]);
});

test("a channel that the copy does not know is closed when its payer has asked the chain", async () => {
  world = await World.open(ground, PLAN);
  await world.restore("gateway", 0, 0); // the first one makes the copy
  const bought = buy();
  await hold(bought, voucherOf(bought), receiptOf(bought));
  bought.slot.closeAt = Math.floor(Date.now() / 1000) + 3600;
  await restore();
  await world.pass(3_000);
  expect(bought.slot).toMatchObject({ epoch: 1, claimed: RECEIVED });
});

test("what was read after a close and a top-up is owed, though the copy has the channel as closed", async () => {
  world = await World.open(ground, PLAN);
  const bought = buy();
  const { db, ledger } = world.gateway;
  await db.commit(() => {
    const account = ledger.admit(bought.purchased);
    ledger.freeze(account, 0);
    ledger.closed(account, hex(uint(1, 32)));
  });
  await world.restore("gateway", 0, 0); // the first one makes the copy
  bought.slot.epoch = 1;
  await hold(bought, voucherOf(bought), receiptOf(bought));
  await restore();
  expect(accountOf(bought)).toMatchObject({ total: TOTAL, frozenEpoch: null });
  expect(owedTo(bought)).toBe(RECEIVED);
});

test("nothing is written down for it when the gateway stops meanwhile", async () => {
  const bought = await restoredWithout(2_000);
  const account = accountOf(bought)!;
  await notice(bought);
  world.gateway.kill();
  await world.settle();
  expect(account.frozenEpoch).toBeNull();
});

test("but not for ever for one that is gone", async () => {
  const bought = await restoredWithout(Number.MAX_SAFE_INTEGER);
  const answers = await notice(bought);
  // The gateway answers after five seconds, and closes all the same.
  await world.pass(CLOSE_TIMEOUT_MS + 1_000);
  expect(answers).toMatchObject([{ error: { name: "CloseFailed" } }]);
  expect(bought.slot.epoch).toBe(0);
  await world.pass(RECALL_PATIENCE_MS);
  expect(bought.slot).toMatchObject({ epoch: 1, claimed: 0n });
});
