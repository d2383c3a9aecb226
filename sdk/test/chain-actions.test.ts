// Every action once on a real chain, and the refusals that people meet most.
// ├── hub: create, roles, transfer, payout, publisher keys, devices
// ├── listing: create, revise, pause, resume, close, bond
// ├── purchase: check says what buy does; too little, wrong terms, twice, not one's own; gifts, revocation, unblocking
// └── channel: fund, claim, close, close with an offer, notice, cancel, withdraw, pull
import { type Hex, parseSignature, signatureToCompactSignature, toHex, zeroAddress } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startChain, type TestChain } from "../../test/support/chain.ts";
import {
  BUYER,
  makeGrant,
  makeHub,
  makeListing,
  makePurchase,
  makeTerms,
  OPERATOR,
  publisherKey,
  RELAY,
  SELLER,
  SIGNER,
  sampleMetadata,
  type TestListing,
  type TestPurchase,
} from "../../test/support/market.ts";
import * as sdk from "../src/chain/index.ts";
import { channelsDomain, FOREVER, randomSalt, TYPES } from "../src/core/index.ts";

let chain: TestChain;
let hubId: bigint;
let listing: TestListing;

beforeAll(async () => {
  chain = await startChain();
  hubId = (await makeHub(chain, "Harbour")).hubId;
  listing = await makeListing(chain, hubId, "Wind");
});

afterAll(() => chain?.stop());

const address = (index: number) => chain.accounts[index]!.address;
const refusedAs = (name: string) => expect.objectContaining({ name });

describe("hub", () => {
  test("is created, read, given away", async () => {
    const { contracts, client } = chain;
    const owner = chain.wallet(SELLER);
    const metadata = '{"name":"Given away"}';
    const encryptionKey = toHex(9, { size: 32 });
    const { hubId } = await sdk.createHub(owner, { contracts, metadata, payout: address(8), encryptionKey });
    await sdk.setRoles(owner, { contracts, hubId, account: address(6), roles: sdk.ROLES.MANAGER });
    expect(await sdk.getRoles(client, { contracts, hubId, account: address(6) })).toBe(sdk.ROLES.MANAGER);
    await sdk.transferHub(owner, { contracts, hubId, newOwner: address(7) });
    await sdk.acceptHub(chain.wallet(7), { contracts, hubId });
    await sdk.setPayout(chain.wallet(7), { contracts, hubId, payout: address(9) });
    expect(await sdk.getHub(client, { contracts, hubId })).toMatchObject({
      owner: address(7),
      payout: address(9),
      encryptionKey,
      metadata,
      ownerEpoch: 1,
    });
    expect(await sdk.getRoles(client, { contracts, hubId, account: address(6) })).toBe(0);
    await expect(sdk.setPayout(owner, { contracts, hubId, payout: address(1) })).rejects.toThrow(
      refusedAs("RoleMissing"),
    );
    await expect(sdk.getHub(client, { contracts, hubId: 999n })).rejects.toMatchObject({
      name: "HubUnknown",
      args: [999n],
    });
  });

  test("publisher keys count up, and stay visible when revoked", async () => {
    const { contracts, client } = chain;
    const owner = chain.wallet(SELLER);
    const { privateKey: _, ...key } = await publisherKey();
    const { keyId } = await sdk.registerPublisherKey(owner, {
      contracts,
      hubId,
      account: address(6),
      publicKey: key,
    });
    expect(keyId).toBe(1);
    const { receipt } = await sdk.revokePublisherKey(owner, { contracts, hubId, keyId });
    const { timestamp } = await client.getBlock({ blockNumber: receipt.blockNumber });
    const keys = await sdk.getPublisherKeys(client, { contracts, hubId });
    expect(keys).toMatchObject([
      { keyId: 0, account: address(OPERATOR), revokedAt: 0 },
      { keyId: 1, account: address(6), ...key, revokedAt: Number(timestamp) },
    ]);
  });

  test("devices are registered, rotated, revoked, and registered again", async () => {
    const { contracts, client } = chain;
    const manager = chain.wallet(SELLER);
    const [first, second] = await Promise.all([publisherKey(), publisherKey()]);
    const point = ({ x, y }: { x: Hex; y: Hex }) => ({ x, y });
    await sdk.registerDevice(manager, { contracts, hubId, name: "plain" });
    const { nameHash } = await sdk.registerDevice(manager, {
      contracts,
      hubId,
      name: "buoy-7",
      publicKey: point(first),
      metadata: "{}",
    });
    const rotation = { contracts, hubId, name: "buoy-7", publicKey: point(second) };
    const { previousUntil } = await sdk.rotateDeviceKey(manager, rotation);
    await sdk.revokeDevice(manager, { contracts, hubId, name: "plain" });
    const devices = await sdk.getDevices(client, { contracts, hubId });
    expect(devices).toMatchObject([
      { name: "plain", revokedAt: expect.any(Number), metadata: "" },
      {
        name: "buoy-7",
        nameHash,
        key: point(second),
        previousKey: point(first),
        previousUntil,
        revokedAt: 0,
        metadata: "{}",
      },
    ]);
    expect(devices[0]!.revokedAt).toBeGreaterThan(0);
    await sdk.registerDevice(manager, { contracts, hubId, name: "plain", metadata: "[]" });
    const [again] = await sdk.getDevices(client, { contracts, hubId });
    expect(again).toMatchObject({ name: "plain", revokedAt: 0, metadata: "[]" });
    await expect(sdk.registerDevice(manager, { contracts, hubId, name: "no spaces" })).rejects.toMatchObject({
      name: "DeviceNameInvalid",
      args: ["no spaces"],
    });
  });
});

describe("listing", () => {
  test("lives from its creation to its bond's return", async () => {
    const { contracts, client } = chain;
    const seller = chain.wallet(SELLER);
    const { listingId, terms } = await makeListing(chain, hubId, "Short-lived");
    const metadata = sampleMetadata("Revised");
    const revised = makeTerms(chain, hubId, metadata);
    const { version } = await sdk.reviseListing(seller, { contracts, listingId, terms: revised, metadata });
    expect(version).toBe(2);
    expect(await sdk.getListing(client, { contracts, listingId })).toMatchObject({
      version: 2,
      terms: revised,
      metadata,
    });
    expect(await sdk.getListing(client, { contracts, listingId, version: 1 })).toMatchObject({
      version: 1,
      terms,
    });
    const unknown = sdk.getListing(client, { contracts, listingId, version: 3 });
    await expect(unknown).rejects.toThrow(refusedAs("VersionUnknown"));
    await sdk.pauseListing(seller, { contracts, listingId });
    expect((await sdk.getListing(client, { contracts, listingId })).state.paused).toBe(true);
    await sdk.resumeListing(seller, { contracts, listingId });
    const { bondFrom } = await sdk.closeListing(seller, { contracts, listingId });
    await expect(sdk.withdrawBond(seller, { contracts, listingId })).rejects.toThrow(
      refusedAs("BondNotReturnable"),
    );
    const { bond } = (await sdk.getListing(client, { contracts, listingId })).state;
    const { timestamp } = await client.getBlock();
    await chain.test.increaseTime({ seconds: bondFrom - Number(timestamp) });
    const { amount } = await sdk.withdrawBond(seller, { contracts, listingId });
    expect(amount).toBe(bond);
    expect(bond).toBeGreaterThan(0n);
  });

  test("is refused with the contract's reason", async () => {
    const { contracts } = chain;
    const terms = makeTerms(chain, hubId, "{}", { operator: address(9) });
    const offered = { contracts, hubId, terms, metadata: "{}" };
    await expect(sdk.createListing(chain.wallet(SELLER), offered)).rejects.toMatchObject({
      name: "OperatorNotPublisher",
      args: [hubId, address(9)],
    });
    const poor = sdk.createListing(chain.wallet(SELLER), {
      ...offered,
      terms: makeTerms(chain, hubId, "{}"),
      bond: 1n,
    });
    await expect(poor).rejects.toThrow(refusedAs("BondTooLow"));
  });
});

describe("purchase", () => {
  test("is what the check said, and readable", async () => {
    const { contracts, client } = chain;
    const purchase = makePurchase(chain, listing);
    const expected = await sdk.checkPurchase(client, { contracts, purchase });
    const { grantId, paymentId, hash } = await sdk.buy(chain.wallet(BUYER), { contracts, purchase });
    expect({ grantId, paymentId }).toEqual(expected);
    expect(await sdk.getPurchase(client, { contracts, grantId })).toMatchObject({
      listingId: listing.listingId,
      buyer: address(BUYER),
      paymentId,
      plan: 0,
      amount: purchase.amount,
      transactionHash: hash,
    });
    expect(await sdk.getGrant(client, { contracts, grantId })).toMatchObject({
      rights: 1,
      kind: 0,
      paymentId,
      revokedAt: 0,
    });
    expect(await sdk.getChannel(client, { contracts, channelId: paymentId })).toMatchObject({
      deposit: purchase.amount,
    });
    expect(await sdk.isActive(client, { contracts, grantId, rights: 1 })).toBe(true);
    expect(await sdk.isActive(client, { contracts, grantId, rights: 2 })).toBe(false);
    await expect(sdk.buy(chain.wallet(BUYER), { contracts, purchase })).rejects.toThrow(
      refusedAs("GrantExists"),
    );
  });

  test.each([
    ["too little", { amount: 1n, minCredited: 1n }, "EntryNotCovered"],
    ["no signer", { signer: zeroAddress }, "SignerMissing"],
    ["unknown version", { version: 2 }, "VersionNotForSale"],
    ["somebody else's purchase", { buyer: "0x00000000000000000000000000000000000000aa" }, "NotBuyer"],
  ] as const)("%s is refused", async (_, change, name) => {
    const purchase = { ...makePurchase(chain, listing), ...change };
    await expect(sdk.buy(chain.wallet(BUYER), { contracts: chain.contracts, purchase })).rejects.toThrow(
      refusedAs(name),
    );
  });

  test("a gift opens, its revocation blocks, unblocking lets buy again", async () => {
    const { contracts, client } = chain;
    const seller = chain.wallet(SELLER);
    const { listingId } = listing;
    const buyer = address(10);
    const gift = {
      contracts,
      listingId,
      buyer,
      rights: 3,
      notBefore: 0,
      notAfter: FOREVER,
      nonce: randomSalt(),
    };
    const { grantId } = await sdk.giveGrant(seller, { ...gift, encryptionKey: toHex(3, { size: 32 }) });
    expect(await sdk.isActive(client, { contracts, grantId, rights: 3 })).toBe(true);
    await expect(sdk.getPurchase(client, { contracts, grantId })).rejects.toThrow(refusedAs("GrantUnknown"));
    const { revokedAt } = await sdk.revokeGrant(seller, { contracts, grantId });
    expect((await sdk.getGrant(client, { contracts, grantId })).revokedAt).toBe(revokedAt);
    expect(await sdk.isActive(client, { contracts, grantId, rights: 1 })).toBe(false);
    await expect(makeGrant(chain, listing, { buyer: 10 })).rejects.toThrow(refusedAs("BuyerIsBlocked"));
    await sdk.unblock(seller, { contracts, listingId, buyer });
    await makeGrant(chain, listing, { buyer: 10 });
  });
});

describe("channel", () => {
  const sign = (primaryType: keyof typeof TYPES, by: number, message: Record<string, unknown>) =>
    chain.accounts[by]!.signTypedData({
      domain: channelsDomain({ chainId: chain.chainId, channels: chain.contracts.Channels }),
      types: { [primaryType]: TYPES[primaryType] },
      primaryType,
      message,
    });

  const voucherOf = async ({ paymentId }: TestPurchase, cumulative: bigint) => {
    const voucher = { channelId: paymentId, cumulative, relay: address(RELAY) };
    return { voucher, voucherSignature: await sign("Voucher", SIGNER, voucher) };
  };

  const stateOf = ({ paymentId }: TestPurchase) =>
    sdk.getChannel(chain.client, { contracts: chain.contracts, channelId: paymentId });

  const buyerOf = (index: number) => makeGrant(chain, listing, { buyer: index });

  test("a voucher is claimed once, the relay pulls its cut", async () => {
    const { contracts, client } = chain;
    const bought = await buyerOf(11);
    const { terms } = bought;
    const { voucher, voucherSignature } = await voucherOf(bought, 10_000n);
    const { r, yParityAndS: vs } = signatureToCompactSignature(parseSignature(voucherSignature));
    const { payee, operator, token, listingId, relayBps, market, marketBps, challenge } = terms;
    const common = {
      payee,
      operator,
      token,
      listingId,
      relayBps,
      market,
      marketBps,
      challenge,
      relays: listing.terms.relays,
    };
    const { payer, signer, salt } = terms;
    const row = { payer, signer, salt, cumulative: voucher.cumulative, relay: voucher.relay, r, vs };
    const operatorWallet = chain.wallet(OPERATOR);
    const paid = await sdk.claim(operatorWallet, { contracts, common, rows: [row] });
    expect(paid).toMatchObject({ claimed: [{ channelId: bought.paymentId, claimed: 10_000n }], skipped: [] });
    const again = await sdk.claim(operatorWallet, {
      contracts,
      common,
      rows: [row, { ...row, cumulative: 20_000n }],
    });
    expect(again).toMatchObject({ claimed: [], skipped: [{ reason: 0 }, { reason: 1 }] });
    const holder = address(RELAY);
    expect(await sdk.getOwed(client, { contracts, holder, token })).toBe(500n);
    expect(await sdk.pull(chain.wallet(RELAY), { contracts, holder, token })).toMatchObject({ amount: 500n });
    await expect(sdk.pull(chain.wallet(RELAY), { contracts, holder, token })).rejects.toThrow(
      refusedAs("NothingOwed"),
    );
  });

  test("the seller closes at what is owed", async () => {
    const { contracts } = chain;
    const bought = await buyerOf(12);
    const signed = await voucherOf(bought, 9_000n);
    const closing = { contracts, terms: bought.terms, relays: listing.terms.relays, ...signed };
    const tooMuch = sdk.closeChannel(chain.wallet(OPERATOR), { ...closing, capture: 9_001n });
    await expect(tooMuch).rejects.toThrow(refusedAs("CaptureAboveVoucher"));
    const closed = await sdk.closeChannel(chain.wallet(OPERATOR), { ...closing, capture: 8_000n });
    expect(closed).toMatchObject({ claimed: 8_000n, refund: bought.purchase.amount - 8_000n });
    expect(await stateOf(bought)).toEqual({ claimed: 8_000n, deposit: 8_000n, closeAt: 0, epoch: 1 });
  });

  test("anyone closes with the operator's offer", async () => {
    const { contracts } = chain;
    const bought = await buyerOf(13);
    const signed = await voucherOf(bought, 7_000n);
    const offer = { channelId: bought.paymentId, finalCumulative: 6_000n, epoch: 0, deadline: FOREVER };
    const offerSignature = await sign("CloseOffer", OPERATOR, offer);
    const closed = await sdk.closeChannelWithOffer(chain.wallet(15), {
      contracts,
      terms: bought.terms,
      relays: listing.terms.relays,
      offer,
      offerSignature,
      ...signed,
    });
    expect(closed).toMatchObject({ claimed: 6_000n, refund: bought.purchase.amount - 6_000n });
  });

  test("the buyer leaves: notice, cancel, request, top-up, withdrawal after the challenge", async () => {
    const { contracts } = chain;
    const bought = await buyerOf(14);
    const { terms, paymentId } = bought;
    const buyer = chain.wallet(14);
    const notice = { channelId: paymentId, epoch: 0, deadline: FOREVER };
    const signature = await sign("CloseNotice", SIGNER, notice);
    const noticed = await sdk.requestCloseWithNotice(chain.wallet(15), {
      contracts,
      terms,
      notice,
      signature,
    });
    expect((await stateOf(bought)).closeAt).toBe(noticed.closeAt);
    await sdk.cancelClose(buyer, { contracts, terms });
    expect(await stateOf(bought)).toMatchObject({ closeAt: 0, epoch: 1 });
    const { credited, deposit } = await sdk.fundChannelFor(chain.wallet(15), {
      contracts,
      terms,
      amount: 5n,
    });
    expect({ credited, deposit }).toEqual({ credited: 5n, deposit: bought.purchase.amount + 5n });
    await sdk.requestClose(buyer, { contracts, terms });
    const gift = sdk.fundChannelFor(chain.wallet(15), { contracts, terms, amount: 5n });
    await expect(gift).rejects.toThrow(refusedAs("ChannelIsClosing"));
    await sdk.fundChannel(buyer, { contracts, terms, amount: 1n });
    const { closeAt } = await sdk.requestClose(buyer, { contracts, terms });
    await expect(sdk.withdraw(buyer, { contracts, terms })).rejects.toMatchObject({
      name: "ChallengeRunning",
      args: [paymentId, closeAt],
    });
    // No block is mined here: the action must see the present time all the same.
    await chain.test.increaseTime({ seconds: terms.challenge });
    const { refund } = await sdk.withdraw(chain.wallet(15), { contracts, terms });
    expect(refund).toBe(bought.purchase.amount + 6n);
  });
});
