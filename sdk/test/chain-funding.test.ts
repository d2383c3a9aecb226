// Money that moves by a signature, all of it signed by the SDK's helpers.
// ├── a purchase: metered, period, flat × native, allowance, permit, EIP-3009, Permit2 → the ids foretold, the escrow holds the amount
// ├── an escrow funded directly: three signatures × two escrows, and a subscription's top-up
// ├── ticks: the chain made by the SDK is paid by the contract, and refused one step further
// ├── what tokens and Permit2 refuse comes through with a name and a sentence
// └── a chain without Permit2: said before anything is signed or sent, by everything that needs it
import type { Address, Hex } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startChain, type TestChain } from "../../test/support/chain.ts";
import {
  makeHub,
  makeListing,
  messagePlan,
  OPERATOR,
  RELAY,
  SIGNER,
  type TestListing,
} from "../../test/support/market.ts";
import * as sdk from "../src/chain/index.ts";
import { authorizeBuy, explainError, Funding, type PreparedBuy, prepareBuy } from "../src/client/index.ts";
import * as core from "../src/core/index.ts";
import { nativeCrypto } from "../src/core/native.ts";
import { balanceOf, flatPlan, makePermit2, makeToken, periodPlan } from "./support/tokens.ts";

const HOLDERS = [6, 7, 8, 9, 10, 11];
const STRANGER = 15;
const PLANS = [messagePlan, periodPlan, flatPlan];
const AMOUNTS = [messagePlan.entry, core.subscriptionAmount(periodPlan, 86_400, 0), flatPlan.upfront];

let chain: TestChain;
let token: Address;
let native: TestListing;
let paid: TestListing;

beforeAll(async () => {
  chain = await startChain();
  await makePermit2(chain);
  token = await makeToken(chain, HOLDERS, 10n ** 18n);
  const { hubId } = await makeHub(chain, "Harbour");
  native = await makeListing(chain, hubId, "Native", { plans: PLANS });
  paid = await makeListing(chain, hubId, "Token", { plans: PLANS, token });
  for (const holder of HOLDERS) {
    const wallet = chain.wallet(holder);
    await sdk.approveToken(wallet, { token, spender: core.PERMIT2, amount: 10n ** 18n });
  }
});

afterAll(() => chain?.stop());

const address = (index: number) => chain.accounts[index]!.address;
const at = () => ({ chainId: chain.chainId, subscriptions: chain.contracts.Subscriptions });
const delivery = () => ({
  chainId: chain.chainId,
  hubs: chain.contracts.Hubs,
  grants: chain.contracts.Grants,
  channels: chain.contracts.Channels,
});

const prepare = async (listing: TestListing, planIndex: number, buyer: number, funding?: number) =>
  prepareBuy({
    delivery: delivery(),
    subscriptions: chain.contracts.Subscriptions,
    listingId: listing.listingId,
    version: listing.version,
    terms: listing.terms,
    planIndex,
    buyer: address(buyer),
    amount: AMOUNTS[planIndex]!,
    accountSecret: new Uint8Array(32).fill(buyer),
    time: Number((await chain.client.getBlock()).timestamp),
    ...(funding === undefined ? {} : { funding }),
  });

describe("a purchase", () => {
  const { native: NATIVE, pull, eip3009, permit2 } = Funding;
  const ways: [name: string, funding: number, buyer: number, sender: number, signed: boolean][] = [
    ["in the native coin", NATIVE, 12, 12, false],
    ["by allowance", pull, 6, 6, false],
    ["by permit", pull, 7, 7, true],
    ["by EIP-3009, sent by a stranger", eip3009, 8, STRANGER, true],
    ["by Permit2, sent by a stranger", permit2, 9, STRANGER, true],
  ];
  const rows = ways.flatMap((way) =>
    ["metered", "period", "flat"].map((kind, plan) => ({ way, kind, plan })),
  );

  test.each(rows)("$kind $way.0", async ({ way: [, funding, buyer, sender, signed], plan }) => {
    const { contracts, client } = chain;
    const listing = funding === Funding.native ? native : paid;
    const prepared = await prepare(listing, plan, buyer, funding);
    const { amount } = prepared.purchase;
    const wallet = chain.wallet(buyer);
    if (funding === Funding.pull && !signed)
      await sdk.approveToken(wallet, { token, spender: contracts.Grants, amount });
    const purchase = signed ? await authorizeBuy(wallet, { contracts, prepared }) : prepared.purchase;
    const { grantId, paymentId } = prepared;
    expect(await sdk.checkPurchase(client, { contracts, purchase })).toEqual({ grantId, paymentId });
    const before = await balanceOf(chain, token, address(buyer));
    const bought = await sdk.buy(chain.wallet(sender), { contracts, purchase });
    expect(bought).toMatchObject({ grantId, paymentId });
    expect(before - (await balanceOf(chain, token, address(buyer)))).toBe(
      funding === Funding.native ? 0n : amount,
    );
    expect(await sdk.isActive(client, { contracts, grantId, rights: 1 })).toBe(true);
    const escrow = prepared.channel
      ? await sdk.getChannel(client, { contracts, channelId: paymentId })
      : await sdk.getSubscription(client, { contracts, subscriptionId: paymentId });
    expect(escrow.deposit).toBe(amount);
    expect(await sdk.getPayment(client, { contracts, grantId })).toBe(paymentId);
  });

  test("is refused before the wallet is asked if it breaks a rule of the plan", async () => {
    const terms = { ...paid.terms, plans: [...PLANS, { ...periodPlan, maxWindow: 3_600 }] };
    const base = {
      delivery: delivery(),
      subscriptions: chain.contracts.Subscriptions,
      listingId: 1n,
      version: 1,
      terms,
      buyer: address(6),
      accountSecret: new Uint8Array(32),
    };
    const refused = (planIndex: number, amount: bigint, more = {}) =>
      expect(() => prepareBuy({ ...base, planIndex, amount, ...more }));
    refused(0, 1n).toThrow(/^amount/);
    refused(1, periodPlan.upfront).toThrow(/^amount: pays for a second/);
    refused(2, flatPlan.upfront - 1n).toThrow(/^amount: is the price/);
    refused(3, periodPlan.upfront + 3_601n).toThrow(/^amount: pays for more time/);
    refused(1, 10_000n, { subscriptions: undefined }).toThrow(/^subscriptions/);
    const free = prepareBuy({ ...base, planIndex: 3, amount: periodPlan.upfront + 3_000n });
    await expect(
      authorizeBuy(chain.wallet(6), {
        contracts: chain.contracts,
        prepared: { ...free, subscription: null },
      }),
    ).rejects.toThrow(/^prepared/);
  });

  test("is not signed by another account, nor for a funding without a signature", async () => {
    const { contracts } = chain;
    const other = authorizeBuy(chain.wallet(7), {
      contracts,
      prepared: await prepare(paid, 0, 6, Funding.pull),
    });
    await expect(other).rejects.toThrow(/^wallet/);
    const coin = authorizeBuy(chain.wallet(6), { contracts, prepared: await prepare(native, 0, 6) });
    await expect(coin).rejects.toThrow(/^prepared/);
  });

  test("a promotion ends with its second, in the salt and in the price", async () => {
    const { contracts, client } = chain;
    const now = Number((await client.getBlock()).timestamp);
    const plan = { ...flatPlan, promoPrice: 5n, promoUntil: now + 1_000 };
    const listing = await makeListing(chain, paid.terms.hubId, "Promotion", { plans: [plan] });
    const prepared = prepareBuy({
      delivery: delivery(),
      subscriptions: contracts.Subscriptions,
      ...listing,
      planIndex: 0,
      buyer: address(6),
      amount: core.unitPriceOf(plan, now),
      accountSecret: new Uint8Array(32),
      time: now,
    });
    const { purchase, paymentId } = prepared;
    expect(purchase.amount).toBe(5n);
    expect(await sdk.checkPurchase(client, { contracts, purchase })).toMatchObject({ paymentId });
    const later = core.deriveSubscriptionTerms(listing.terms, purchase, {
      time: now + 1_000,
      grants: contracts.Grants,
    });
    expect(later.upfront).toBe(7_000n);
    expect(core.subscriptionId(at(), later)).not.toBe(paymentId);
  });
});

const DEADLINE = 2n ** 40n;
const sign = (buyer: number, typed: core.Signable): Promise<Hex> =>
  chain.accounts[buyer]!.signTypedData(typed as never);

/** What is asked for when an escrow is funded by a signature, whichever escrow. */
async function signatures(buyer: number, { channel, subscription }: PreparedBuy, amount: bigint, stop = 0) {
  const { Channels, Subscriptions } = chain.contracts;
  const escrow = channel ? Channels : Subscriptions;
  const terms = (channel ?? subscription)!.terms;
  const fundSalt = core.randomSalt();
  const nonce = channel
    ? core.channelFundNonce(channel.id, amount, fundSalt)
    : core.subscriptionFundNonce(subscription!.id, amount, stop, fundSalt);
  const domain = await sdk.getTokenDomain(chain.client, { token });
  const times = { validAfter: 0n, validBefore: DEADLINE };
  const from = address(buyer);
  const permitted = {
    owner: from,
    spender: escrow,
    value: amount,
    nonce: await sdk.getPermitNonce(chain.client, { token, owner: from }),
    deadline: DEADLINE,
  };
  const received = { from, to: escrow, value: amount, ...times, nonce };
  const { chainId } = chain;
  return {
    fundSalt,
    times,
    by3009: await sign(buyer, core.receiveWithAuthorization(domain, received)),
    byPermit2: await sign(
      buyer,
      core.permit2Transfer({ chainId, escrow, terms, amount, nonce, deadline: DEADLINE }),
    ),
    byPermit: await sign(buyer, core.permit(domain, permitted)),
  };
}

describe("an escrow funded by a signature", () => {
  test("a channel", async () => {
    const { contracts } = chain;
    const anyone = chain.wallet(STRANGER);
    const prepared = await prepare(paid, 0, 10);
    const { terms, id: channelId } = prepared.channel!;
    const shared = { contracts, terms, amount: 1_000n };
    const signed = await signatures(10, prepared, 1_000n);
    const { fundSalt, times } = signed;
    expect(
      await sdk.fundChannelWith3009(anyone, { ...shared, ...times, fundSalt, signature: signed.by3009 }),
    ).toMatchObject({ channelId, credited: 1_000n, deposit: 1_000n });
    const transfer = { ...shared, fundSalt, deadline: DEADLINE, signature: signed.byPermit2 };
    expect(await sdk.fundChannelWithPermit2(anyone, transfer)).toMatchObject({ deposit: 2_000n });
    await expect(sdk.fundChannelWithPermit2(anyone, transfer)).rejects.toMatchObject({
      name: "InvalidNonce",
    });
    const permitted = { ...shared, deadline: DEADLINE, signature: signed.byPermit };
    expect(await sdk.fundChannelWithPermit(chain.wallet(10), permitted)).toMatchObject({ deposit: 3_000n });
    await expect(sdk.fundChannelWithPermit(anyone, permitted)).rejects.toMatchObject({ name: "NotPayer" });
  });

  test("a subscription, topped up under its present stop", async () => {
    const { contracts } = chain;
    const anyone = chain.wallet(STRANGER);
    const prepared = await prepare(paid, 1, 11);
    const { terms, id: subscriptionId } = prepared.subscription!;
    const shared = { contracts, terms, amount: 1_000n };
    const first = await signatures(11, prepared, 1_000n);
    const { fundSalt, times } = first;
    const begun = await sdk.fundSubscriptionWith3009(anyone, {
      ...shared,
      ...times,
      fundSalt,
      signature: first.by3009,
    });
    expect(begun).toMatchObject({ subscriptionId, credited: 1_000n, deposit: 1_000n });
    expect(begun.stop).toBe(begun.start + 500);
    const stale = { ...shared, fundSalt, deadline: DEADLINE, signature: first.byPermit2 };
    await expect(sdk.fundSubscriptionWithPermit2(anyone, stale)).rejects.toMatchObject({
      name: "InvalidSigner",
    });
    const next = await signatures(11, prepared, 1_000n, begun.stop);
    const fresh = { ...stale, fundSalt: next.fundSalt, signature: next.byPermit2 };
    expect(await sdk.fundSubscriptionWithPermit2(anyone, fresh)).toMatchObject({ stop: begun.stop + 1_000 });
    const permitted = { ...shared, deadline: DEADLINE, signature: next.byPermit };
    expect(await sdk.fundSubscriptionWithPermit(chain.wallet(11), permitted)).toMatchObject({
      deposit: 3_000n,
      stop: begun.stop + 2_000,
    });
  });
});

describe("ticks", () => {
  test("512 of 1,024 are paid, and no other preimage", async () => {
    const { contracts } = chain;
    const prepared = await prepare(native, 0, 13);
    const { terms, id: channelId } = prepared.channel!;
    await sdk.fundChannel(chain.wallet(13), { contracts, terms, amount: 10n ** 9n });
    const ticks = core.tickChain(nativeCrypto, channelId, new Uint8Array(32).fill(5), core.MAX_TICKS);
    const voucher = {
      channelId,
      base: 1_000n,
      tip: core.hex(ticks[0]!),
      tickValue: 10n,
      maxTicks: core.MAX_TICKS,
      relay: address(RELAY),
    };
    const signature = nativeCrypto.signSecp(
      prepared.keys.signerPrivateKey,
      core.tickVoucherDigest(delivery(), voucher),
    );
    const { payee, operator, listingId, relayBps, market, marketBps, challenge } = terms;
    const cut = { relays: native.terms.relays, relayBps, market, marketBps };
    const common = { payee, operator, token: terms.token, listingId, ...cut, challenge };
    const { channelId: _, ...said } = voucher;
    const row = {
      payer: terms.payer,
      signer: terms.signer,
      salt: terms.salt,
      ...said,
      r: core.hex(signature.subarray(0, 32)),
      vs: core.hex(signature.subarray(32)),
      preimage: core.hex(core.tickAt(ticks, 512)),
    };
    const operatorWallet = chain.wallet(OPERATOR);
    expect(await sdk.claimTicks(operatorWallet, { contracts, common, row, ticks: 512 })).toMatchObject({
      channelId,
      claimed: 1_000n + 512n * 10n,
    });
    const claim = (ticks: number, more = {}) =>
      sdk.claimTicks(operatorWallet, { contracts, common, row: { ...row, ...more }, ticks });
    await expect(claim(513)).rejects.toMatchObject({ name: "TickMismatch" });
    await expect(claim(512)).rejects.toMatchObject({ name: "NothingToClaim" });
    await expect(claim(512, { maxTicks: 1_025 })).rejects.toMatchObject({ name: "TooManyTicks" });
  });
});

test("what a token or Permit2 refuses has a name and a sentence", async () => {
  const { contracts } = chain;
  const fault = async (call: Promise<unknown>) => {
    const error = await call.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(explainError(error).known, String(error)).toBe(true);
    return (error as Error).name;
  };
  const { purchase } = await prepare(paid, 0, 10);
  expect(await fault(sdk.buy(chain.wallet(10), { contracts, purchase }))).toBe("ERC20InsufficientAllowance");
  const prepared = await prepare(paid, 0, 10);
  const { terms } = prepared.channel!;
  const signed = await signatures(10, prepared, 5n);
  const anyone = chain.wallet(STRANGER);
  const transfer = { contracts, terms, amount: 5n, fundSalt: signed.fundSalt };
  expect(
    await fault(
      sdk.fundChannelWithPermit2(anyone, { ...transfer, deadline: 1n, signature: signed.byPermit2 }),
    ),
  ).toBe("SignatureExpired");
  expect(
    await fault(
      sdk.fundChannelWith3009(anyone, { ...transfer, ...signed.times, amount: 6n, signature: signed.by3009 }),
    ),
  ).toBe("AuthorizationNotSigned");
  const poor = await prepare(paid, 0, SIGNER);
  await sdk.approveToken(chain.wallet(SIGNER), { token, spender: contracts.Channels, amount: 10n });
  expect(
    await fault(
      sdk.fundChannel(chain.wallet(SIGNER), { contracts, terms: poor.channel!.terms, amount: 10n }),
    ),
  ).toBe("ERC20InsufficientBalance");
  expect(await fault(sdk.getTokenDomain(chain.client, { token: contracts.Hubs }))).toBe("TokenDomainUnknown");
  expect(
    await sdk.getAllowance(chain.client, { token, owner: address(SIGNER), spender: contracts.Channels }),
  ).toBe(10n);
});

test("a chain without Permit2", async () => {
  const { contracts, client } = chain;
  const missing = { name: "Permit2Missing", args: [core.PERMIT2] };
  const prepared = await prepare(paid, 0, 10, Funding.permit2);
  const timed = await prepare(paid, 1, 10);
  const purchase = await authorizeBuy(chain.wallet(10), { contracts, prepared });
  const signed = await signatures(10, prepared, 5n);
  const transfer = { amount: 5n, fundSalt: signed.fundSalt, deadline: DEADLINE, signature: signed.byPermit2 };
  const anyone = chain.wallet(STRANGER);
  const code = await client.getCode({ address: core.PERMIT2 });
  await chain.test.setCode({ address: core.PERMIT2, bytecode: "0x" });
  try {
    const refusal = await sdk.requirePermit2(client).catch((error: unknown) => error);
    expect(refusal).toMatchObject(missing);
    expect(explainError(refusal)).toMatchObject({
      known: true,
      sentence: expect.stringContaining("Permit2"),
    });
    await expect(authorizeBuy(chain.wallet(10), { contracts, prepared })).rejects.toMatchObject(missing);
    await expect(sdk.buy(anyone, { contracts, purchase })).rejects.toMatchObject(missing);
    const { terms } = prepared.channel!;
    await expect(sdk.fundChannelWithPermit2(anyone, { contracts, terms, ...transfer })).rejects.toMatchObject(
      missing,
    );
    await expect(
      sdk.fundSubscriptionWithPermit2(anyone, { contracts, terms: timed.subscription!.terms, ...transfer }),
    ).rejects.toMatchObject(missing);
  } finally {
    await chain.test.setCode({ address: core.PERMIT2, bytecode: code! });
  }
  expect(await sdk.buy(anyone, { contracts, purchase })).toMatchObject({ paymentId: prepared.channel!.id });
});
