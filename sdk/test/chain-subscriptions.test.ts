// Every action on a subscription once, and the SDK's arithmetic against the contract's.
// ├── funded by its payer, topped up by a friend, claimed by anyone, cuts pulled
// ├── a cancel that costs more when it is mined than when it was estimated goes through
// ├── ended: cancelled, cancelled by a notice that fits one state, stopped by the payee
// ├── a grant: revoked with its subscription, and not without; stopped after a consent ended
// ├── a top-up pays to the end of its purchase and no second further; without an end as much as one likes
// └── vested and paidUntil: equal to the contract for random terms, amounts and times, before and after a cancel
import fc from "fast-check";
import { createWalletClient, custom, zeroAddress } from "viem";
import { hardhat } from "viem/chains";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startChain, type TestChain } from "../../test/support/chain.ts";
import { makeHub, makeListing, OPERATOR, RELAY, SELLER, SIGNER } from "../../test/support/market.ts";
import * as sdk from "../src/chain/index.ts";
import { type PreparedBuy, prepareBuy } from "../src/client/index.ts";
import * as core from "../src/core/index.ts";
import { flatPlan, periodPlan } from "./support/tokens.ts";

const PAYER = 4;
const STRANGER = 15;
/** ListingFlags.PERSONAL_DATA */
const PERSONAL_DATA = 1 << 19;

let chain: TestChain;
let hubId: bigint;

beforeAll(async () => {
  chain = await startChain();
  hubId = (await makeHub(chain, "Harbour")).hubId;
});

afterAll(() => chain?.stop());

const address = (index: number) => chain.accounts[index]!.address;
const at = () => ({ chainId: chain.chainId, subscriptions: chain.contracts.Subscriptions });
const now = async () => Number((await chain.client.getBlock()).timestamp);

const RELAYS = () => [address(RELAY), address(OPERATOR)];

const termsOf = (more: Partial<core.SubscriptionTerms> = {}): core.SubscriptionTerms => ({
  payer: address(PAYER),
  payee: address(SELLER),
  operator: address(OPERATOR),
  token: zeroAddress,
  signer: address(SIGNER),
  stopper: zeroAddress,
  listingId: 7n,
  price: 1_000n,
  period: 10,
  upfront: 50_000n,
  relaysHash: core.relaysHash(RELAYS()),
  relayBps: 1_000,
  market: address(9),
  marketBps: 200,
  notice: 100,
  salt: core.randomSalt(),
  ...more,
});

const rowOf = ({ payer, signer, price, period, upfront, notice, salt }: core.SubscriptionTerms) => ({
  payer,
  signer,
  price,
  period,
  upfront,
  notice,
  salt,
});

describe("a subscription", () => {
  test("is funded, topped up, claimed, and its cuts are pulled", async () => {
    const { contracts, client } = chain;
    const terms = termsOf();
    const subscriptionId = core.subscriptionId(at(), terms);
    const escrow = "Subscriptions";
    const begun = await sdk.fundSubscription(chain.wallet(PAYER), { contracts, terms, amount: 150_000n });
    expect(begun).toMatchObject({ subscriptionId, credited: 150_000n, deposit: 150_000n });
    expect(begun.stop).toBe(begun.start + 1_000);
    const gift = await sdk.fundSubscriptionFor(chain.wallet(STRANGER), { contracts, terms, amount: 100n });
    expect(gift).toMatchObject({ deposit: 150_100n, stop: begun.stop + 1 });
    expect(await sdk.isSubscriptionActive(client, { contracts, subscriptionId })).toBe(true);

    const { payee, operator, token, stopper, listingId, relayBps, market, marketBps } = terms;
    const cut = { relays: RELAYS(), relayBps, market, marketBps };
    const common = { payee, operator, token, stopper, listingId, ...cut };
    const rows = [rowOf(terms), rowOf(termsOf())];
    const paid = await sdk.claimSubscriptions(chain.wallet(OPERATOR), { contracts, common, rows });
    const slot = await sdk.getSubscription(client, { contracts, subscriptionId });
    const mined = Number((await client.getBlock({ blockNumber: paid.receipt.blockNumber })).timestamp);
    const claimed = core.vested(terms, slot, mined);
    expect(paid.claimed).toEqual([{ subscriptionId, claimed }]);
    expect(paid.skipped).toEqual([{ subscriptionId: core.subscriptionId(at(), { ...terms, ...rows[1] }) }]);
    expect(slot.claimed).toBe(claimed);

    const holder = address(RELAY);
    const owed = await sdk.getOwed(client, { contracts, escrow, holder, token });
    expect(owed).toBe(claimed / 10n / 2n);
    const query = { contracts, escrow, holder, token } as const;
    expect(await sdk.pull(chain.wallet(STRANGER), query)).toMatchObject({ amount: owed });
    await expect(sdk.pull(chain.wallet(RELAY), query)).rejects.toMatchObject({ name: "NothingOwed" });
    expect(await sdk.getOwed(client, { contracts, holder, token })).toBe(0n);
  });

  test("is cancelled by its payer, and the notice goes on vesting", async () => {
    const { contracts, client } = chain;
    const terms = termsOf();
    const subscriptionId = core.subscriptionId(at(), terms);
    await sdk.fundSubscription(chain.wallet(PAYER), { contracts, terms, amount: 150_000n });
    const ended = await sdk.cancelSubscription(chain.wallet(PAYER), { contracts, terms, relays: RELAYS() });
    const slot = await sdk.getSubscription(client, { contracts, subscriptionId });
    expect(slot).toMatchObject({
      stop: ended.stop,
      claimed: ended.claimed,
      deposit: 150_000n - ended.refund,
    });
    expect(core.isRunning(slot, ended.stop - 1)).toBe(true);
    expect(core.isRunning(slot, ended.stop)).toBe(false);
    const stranger = sdk.cancelSubscription(chain.wallet(STRANGER), { contracts, terms, relays: [] });
    await expect(stranger).rejects.toMatchObject({ name: "NotPayerOrSigner" });
  });

  test("is cancelled though its first cuts fall due between estimate and block", async () => {
    const { contracts } = chain;
    const relays = [11, 12, 13, 14].map(address);
    const cuts = { relaysHash: core.relaysHash(relays), market: address(16) };
    const terms = termsOf({ ...cuts, price: 1n, period: 100, upfront: 0n });
    await sdk.fundSubscription(chain.wallet(PAYER), { contracts, terms, amount: 100_000n });
    const slow = createWalletClient({
      account: chain.accounts[PAYER]!,
      chain: hardhat,
      pollingInterval: 50,
      transport: custom({
        async request({ method, params }) {
          if (method === "eth_sendRawTransaction") await chain.test.increaseTime({ seconds: 100_000 });
          return chain.client.request({ method, params } as Parameters<typeof chain.client.request>[0]);
        },
      }),
    });
    const ended = await sdk.cancelSubscription(slow, { contracts, terms, relays });
    expect(ended.claimed).toBeGreaterThanOrEqual(1_000n);
  });

  test("is cancelled by anyone with a notice that fits its present state", async () => {
    const { contracts } = chain;
    const terms = termsOf();
    const subscriptionId = core.subscriptionId(at(), terms);
    const funded = await sdk.fundSubscription(chain.wallet(PAYER), { contracts, terms, amount: 150_000n });
    const notice = { subscriptionId, stop: funded.stop, deadline: core.FOREVER };
    const typed = core.signable(core.subscriptionsDomain(at()), "CancelNotice", notice);
    const signature = await chain.accounts[SIGNER]!.signTypedData(typed as never);
    const call = { contracts, terms, relays: RELAYS(), notice, signature };
    const anyone = chain.wallet(STRANGER);
    expect(await sdk.cancelSubscriptionWithNotice(anyone, call)).toMatchObject({
      refund: expect.any(BigInt),
    });
    await expect(sdk.cancelSubscriptionWithNotice(anyone, call)).rejects.toMatchObject({
      name: "StopMismatch",
    });
  });

  test("is stopped by its payee, and what was paid and refunded make up everything", async () => {
    const { contracts } = chain;
    const terms = termsOf();
    await sdk.fundSubscription(chain.wallet(PAYER), { contracts, terms, amount: 150_000n });
    const ended = await sdk.stopSubscription(chain.wallet(SELLER), { contracts, terms, relays: RELAYS() });
    expect(ended.claimed + ended.refund).toBe(150_000n);
    await expect(
      sdk.stopSubscription(chain.wallet(PAYER), { contracts, terms, relays: [] }),
    ).rejects.toMatchObject({ name: "NotPayeeOrStopper" });
  });
});

describe("a grant on a subscription", () => {
  const purchaseOf = async (flags: number, buyer: number, maxWindow = core.FOREVER): Promise<PreparedBuy> => {
    const { contracts, chainId } = chain;
    const plans = [{ ...periodPlan, maxWindow }];
    const listing = await makeListing(chain, hubId, `Timed ${buyer}`, { plans, flags });
    if (flags & PERSONAL_DATA)
      await sdk.openRound(chain.wallet(SELLER), {
        contracts,
        listingId: listing.listingId,
        formHash: core.randomSalt(),
        notBefore: 0,
        notAfter: core.FOREVER,
        subjects: [core.randomSalt()],
        given: true,
      });
    const { Hubs: hubs, Grants: grants, Channels: channels, Subscriptions: subscriptions } = contracts;
    const prepared = prepareBuy({
      delivery: { chainId, hubs, grants, channels },
      subscriptions,
      ...listing,
      planIndex: 0,
      buyer: address(buyer),
      amount: core.subscriptionAmount(periodPlan, 86_400, 0),
      accountSecret: new Uint8Array(32).fill(buyer),
      time: await now(),
    });
    const { purchase } = prepared;
    await sdk.buy(chain.wallet(buyer), { contracts, purchase });
    return prepared;
  };

  test("is revoked together with it, and not alone", async () => {
    const { contracts, client } = chain;
    const { grantId, paymentId, subscription, purchase } = await purchaseOf(0, 10);
    const seller = chain.wallet(SELLER);
    const alone = sdk.revokeGrant(seller, { contracts, grantId });
    await expect(alone).rejects.toMatchObject({ name: "SubscriptionTermsMissing" });
    const { terms } = subscription!;
    const relays = purchase.listing.relays;
    const { revokedAt } = await sdk.revokeGrant(seller, {
      contracts,
      grantId,
      subscription: { terms, relays },
    });
    expect(revokedAt).toBe(await now());
    const slot = await sdk.getSubscription(client, { contracts, subscriptionId: paymentId });
    expect(slot.stop).toBe(revokedAt);
    const { listingId, buyer } = purchase;
    expect(await sdk.isBlocked(client, { contracts, listingId, buyer })).toBe(true);
    expect(await sdk.isActive(client, { contracts, listingId, buyer, rights: 1 })).toBe(false);
  });

  test("is stopped by anyone once a consent has ended", async () => {
    const { contracts, client } = chain;
    const { grantId, subscription, purchase } = await purchaseOf(PERSONAL_DATA, 11);
    const { listingId, listing, buyer, amount } = purchase;
    const stop = { contracts, grantId, terms: subscription!.terms, relays: listing.relays };
    const anyone = chain.wallet(STRANGER);
    await expect(sdk.stopSuspended(anyone, stop)).rejects.toMatchObject({ name: "GrantNotSuspended" });
    expect(await sdk.isActive(client, { contracts, listingId, buyer, rights: 1 })).toBe(true);
    await sdk.withdrawRound(chain.wallet(SELLER), { contracts, listingId });
    const { refund } = await sdk.stopSuspended(anyone, stop);
    expect(refund).toBeGreaterThan(amount - 1_000n);
    expect(await sdk.isBlocked(client, { contracts, listingId, buyer })).toBe(false);
  });

  test("is topped up to its end and no second further", async () => {
    const { contracts, client } = chain;
    const { grantId, paymentId, subscription, purchase } = await purchaseOf(0, 13, 2 * 86_400);
    const { notAfter } = purchase;
    const { terms } = subscription!;
    const slot = await sdk.getSubscription(client, { contracts, subscriptionId: paymentId });
    const most = core.mostTopUp(terms, slot, { time: await now(), end: notAfter })!;
    const buyer = chain.wallet(13);
    const more = { contracts, terms, amount: most + 1n };
    const refused = { name: "PaidBeyondWindow", args: [notAfter + 1, notAfter] };
    await expect(sdk.fundSubscription(buyer, more)).rejects.toMatchObject(refused);
    await expect(sdk.fundSubscriptionFor(chain.wallet(STRANGER), more)).rejects.toMatchObject(refused);
    const added = await sdk.fundSubscription(buyer, { ...more, amount: most });
    expect(added.stop).toBe(notAfter);
    await sdk.revokeGrant(chain.wallet(SELLER), {
      contracts,
      grantId,
      subscription: { terms, relays: purchase.listing.relays },
    });
    const late = sdk.fundSubscription(buyer, { ...more, amount: 3_600n });
    await expect(late).rejects.toMatchObject({ name: "PaidBeyondWindow" });
  });

  test("without an end is topped up by any amount", async () => {
    const { contracts } = chain;
    const { subscription, purchase } = await purchaseOf(0, 14);
    const { terms } = subscription!;
    const amount = 1_000n * purchase.amount;
    const added = await sdk.fundSubscription(chain.wallet(14), { contracts, terms, amount });
    expect(added.stop).toBeGreaterThan(added.start + 1_000 * 86_400);
  });

  test("a cart: two are bought, one is skipped with its reason and its money", async () => {
    const { contracts, chainId, client } = chain;
    const listing = await makeListing(chain, hubId, "Cart", { plans: [periodPlan, flatPlan] });
    const { Hubs: hubs, Grants: grants, Channels: channels, Subscriptions: subscriptions } = contracts;
    const [a, b, c] = [0, 1, 1].map(
      (planIndex) =>
        prepareBuy({
          delivery: { chainId, hubs, grants, channels },
          subscriptions,
          ...listing,
          planIndex,
          buyer: address(12),
          amount: planIndex === 0 ? 10_000n : flatPlan.upfront,
          accountSecret: new Uint8Array(32).fill(12),
        }).purchase,
    );
    const purchases = [a!, { ...b!, version: 2 }, c!];
    const { bought, skipped } = await sdk.buyMany(chain.wallet(12), { contracts, purchases });
    expect(skipped).toMatchObject([
      { index: 1, error: { name: "VersionNotForSale", args: [listing.listingId, 2, 1] } },
    ]);
    const { listingId } = listing;
    const held = await sdk.getGrants(client, { contracts, listingId, buyer: address(12) });
    expect([...held].sort()).toEqual(bought.map(({ grantId }) => grantId).sort());
    expect(await client.getBalance({ address: grants })).toBe(0n);
  });
});

describe("the SDK's arithmetic is the contract's", () => {
  const amounts = fc.bigInt({ min: 1n, max: 10n ** 15n });
  const scenario = fc.record({
    price: fc.oneof(fc.constant(0n), fc.bigInt({ min: 1n, max: 10n ** 12n })),
    period: fc.integer({ min: 1, max: 2 ** 32 }),
    upfront: fc.oneof(fc.constant(0n), amounts),
    amount: amounts,
    notice: fc.integer({ min: 0, max: 10_000 }),
    times: fc.array(fc.double({ min: -0.1, max: 1.1, noNaN: true }), { minLength: 2, maxLength: 4 }),
    cancel: fc.boolean(),
  });

  test("vested and paidUntil", async () => {
    const { contracts, client } = chain;
    const payer = chain.wallet(PAYER);
    let compared = 0;
    await fc.assert(
      fc.asyncProperty(scenario, async ({ amount, times, cancel, ...more }) => {
        const terms = termsOf(more);
        const subscriptionId = core.subscriptionId(at(), terms);
        const time = (await now()) + 1;
        await chain.test.setNextBlockTimestamp({ timestamp: BigInt(time) });
        const until = core.paidUntil(terms, amount, time);
        const funding = sdk.fundSubscription(payer, { contracts, terms, amount });
        if (terms.price !== 0n && until === time) {
          await expect(funding).rejects.toMatchObject({ name: "BuysNoTime" });
          return;
        }
        expect(await funding).toMatchObject({ start: time, stop: until });
        if (cancel) await sdk.cancelSubscription(payer, { contracts, terms, relays: RELAYS() });
        const slot = await sdk.getSubscription(client, { contracts, subscriptionId });
        const within = times.map((part) => slot.start + Math.round(part * (slot.stop - slot.start)));
        for (const when of [...within, slot.stop, slot.stop + 10 ** 9].map((moment) => Math.max(0, moment))) {
          const due = await sdk.getVested(client, { contracts, terms, time: when });
          expect(core.vested(terms, slot, when)).toBe(due);
          compared += 1;
        }
      }),
      { numRuns: 30 },
    );
    expect(compared).toBeGreaterThan(20);
  });

  test("mostTopUp is the most that pays no second beyond the end, running or ended", () => {
    const slots = fc.record({
      price: fc.bigInt({ min: 1n, max: 10n ** 12n }),
      period: fc.integer({ min: 1, max: 2 ** 30 }),
      upfront: fc.bigInt({ min: 0n, max: 10n ** 12n }),
      deposit: fc.bigInt({ min: 0n, max: 10n ** 13n }),
      time: fc.integer({ min: 1_000, max: 10 ** 7 }),
      ahead: fc.integer({ min: 1, max: 10 ** 7 }),
    });
    fc.assert(
      fc.property(slots, ({ deposit, time, ahead, ...terms }) => {
        const slot = { claimed: 0n, deposit, start: 1_000, stop: core.paidUntil(terms, deposit, 1_000) };
        const end = Math.max(slot.stop, time) + ahead;
        const most = core.mostTopUp(terms, slot, { time, end });
        if (most === undefined) return;
        expect(core.toppedUpUntil(terms, slot, most, time)).toBeLessThanOrEqual(end);
        expect(core.toppedUpUntil(terms, slot, most + 1n, time)).toBeGreaterThan(end);
        expect(core.mostTopUp(terms, slot, { time, end: slot.stop })).toBe(
          slot.stop >= core.ENDLESS ? undefined : 0n,
        );
      }),
    );
  });

  test("subscriptionAmount is the least that pays for so many seconds", () => {
    const plans = fc.record({
      price: fc.bigInt({ min: 1n, max: 10n ** 12n }),
      period: fc.integer({ min: 1, max: 2 ** 30 }),
      upfront: fc.bigInt({ min: 0n, max: 10n ** 12n }),
    });
    fc.assert(
      fc.property(plans, fc.integer({ min: 1, max: 10 ** 6 }), (more, seconds) => {
        const plan = { ...periodPlan, ...more };
        const amount = core.subscriptionAmount(plan, seconds, 0);
        expect(core.paidUntil(plan, amount, 1_000)).toBeGreaterThanOrEqual(1_000 + seconds);
        expect(core.paidUntil(plan, amount - 1n, 1_000)).toBeLessThan(1_000 + seconds);
      }),
    );
  });
});
