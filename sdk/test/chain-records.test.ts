// Every action of the registries once, each with its event or its error.
// ├── approvals: request, approve, buy with what was published; decline; keys rotated
// ├── consents: operator, rounds, subjects, given, withdrawn by the hub and by oneself
// ├── ratings: once something was claimed; a revision; a response
// ├── relays: registered, described anew, left, stake out
// ├── anchors: roots of any size are those of the contract, members proved, strangers not
// ├── hubs: who is somebody in which, through roles, a transfer and its end; the listings of one, unlisted ones too
// ├── bonds: topped up; nothing drawn to pull
// └── a follower sees and decodes the events of all of them
import { type Address, type Hex, keccak256, parseEther } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startChain, type TestChain } from "../../test/support/chain.ts";
import {
  BUYER,
  makeGrant,
  makeHub,
  makeListing,
  makePurchase,
  OPERATOR,
  RELAY,
  SELLER,
  SIGNER,
} from "../../test/support/market.ts";
import * as sdk from "../src/chain/index.ts";
import * as core from "../src/core/index.ts";
import { nativeCrypto } from "../src/core/native.ts";

/** ListingFlags.RESTRICTED */
const RESTRICTED = 1 << 20;
const STRANGER = 15;

let chain: TestChain;
let hubId: bigint;

beforeAll(async () => {
  chain = await startChain();
  hubId = (await makeHub(chain, "Harbour")).hubId;
});

afterAll(() => chain?.stop());

const address = (index: number): Address => chain.accounts[index]!.address;
const named = (name: string) => expect.objectContaining({ name });

test("a restricted listing is bought with the approval that its manager published", async () => {
  const { contracts, client, chainId } = chain;
  const listing = await makeListing(chain, hubId, "Restricted", { flags: RESTRICTED });
  const { listingId, version, terms } = listing;
  const purchase = makePurchase(chain, listing);
  const { buyer } = purchase;
  const wallet = chain.wallet(BUYER);
  const manager = chain.wallet(SELLER);
  await expect(sdk.buy(wallet, { contracts, purchase })).rejects.toThrow(named("ApprovalMissing"));
  const asked = await sdk.requestGrant(wallet, { contracts, listingId, version, note: "0x1234" });
  expect(asked.buyer).toBe(buyer);
  const said = await sdk.declineRequest(manager, { contracts, listingId, buyer, reason: "Not yet." });
  expect(said.receipt.logs).toHaveLength(1);
  expect(await sdk.getApproval(client, { contracts, listingId, buyer, version })).toBeNull();
  const deadline = core.FOREVER;
  const message = { listingId, version, buyer, termsHash: terms.termsHash, deadline };
  const typed = core.signable(core.grantsDomain({ chainId, grants: contracts.Grants }), "Approval", message);
  const signature = await chain.accounts[SELLER]!.signTypedData(typed as never);
  const signed = { manager: address(SELLER), deadline, signature };
  const publish = { contracts, listingId, version, buyer, termsHash: terms.termsHash, approval: signed };
  expect(await sdk.approveRequest(chain.wallet(STRANGER), publish)).toMatchObject({ deadline });
  await expect(
    sdk.approveRequest(manager, { ...publish, approval: { ...signed, deadline: deadline - 1 } }),
  ).rejects.toThrow(named("ApprovalInvalid"));
  const approval = await sdk.getApproval(client, { contracts, listingId, buyer, version });
  expect(approval).toEqual(signed);
  const { grantId } = await sdk.buy(wallet, { contracts, purchase: { ...purchase, approval: approval! } });
  const keys = { encryptionKey: core.randomSalt(), signer: address(9) };
  await sdk.rotateKeys(wallet, { contracts, grantId, ...keys });
  await expect(sdk.rotateKeys(manager, { contracts, grantId, ...keys })).rejects.toThrow(named("NotGrantee"));
});

test("consents: a listing lives and dies with its newest round", async () => {
  const { contracts, client } = chain;
  const { listingId } = await makeListing(chain, hubId, "Personal");
  const hub = chain.wallet(SELLER);
  const clinic = chain.wallet(STRANGER);
  const patient = chain.wallet(8);
  const salt = core.randomSalt();
  const own = core.consentSubject(address(8), salt);
  const others = [core.randomSalt(), core.randomSalt()];
  const at = { contracts, listingId };
  const alive = () => sdk.isConsentAlive(client, at);
  const consent = (subject: Hex) => sdk.getConsent(client, { ...at, round: 1, subject });

  expect(await sdk.isConsentGated(client, at)).toBe(false);
  const form = { formHash: keccak256("0x01"), notBefore: 0, notAfter: core.FOREVER };
  const opening = { ...at, ...form, subjects: [own], given: true };
  await expect(sdk.openRound(clinic, opening)).rejects.toThrow(named("NotConsentOperator"));
  await sdk.setConsentOperator(hub, { ...at, operator: address(STRANGER) });
  expect(await sdk.getConsentOperator(client, at)).toBe(address(STRANGER));
  expect(await sdk.openRound(clinic, opening)).toMatchObject({ round: 1 });
  expect(await alive()).toBe(true);
  expect(await sdk.addSubjects(clinic, { ...at, subjects: others, given: false })).toMatchObject({
    round: 1,
  });
  expect(await alive()).toBe(false);
  await sdk.giveConsents(hub, { ...at, subjects: others });
  expect(await alive()).toBe(true);
  expect(await sdk.isConsentGiven(client, { ...at, subject: own })).toBe(true);
  expect(await sdk.withdrawOwnConsent(patient, { ...at, salt })).toMatchObject({ subject: own });
  await expect(sdk.withdrawOwnConsent(clinic, { ...at, salt })).rejects.toThrow(named("SubjectUnknown"));
  await sdk.withdrawConsents(clinic, { ...at, subjects: [others[0]!] });
  expect([await consent(own), await consent(others[0]!), await consent(others[1]!)]).toEqual([3, 3, 2]);
  expect(await sdk.getRound(client, { ...at, round: 1 })).toMatchObject({ subjectCount: 3, given: 1 });
  await sdk.withdrawRound(hub, at);
  await expect(sdk.giveConsents(hub, { ...at, subjects: others })).rejects.toThrow(named("RoundIsWithdrawn"));
  expect(await sdk.openRound(hub, opening)).toMatchObject({ round: 2 });
  expect(await sdk.getRoundNumber(client, at)).toBe(2);
  expect([await sdk.isConsentGated(client, at), await alive()]).toEqual([true, true]);
});

test("ratings: by a buyer who has paid, revised, answered once", async () => {
  const { contracts, client, chainId } = chain;
  const listing = await makeListing(chain, hubId, "Rated");
  const { listingId } = listing;
  const { terms, grantId, paymentId, buyer } = await makeGrant(chain, listing);
  const wallet = chain.wallet(BUYER);
  const scores = [5, 4, 3, 5] as const;
  const verdict = { contracts, grantId, terms, scores, comment: "As described." };
  await expect(sdk.rate(wallet, verdict)).rejects.toThrow(named("NothingSettled"));
  const voucher = { channelId: paymentId, cumulative: 10_000n, relay: address(RELAY) };
  const channels = contracts.Channels;
  const typed = core.signable(core.channelsDomain({ chainId, channels }), "Voucher", voucher);
  const voucherSignature = await chain.accounts[SIGNER]!.signTypedData(typed as never);
  const { relays } = listing.terms;
  const closing = { contracts, terms, relays, voucher, voucherSignature, capture: 10_000n };
  await sdk.closeChannel(chain.wallet(OPERATOR), closing);
  expect(await sdk.rate(wallet, verdict)).toMatchObject({ revision: 1, settled: 10_000n, cuts: 500n });
  expect(await sdk.rate(wallet, { ...verdict, comment: "" })).toMatchObject({ revision: 2 });
  expect(await sdk.getRevisions(client, { contracts, listingId, buyer })).toBe(2);
  const answer = { contracts, listingId, buyer, revision: 1, text: "Thank you." };
  await sdk.respond(chain.wallet(SELLER), answer);
  expect(await sdk.hasResponse(client, answer)).toBe(true);
  expect(await sdk.hasResponse(client, { ...answer, revision: 2 })).toBe(false);
  await expect(sdk.respond(chain.wallet(SELLER), answer)).rejects.toThrow(named("ResponseExists"));
});

test("relays: registered, described anew, gone, and the stake comes back", async () => {
  const { contracts, client } = chain;
  const wallet = chain.wallet(RELAY);
  const operator = address(RELAY);
  const stake = parseEther("1");
  const endpoints = ["/ip4/127.0.0.1/tcp/4001", "/ip4/127.0.0.1/tcp/4002/ws"];
  const described = { contracts, peerId: "0x1220aa", endpoints, feeBps: 500, region: "eu-west" } as const;
  await expect(sdk.registerRelay(wallet, { ...described, stake: 1n })).rejects.toThrow(named("StakeTooLow"));
  await sdk.registerRelay(wallet, { ...described, stake });
  expect(await sdk.getRelay(client, { contracts, operator })).toMatchObject({
    peerId: "0x1220aa",
    endpoints,
    feeBps: 500,
    region: "eu-west",
    stake,
    withdrawableAt: 0,
  });
  await sdk.updateRelay(wallet, { ...described, endpoints: [endpoints[0]!], region: "" });
  expect(await sdk.getRelay(client, { contracts, operator })).toMatchObject({
    endpoints: [endpoints[0]],
    region: "",
  });
  await expect(sdk.withdrawStake(wallet, { contracts })).rejects.toThrow(named("StakeNotWithdrawable"));
  const { withdrawableAt } = await sdk.deregisterRelay(wallet, { contracts });
  expect(await sdk.isRelayRegistered(client, { contracts, operator })).toBe(false);
  const { timestamp } = await client.getBlock();
  await chain.test.increaseTime({ seconds: withdrawableAt - Number(timestamp) });
  expect(await sdk.withdrawStake(wallet, { contracts })).toMatchObject({ amount: stake });
  expect(await sdk.getRelay(client, { contracts, operator })).toMatchObject({ endpoints: [], stake: 0n });
});

describe("anchors", () => {
  const ids = (count: number, run: number) =>
    Array.from({ length: count }, (_, i) => nativeCrypto.sha256(core.uint(run * 1_000 + i, 32)));

  test.each([1, 2, 3, 5, 8, 13])("a run of %i: each member is proved, and nothing else", async (count) => {
    const { contracts, client } = chain;
    const { listingId } = await makeListing(chain, hubId, `Anchored ${count}`);
    const gateway = chain.wallet(OPERATOR);
    const leaves = ids(count, count);
    const root = core.merkleRoot(nativeCrypto, leaves);
    const first = { listingId, generation: 0, firstSeq: 0n, count, root: core.hex(root) };
    const second = { ...first, firstSeq: BigInt(count), previousRoot: first.root };
    await sdk.anchor(gateway, { contracts, rows: [{ ...first, previousRoot: core.ZERO_HASH }, second] });
    const at = { contracts, listingId, generation: 0 };
    expect(await sdk.getAnchorHead(client, at)).toEqual({
      nextSeq: BigInt(2 * count),
      lastFirstSeq: BigInt(count),
    });
    expect(await sdk.getAnchor(client, { ...at, firstSeq: 0n })).toMatchObject({ root: first.root, count });
    for (const [i, leaf] of leaves.entries()) {
      const path = core.merkleSiblings(nativeCrypto, leaves, i);
      const ask = (index: number, id: Uint8Array, siblings: Uint8Array[]) => {
        const held = core.isMerkleLeaf(nativeCrypto, { root, count }, index, id, siblings);
        const question = { ...at, firstSeq: 0n, seq: BigInt(index), segmentId: core.hex(id) };
        return sdk
          .isMember(client, { ...question, siblings: siblings.map(core.hex) })
          .then((onChain) => [onChain, held]);
      };
      expect(await ask(i, leaf, path)).toEqual([true, true]);
      expect(await ask((i + 1) % count, leaf, path)).toEqual(count === 1 ? [true, true] : [false, false]);
      expect(await ask(i, root, path)).toEqual(count === 1 ? [true, true] : [false, false]);
      expect(await ask(i, leaf, [...path, leaf])).toEqual([false, false]);
      expect(await ask(count, leaf, path)).toEqual([false, false]);
    }
    const again = sdk.anchor(gateway, { contracts, rows: [second] });
    await expect(again).rejects.toThrow(named("SeqMismatch"));
    await expect(sdk.anchor(chain.wallet(BUYER), { contracts, rows: [second] })).rejects.toThrow(
      named("NotPublisher"),
    );
  });
});

test("bonds are topped up by anyone; nothing was drawn", async () => {
  const { contracts, client } = chain;
  const { listingId } = await makeListing(chain, hubId, "Bonded");
  const before = (await sdk.getListing(client, { contracts, listingId })).state.bond;
  const { bond } = await sdk.topUpBond(chain.wallet(STRANGER), { contracts, listingId, amount: 5n });
  expect(bond).toBe(before + 5n);
  const holder = address(STRANGER);
  expect(await sdk.getOwedBond(client, { contracts, holder })).toBe(0n);
  await expect(sdk.pullBond(chain.wallet(STRANGER), { contracts, holder })).rejects.toThrow(
    named("NothingOwed"),
  );
});

test("a follower sees all of this", async () => {
  const { contracts, client, deployment } = chain;
  const seen = new Set<string>();
  const stop = new AbortController();
  await sdk.followChain({
    client,
    contracts,
    fromBlock: deployment.fromBlock,
    signal: stop.signal,
    onReorg: () => undefined,
    onReset: () => undefined,
    onLogs({ logs, caughtUp }) {
      for (const log of logs) seen.add(`${log.contract}.${log.eventName}`);
      if (caughtUp) stop.abort();
    },
  });
  for (const name of [
    "Consents.RoundOpened",
    "Consents.ConsentsWithdrawn",
    "Ratings.Rated",
    "Ratings.Responded",
    "Relays.RelayRegistered",
    "Relays.StakeWithdrawn",
    "Anchors.Anchored",
    "Listings.BondToppedUp",
    "Grants.RequestApproved",
    "Grants.KeysRotated",
  ])
    expect([...seen]).toContain(name);
});

test("an account's hubs and a hub's members are those of now, through roles and a transfer", async () => {
  const { contracts, client } = chain;
  const [owner, heir, helper] = [chain.wallet(12), chain.wallet(13), address(14)];
  const own = await makeHub(chain, "Members", 12, OPERATOR);
  const of = { contracts, hubId: own.hubId };
  const hubsOf = (account: Address) => sdk.getHubIds(client, { contracts, account });
  expect(await hubsOf(address(12))).toEqual([own.hubId]);
  expect(await hubsOf(helper)).toEqual([]);
  await sdk.setRoles(owner, { ...of, account: helper, roles: sdk.ROLES.MANAGER | sdk.ROLES.TREASURER });
  expect(await sdk.getMembers(client, of)).toEqual([
    { account: address(OPERATOR), roles: sdk.ROLES.PUBLISHER },
    { account: helper, roles: sdk.ROLES.MANAGER | sdk.ROLES.TREASURER },
  ]);
  expect(await hubsOf(helper)).toEqual([own.hubId]);
  await sdk.transferHub(owner, { ...of, newOwner: address(13) });
  expect(await hubsOf(address(13))).toEqual([own.hubId]);
  await sdk.acceptHub(heir, of);
  // With the owner all roles went.
  expect(await sdk.getMembers(client, of)).toEqual([]);
  expect(await hubsOf(helper)).toEqual([]);
  expect(await hubsOf(address(12))).toEqual([]);
  expect(await hubsOf(address(13))).toEqual([own.hubId]);
});

test("a hub's listings are found by the hub, unlisted ones included", async () => {
  const { contracts, client } = chain;
  const { hubId: other } = await makeHub(chain, "Two listings");
  const shown = await makeListing(chain, other, "Shown");
  const hidden = await makeListing(chain, other, "Hidden", { flags: core.ListingFlag.unlisted });
  expect(await sdk.getListingIds(client, { contracts, hubId: other })).toEqual([
    shown.listingId,
    hidden.listingId,
  ]);
});
