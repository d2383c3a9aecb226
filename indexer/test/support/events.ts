/**
 * What each event writes that no story of the market tells: one act, and the row that it makes. At the end the chain itself is asked for
 * all that its contracts said: each event is in the activity of whoever sent its transaction, and none that can occur has not occurred.
 * Long because it is a list.
 */
import { type Address, decodeEventLog, type Hex, parseEther, toHex, zeroHash } from "viem";
import { expect, test } from "vitest";
import * as sdk from "../../../sdk/src/chain/index.ts";
import * as core from "../../../sdk/src/core/index.ts";
import { listingsAbi } from "../../../sdk/src/generated/index.ts";
import { flatPlan, periodPlan } from "../../../sdk/test/support/tokens.ts";
import type { TestChain } from "../../../test/support/chain.ts";
import {
  BUYER,
  freePlan,
  makeGrant,
  makeHub,
  makeListing,
  makePurchase,
  publisherKey,
  RELAY,
  SELLER,
} from "../../../test/support/market.ts";

type Contract = keyof typeof sdk.ABIS;

/** `Contract:Event` of every contract, in the order of the alphabet. */
export const EVENTS: readonly string[] = Object.entries(sdk.ABIS)
  .flatMap(([contract, abi]) =>
    abi.flatMap((item) => (item.type === "event" ? [`${contract}:${item.name}`] : [])),
  )
  .sort();

const FIXED_DOMAIN = "declared by EIP-5267; the name and version that are signed never change";
export const NOT_FOLLOWED: Record<string, string> = {
  "Channels:EIP712DomainChanged": FIXED_DOMAIN,
  "Grants:EIP712DomainChanged": FIXED_DOMAIN,
  "Subscriptions:EIP712DomainChanged": FIXED_DOMAIN,
};

/** The account that the suite's deployment lets draw bonds. */
export const DISPUTES = 17;
/** Nobody else's in the suite. */
const OPERATOR_OF_RELAY = 18;
const OTHER_BUYER = 19;
/** PUSH0 PUSH0 REVERT */
const ALWAYS_REVERTS = "0x5f5ffd";
const EIGHT_DAYS = 8 * 86_400;

// biome-ignore lint/suspicious/noExplicitAny: answers are compared, not used
type Json = any;
export type Scene = {
  chain: TestChain;
  caughtUp: () => Promise<void>;
  get: (path: string) => Promise<Json>;
  everyItem: (path: string) => Promise<Json[]>;
  graph: (body: unknown) => Promise<{ status: number; body: Json }>;
};

export function eventScenes(scene: () => Scene): void {
  const at = () => ({ contracts: scene().chain.contracts });
  const wallet = (index: number) => scene().chain.wallet(index);
  const address = (index: number): Address => scene().chain.accounts[index]!.address;
  const timeOf = async ({ blockNumber }: { blockNumber: bigint }) =>
    Number((await scene().chain.client.getBlock({ blockNumber })).timestamp);
  const key = async () => {
    const { x, y } = await publisherKey();
    return { x, y };
  };
  const rowsOf = async (table: string, where: string, fields: string) => {
    const { body } = await scene().graph({
      query: `{ rows: ${table}(where: ${where}) { items { ${fields} } } }`,
    });
    return body.data.rows.items;
  };

  test("of hubs: another payout, another key of a device and its end, the end of a publisher's key", async () => {
    const { chain, caughtUp, get } = scene();
    const { hubId, keyId } = await makeHub(chain, "Every event");
    const seller = wallet(SELLER);
    const [first, second] = [await key(), await key()];
    await sdk.setPayout(seller, { ...at(), hubId, payout: address(OTHER_BUYER) });
    for (const name of ["kept", "ended"])
      await sdk.registerDevice(seller, { ...at(), hubId, name, publicKey: first });
    const rotated = await sdk.rotateDeviceKey(seller, { ...at(), hubId, name: "kept", publicKey: second });
    const ended = await sdk.revokeDevice(seller, { ...at(), hubId, name: "ended" });
    const revoked = await sdk.revokePublisherKey(seller, { ...at(), hubId, keyId });
    await caughtUp();
    const hub = await get(`/v1/hubs/${hubId}`);
    expect(hub.payout).toBe(address(OTHER_BUYER));
    expect(hub.devices).toHaveLength(2);
    expect(hub.devices).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          name: "kept",
          ...second,
          previousUntil: rotated.previousUntil,
          revokedAt: null,
        }),
        expect.objectContaining({ name: "ended", ...first, revokedAt: await timeOf(ended.receipt) }),
      ]),
    );
    expect(hub.publisherKeys).toMatchObject([{ keyId, revokedAt: await timeOf(revoked.receipt) }]);
  });

  test("of relays: another entry, and the stake that is taken out", async () => {
    const { chain, caughtUp, get } = scene();
    const operator = wallet(OPERATOR_OF_RELAY);
    const entry = {
      ...at(),
      peerId: "0x1220aa",
      endpoints: ["/ip4/127.0.0.1/tcp/1"],
      feeBps: 100,
      region: "a",
    } as const;
    await sdk.registerRelay(operator, { ...entry, stake: parseEther("1") });
    const other = {
      peerId: "0x1220bb",
      endpoints: ["/ip4/127.0.0.1/tcp/2", "/ip4/127.0.0.1/tcp/3"],
      feeBps: 200,
      region: "b",
    } as const;
    const { receipt } = await sdk.updateRelay(operator, { ...at(), ...other });
    await caughtUp();
    const path = `/v1/relays/${address(OPERATOR_OF_RELAY)}`;
    const row = { ...other, updatedAt: await timeOf(receipt) };
    expect(await get(path)).toMatchObject({ ...row, stake: String(parseEther("1")) });
    await sdk.deregisterRelay(operator, at());
    await chain.test.increaseTime({ seconds: EIGHT_DAYS });
    await sdk.withdrawStake(operator, at());
    await caughtUp();
    expect(await get(path)).toMatchObject({ ...row, stake: "0" });
  });

  test("of channels: a close that is taken back, what the challenge leaves, and a claim without anything new", async () => {
    const { chain, caughtUp, everyItem } = scene();
    const { hubId } = await makeHub(chain, "Channels");
    const listing = await makeListing(chain, hubId, "Channelled");
    const { grantId, terms } = await makeGrant(chain, listing, { buyer: OTHER_BUYER });
    const buyer = wallet(OTHER_BUYER);
    const slot = async () => {
      await caughtUp();
      const items = await everyItem(`/v1/accounts/${address(OTHER_BUYER)}/purchases`);
      return items.find((item) => item.grantId === grantId).channel;
    };
    const { closeAt } = await sdk.requestClose(buyer, { ...at(), terms });
    expect(await slot()).toMatchObject({ state: "closing", closeAt, epoch: 0 });
    await sdk.cancelClose(buyer, { ...at(), terms });
    expect(await slot()).toMatchObject({ state: "open", closeAt: 0, epoch: 1 });

    const { payer, signer, salt, payee, operator, token, listingId, relayBps, market, marketBps, challenge } =
      terms;
    const { relays } = listing.terms;
    const common = { payee, operator, token, listingId, relays, relayBps, market, marketBps, challenge };
    const row = { payer, signer, salt, cumulative: 0n, relay: relays[0]!, r: zeroHash, vs: zeroHash };
    const { hash, skipped } = await sdk.claim(wallet(SELLER), { ...at(), common, rows: [row] });
    expect(skipped).toHaveLength(1);
    await caughtUp();
    for (const who of [OTHER_BUYER, SELLER]) {
      const [newest] = await everyItem(`/v1/accounts/${address(who)}/activity`);
      expect(newest).toMatchObject({
        name: "ClaimSkipped",
        contract: "Channels",
        listingId: String(listingId),
        transactionHash: hash,
      });
    }
    await sdk.requestClose(buyer, { ...at(), terms });
    await chain.test.increaseTime({ seconds: terms.challenge + 1 });
    await sdk.withdraw(buyer, { ...at(), terms });
    expect(await slot()).toMatchObject({ state: "closed", deposit: "0", closeAt: 0, epoch: 2 });
  });

  test("of grants: skipped in a cart, replaced by a fifth, let in again", async () => {
    const { chain, caughtUp, everyItem } = scene();
    const { hubId } = await makeHub(chain, "Grants");
    const listing = await makeListing(chain, hubId, "Granted", { plans: [freePlan] });
    const { listingId } = listing;
    const buyer = { buyer: OTHER_BUYER, amount: 0n };
    const cart = [
      makePurchase(chain, listing, buyer),
      { ...makePurchase(chain, listing, buyer), version: 9 },
    ];
    const { bought, skipped, hash } = await sdk.buyMany(wallet(OTHER_BUYER), { ...at(), purchases: cart });
    expect([bought.length, skipped.length]).toEqual([1, 1]);
    await caughtUp();
    const told = await everyItem(`/v1/accounts/${address(OTHER_BUYER)}/activity?limit=2`);
    expect(
      told.filter((item) => item.transactionHash === hash).map(({ name, listingId }) => [name, listingId]),
    ).toEqual([
      ["PurchaseSkipped", String(listingId)],
      ["Purchased", String(listingId)],
    ]);

    const soon = Number((await chain.client.getBlock()).timestamp) + 1_000;
    const ending = await makeGrant(chain, listing, { ...buyer, notAfter: soon });
    for (let n = 0; n < 2; n += 1) await makeGrant(chain, listing, buyer);
    await chain.test.increaseTime({ seconds: 2_000 });
    const fifth = await makeGrant(chain, listing, buyer);
    await caughtUp();
    const path = `/v1/listings/${listingId}/buyers`;
    const { receipt } = { receipt: await chain.client.getTransactionReceipt({ hash: fifth.hash }) };
    const rows = await everyItem(path);
    expect(rows.map(({ grantId, revokedAt }) => [grantId, revokedAt !== null])).toEqual(
      expect.arrayContaining([
        [ending.grantId, true],
        [fifth.grantId, false],
      ]),
    );
    expect(rows.find(({ grantId }) => grantId === ending.grantId).revokedAt).toBe(await timeOf(receipt));

    await sdk.revokeGrant(wallet(SELLER), { ...at(), grantId: fifth.grantId });
    await caughtUp();
    const blocked = async () => (await everyItem(path)).map((item) => item.blocked);
    expect(await blocked()).toEqual(rows.map(() => true));
    await sdk.unblock(wallet(SELLER), { ...at(), listingId, buyer: address(OTHER_BUYER) });
    await caughtUp();
    expect(await blocked()).toEqual(rows.map(() => false));
  });

  test("of consents: who may ask, one subject's and a round's end; what was bought for a time is stopped by it", async () => {
    const { chain, caughtUp, everyItem } = scene();
    const { hubId } = await makeHub(chain, "Consents");
    const flags = core.ListingFlag.personalData;
    const listing = await makeListing(chain, hubId, "Personal", { plans: [periodPlan, flatPlan], flags });
    const { listingId } = listing;
    const seller = wallet(SELLER);
    const subjects = [toHex(1, { size: 32 }), toHex(2, { size: 32 })];
    const form = { formHash: zeroHash.replace(/0$/, "1") as Hex, notBefore: 0, notAfter: core.FOREVER };
    const operator = address(RELAY);
    await sdk.setConsentOperator(seller, { ...at(), listingId, operator });
    await sdk.openRound(seller, { ...at(), listingId, ...form, subjects, given: true });
    const where = `{ listingId: "${listingId}" }`;
    const take = async (plan: number, amount: bigint) => {
      const purchase = makePurchase(chain, listing, { buyer: OTHER_BUYER, plan, amount });
      const sent = await sdk.buy(wallet(OTHER_BUYER), { ...at(), purchase });
      const time = await timeOf(sent.receipt);
      const terms = core.deriveSubscriptionTerms(listing.terms, purchase, {
        time,
        grants: at().contracts.Grants,
      });
      return { ...sent, terms };
    };
    const timed = await take(0, 90_000n);
    const flat = await take(1, 7_000n);
    const { payer, signer, price, period, upfront, notice, salt, ...shared } = flat.terms;
    const { payee, operator: gateway, token, stopper, relayBps, market, marketBps } = shared;
    const { relays } = listing.terms;
    const common = {
      payee,
      operator: gateway,
      token,
      stopper,
      listingId,
      relays,
      relayBps,
      market,
      marketBps,
    };
    const rows = [{ payer, signer, price, period, upfront, notice, salt }];
    // All of it is due at once, and nothing the next time.
    expect((await sdk.claimSubscriptions(seller, { ...at(), common, rows })).claimed).toHaveLength(1);
    const again = await sdk.claimSubscriptions(seller, { ...at(), common, rows });
    expect(again.skipped).toHaveLength(1);
    await caughtUp();
    const [newest] = await everyItem(`/v1/accounts/${address(OTHER_BUYER)}/activity?limit=1`);
    expect(newest).toMatchObject({
      name: "ClaimSkipped",
      contract: "Subscriptions",
      transactionHash: again.hash,
    });
    expect(await rowsOf("consentOperators", where, "operator")).toEqual([
      { operator: operator.toLowerCase() },
    ]);

    await sdk.withdrawConsents(seller, { ...at(), listingId, subjects: [subjects[0]!] });
    const stopped = await sdk.stopSuspended(wallet(OTHER_BUYER), {
      ...at(),
      grantId: timed.grantId,
      terms: timed.terms,
      relays,
    });
    const { receipt } = await sdk.withdrawRound(seller, { ...at(), listingId });
    await caughtUp();
    expect(await rowsOf("consents", where, "subject state")).toEqual(
      expect.arrayContaining([
        { subject: subjects[0], state: "withdrawn" },
        { subject: subjects[1], state: "given" },
      ]),
    );
    expect(await rowsOf("consentRounds", where, "withdrawnAt")).toEqual([
      { withdrawnAt: await timeOf(receipt) },
    ]);
    const purchases = await everyItem(`/v1/accounts/${address(OTHER_BUYER)}/purchases`);
    expect(purchases.find((item) => item.grantId === timed.grantId)).toMatchObject({
      revokedAt: await timeOf(stopped.receipt),
      subscription: { state: "ended", stoppedBySeller: true },
    });
  });

  test("of listings: a version, and a bond that is raised, locked, set free, drawn and taken, and what is left given back", async () => {
    const { chain, caughtUp } = scene();
    const { hubId } = await makeHub(chain, "Bonds");
    const { listingId, terms, metadata } = await makeListing(
      chain,
      hubId,
      "Bonded",
      {},
      undefined,
      parseEther("1"),
    );
    const seller = wallet(SELLER);
    const bond = async () => {
      await caughtUp();
      const [row] = await rowsOf("listings", `{ id: "${listingId}" }`, "version bond bondLocked state");
      return [row.version, row.bond, row.bondLocked, row.state];
    };
    const of = (ether: string) => String(parseEther(ether));
    /** The account stands for the contract that may do it: nobody signs for that. */
    const rule = async (functionName: "lockBond" | "releaseBond" | "drawBond", args: readonly unknown[]) => {
      const call = { abi: listingsAbi, address: at().contracts.Listings, functionName, args };
      const hash = await wallet(DISPUTES).writeContract(call as never);
      expect((await chain.client.waitForTransactionReceipt({ hash })).status).toBe("success");
    };
    await sdk.topUpBond(wallet(BUYER), { ...at(), listingId, amount: parseEther("2") });
    expect(await bond()).toEqual([1, of("3"), "0", "open"]);
    await rule("lockBond", [listingId, parseEther("1.5")]);
    expect(await bond()).toEqual([1, of("3"), of("1.5"), "open"]);
    await rule("releaseBond", [listingId, parseEther("0.5")]);
    expect(await bond()).toEqual([1, of("3"), of("1"), "open"]);
    // An account that takes no money now is owed it.
    const holder = core.randomSalt().slice(0, 42) as Address;
    await chain.test.setCode({ address: holder, bytecode: ALWAYS_REVERTS });
    await rule("drawBond", [listingId, holder, parseEther("1")]);
    expect(await bond()).toEqual([1, of("2"), "0", "open"]);
    const owed = `{ holder: "${holder}", escrow: "Listings" }`;
    expect(await rowsOf("oweds", owed, "amount earned")).toEqual([{ amount: of("1"), earned: of("1") }]);
    await chain.test.setCode({ address: holder, bytecode: "0x" });
    await sdk.pullBond(wallet(OTHER_BUYER), { ...at(), holder });
    await sdk.reviseListing(seller, { ...at(), listingId, terms, metadata });
    await sdk.pauseListing(seller, { ...at(), listingId });
    await sdk.resumeListing(seller, { ...at(), listingId });
    await sdk.closeListing(seller, { ...at(), listingId });
    await chain.test.increaseTime({ seconds: EIGHT_DAYS });
    await sdk.withdrawBond(seller, { ...at(), listingId });
    expect(await bond()).toEqual([2, "0", "0", "closed"]);
    expect(await rowsOf("oweds", owed, "amount earned")).toEqual([{ amount: "0", earned: of("1") }]);
  });

  // Of the whole suite: alone it misses what its other parts do.
  test("each event that the contracts have emitted is in its sender's activity, and each that they declare was emitted", async () => {
    const { chain, caughtUp, everyItem } = scene();
    await caughtUp();
    const names = new Map(
      Object.entries(chain.contracts).map(([name, at]) => [at.toLowerCase(), name as Contract]),
    );
    const sent = new Map<Address, string[]>();
    const senders = new Map<Hex, Address>();
    const emitted = new Set<string>();
    for (const { address, data, topics, transactionHash } of await chain.client.getLogs({
      address: Object.values(chain.contracts),
      fromBlock: 0n,
    })) {
      const contract = names.get(address)!;
      const { eventName } = decodeEventLog({ abi: sdk.ABIS[contract] as typeof listingsAbi, data, topics });
      if (!senders.has(transactionHash))
        senders.set(transactionHash, (await chain.client.getTransaction({ hash: transactionHash })).from);
      const sender = senders.get(transactionHash)!;
      sent.set(sender, [...(sent.get(sender) ?? []), `${transactionHash} ${contract}:${eventName}`]);
      emitted.add(`${contract}:${eventName}`);
    }
    for (const [sender, events] of sent) {
      const told = await everyItem(`/v1/accounts/${sender}/activity?limit=100`);
      const own = told.filter((item) => senders.get(item.transactionHash) === sender);
      const lines = own.map((item) => `${item.transactionHash} ${item.contract}:${item.name}`);
      expect(lines.sort()).toEqual(events.sort());
    }
    expect([...emitted].sort()).toEqual(EVENTS.filter((name) => !(name in NOT_FOLLOWED)));
  });
}
