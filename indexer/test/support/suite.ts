/**
 * The suite that every database of the indexer passes, one chain and one program for all of it, in the order in which a market grows.
 * Long because it is one story; what it is about is listed in the files that run it.
 */
import { existsSync, readFileSync } from "node:fs";
import fc from "fast-check";
import {
  type Address,
  type Hex,
  keccak256,
  parseEther,
  parseSignature,
  signatureToCompactSignature,
  toHex,
  zeroAddress,
  zeroHash,
} from "viem";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import * as sdk from "../../../sdk/src/chain/index.ts";
import * as core from "../../../sdk/src/core/index.ts";
import { flatPlan, makeToken, periodPlan } from "../../../sdk/test/support/tokens.ts";
import { startChain, type TestChain, testAccount } from "../../../test/support/chain.ts";
import { startIndexer, type TestIndexer } from "../../../test/support/indexer.ts";
import {
  BUYER,
  freePlan,
  makeHub,
  makeListing,
  makePurchase,
  messagePlan,
  OPERATOR,
  RELAY,
  SELLER,
  SIGNER,
  sampleMetadata,
  type TestListing,
  type TestPurchase,
} from "../../../test/support/market.ts";
import { FLAG_BITS, hasFlag, matches, type Query, scanListings, sells } from "./brute.ts";
import { DISPUTES, eventScenes } from "./events.ts";

// biome-ignore lint/suspicious/noExplicitAny: answers are compared, not used
type Json = any;
type List = { items: Json[]; next: string | null };

/** Hundreds of transactions, followed on a machine that others use too. */
vi.setConfig({ testTimeout: 240_000 });

const STRANGER = 15;
const MANAGER = 8;
const SECOND_BUYER = 7;
const RESTRICTED = 1 << 20;
const TITLES = [
  "Wind",
  "Wind at the pier",
  "Rain 100%",
  "rain_gauge",
  "Quake",
  "ﬁsh İstanbul",
  "snow\\drift",
];
const CATEGORIES = ["weather", "energy", "geoscience"];
const NAUGHTY = new URL("../../../../shared/vectors/naughty-strings.json", import.meta.url);

/** `env` is what the program needs to use the database; `then` adds what this database alone can show, with the program still running. */
export function marketSuite(
  env: () => Record<string, string>,
  then: (program: () => TestIndexer) => void = () => undefined,
): void {
  let chain: TestChain;
  let indexer: TestIndexer;
  let token: Address;
  let hubs: bigint[];
  let metered: TestListing;

  const address = (index: number): Address => chain.accounts[index]!.address;
  const at = () => ({ contracts: chain.contracts });
  const now = async () => Number((await chain.client.getBlock()).timestamp);

  async function get<T = Json>(path: string): Promise<T> {
    const { status, body } = await indexer.get(path);
    expect(status, `${path} ${JSON.stringify(body)}`).toBe(200);
    return body as T;
  }

  async function graph(body: unknown): Promise<{ status: number; body: Json }> {
    const answer = await fetch(`${indexer.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    return { status: answer.status, body: await answer.json() };
  }

  async function everyItem(path: string): Promise<Json[]> {
    const items: Json[] = [];
    let cursor = "";
    do {
      const page: List = await get(`${path}${path.includes("?") ? "&" : "?"}${cursor}`);
      items.push(...page.items);
      cursor = page.next === null ? "" : `cursor=${page.next}`;
    } while (cursor !== "");
    return items;
  }

  async function sign(index: number, typed: unknown): Promise<Hex> {
    return chain.accounts[index]!.signTypedData(typed as never);
  }

  async function closeWith(paid: TestPurchase, { terms: { relays } }: TestListing, cumulative: bigint) {
    const voucher = { channelId: paid.paymentId, cumulative, relay: relays[0]! };
    const domain = core.channelsDomain({ chainId: chain.chainId, channels: chain.contracts.Channels });
    const voucherSignature = await sign(SIGNER, core.signable(domain, "Voucher", voucher));
    const closing = { ...at(), terms: paid.terms, relays, voucher, voucherSignature, capture: cumulative };
    await sdk.closeChannel(chain.wallet(OPERATOR), closing);
  }

  beforeAll(async () => {
    chain = await startChain({ parameters: { disputes: testAccount(DISPUTES).address } });
    token = await makeToken(chain, [BUYER, SECOND_BUYER], 10n ** 18n);
    hubs = [(await makeHub(chain, "Harbour")).hubId, (await makeHub(chain, "Observatory")).hubId];
    indexer = await startIndexer(chain, {
      env: { ...env(), WEIR_RATING_TOKENS: `${token}=1000` },
    });
    await indexer.caughtUp();
  });

  afterAll(async () => {
    await indexer?.stop();
    await chain?.stop();
  });

  describe("search, filters and pages", () => {
    const plans = [[messagePlan], [messagePlan, freePlan], [periodPlan], [flatPlan], [freePlan]];
    const bits = [0, 1 << 0, 1 << 3, 1 << 17, RESTRICTED, (1 << 21) | (1 << 22), 1 << 23];

    test("each filter, alone and with others, is a scan over the events", async () => {
      for (let n = 0; n < 20; n += 1) {
        const title = TITLES[n % TITLES.length]!;
        const category = CATEGORIES[n % CATEGORIES.length]!;
        const terms = {
          plans: plans[n % plans.length]!,
          flags: bits[n % bits.length]!,
          token: n % 4 === 1 ? token : zeroAddress,
        };
        const metadata = sampleMetadata(title, { category, keywords: [`tag${n % 3}`] });
        const { listingId } = await makeListing(chain, hubs[n % 2]!, title, terms, metadata);
        if (n % 6 === 4) await sdk.pauseListing(chain.wallet(SELLER), { ...at(), listingId });
        if (n % 6 === 5) await sdk.closeListing(chain.wallet(SELLER), { ...at(), listingId });
      }
      await indexer.caughtUp();
      const scanned = await scanListings(chain);
      const word = fc.constantFrom(...TITLES, "pier", "RAIN", "tag1", "all about", "%", "_", "\\", "zzz");
      const query = fc.record<Query>(
        {
          q: word,
          category: fc.constantFrom(...CATEGORIES, "other"),
          kind: fc.constantFrom("message", "byte", "period", "flat", "free"),
          token: fc.constantFrom(token, zeroAddress),
          hub: fc.constantFrom(...hubs.map(String), "99"),
          flag: fc.constantFrom(...Object.keys(FLAG_BITS)),
          state: fc.constantFrom("open", "paused", "closed"),
        },
        { requiredKeys: [] },
      );
      const holds = fc.asyncProperty(query, fc.integer({ min: 1, max: 7 }), async (asked, limit) => {
        const search = new URLSearchParams(asked as Record<string, string>);
        const expected = scanned.filter((listing) => matches(listing, asked)).map(({ id }) => id);
        const shown = await everyItem(`/v1/listings?limit=${limit}&${search}`);
        expect(shown.map(({ id }) => id)).toEqual(expected);

        const facets = await get(`/v1/listings/facets?${search}`);
        const counted = (but: keyof Query, of: (listing: (typeof scanned)[number]) => string[]) => {
          const { [but]: _, ...rest } = asked;
          const counts: Record<string, number> = {};
          for (const listing of scanned.filter((candidate) => matches(candidate, rest)))
            for (const choice of of(listing)) counts[choice] = (counts[choice] ?? 0) + 1;
          return counts;
        };
        const known = ["message", "byte", "period", "flat", "free"];
        expect(facets.categories).toEqual(counted("category", (listing) => [listing.category]));
        expect(facets.tokens).toEqual(counted("token", ({ terms }) => [terms.token]));
        expect(facets.kinds).toEqual(
          counted("kind", (listing) => known.filter((kind) => sells(listing, kind))),
        );
        expect(facets.flags).toEqual(
          counted("flag", (listing) => Object.keys(FLAG_BITS).filter((flag) => hasFlag(listing, flag))),
        );
        expect(Object.fromEntries(facets.hubs.map(({ id, count }: Json) => [id, count]))).toEqual(
          counted("hub", ({ terms }) => [String(terms.hubId)]),
        );
      });
      await fc.assert(holds, { numRuns: 60 });
    });

    test("pages cover each listing once while new ones arrive", async () => {
      const before = (await everyItem("/v1/listings?limit=100")).map(({ id }) => id);
      const seen: string[] = [];
      let path = "/v1/listings?limit=5";
      for (;;) {
        const { items, next } = await get<List>(path);
        seen.push(...items.map(({ id }) => id));
        if (next === null) break;
        await makeListing(chain, hubs[0]!, "Late");
        await indexer.caughtUp();
        path = `/v1/listings?limit=5&cursor=${next}`;
      }
      expect(seen).toEqual(before);
    });

    test("what strangers write into every text field is text, and no search or cursor is a fault", async () => {
      const strings: string[] = existsSync(NAUGHTY)
        ? JSON.parse(readFileSync(NAUGHTY, "utf8"))
        : ["", "\0", "' OR 1=1 --", "<script>alert(1)</script>", "\ud800", "%00", "\\", "田中さん", "‮test"];
      const owner = chain.wallet(SELLER);
      const chunk = 16;
      for (let from = 0; from < strings.length; from += chunk) {
        const some = strings.slice(from, from + chunk);
        const [name = ""] = some;
        const metadata = JSON.stringify({
          name,
          description: some.join(" "),
          keywords: some,
          spatial: { name, latitude: 1, longitude: 1 },
        });
        const { listingId } = await makeListing(chain, hubs[0]!, "", {}, metadata);
        if (from === 0)
          await sdk.requestGrant(chain.wallet(STRANGER), { ...at(), listingId, version: 1, note: "0x00" });
      }
      const worst = strings.filter((text) => text !== "").join("\0");
      const hubMetadata = JSON.stringify({ name: worst.slice(0, 500) });
      await sdk.createHub(owner, {
        ...at(),
        metadata: hubMetadata,
        payout: address(SELLER),
        encryptionKey: toHex(1, { size: 32 }),
      });
      const device = { ...at(), hubId: hubs[1]!, name: "odd", metadata: worst.slice(0, 2_000) };
      await sdk.registerDevice(owner, device);
      await indexer.caughtUp();
      const listed = await everyItem("/v1/listings?limit=100");
      expect(listed).toHaveLength((await scanListings(chain)).filter((one) => matches(one, {})).length);
      expect((await get(`/v1/hubs/${hubs[1]}`)).devices).toMatchObject([{ name: "odd" }]);
      const ask = async (path: string) => {
        const { status, body } = await indexer.get(path);
        expect([200, 400, 404], `${path} ${JSON.stringify(body)}`).toContain(status);
      };
      for (const text of strings) {
        const word = encodeURIComponent(text.toWellFormed());
        await Promise.all(
          [
            `/v1/listings?q=${word}`,
            `/v1/listings/facets?q=${word}`,
            `/v1/listings?cursor=${word}`,
            `/v1/listings?hub=${word}`,
            `/v1/listings/${word || "%20"}`,
          ].map(ask),
        );
      }
    }, 180_000);
  });

  describe("hubs", () => {
    test("roles, devices, keys, and a change of owner after which old roles are gone", async () => {
      const owner = chain.wallet(SELLER);
      const { hubId } = await makeHub(chain, "Lighthouse");
      await sdk.setRoles(owner, { ...at(), hubId, account: address(MANAGER), roles: 2 | 4 });
      await sdk.registerDevice(owner, { ...at(), hubId, name: "lamp", metadata: '{"height":12}' });
      await sdk.registerDevice(owner, { ...at(), hubId, name: "horn" });
      await sdk.revokeDevice(owner, { ...at(), hubId, name: "horn" });
      await indexer.caughtUp();
      const of = async (member: Address) =>
        (await everyItem(`/v1/hubs?limit=1&member=${member}`)).map(({ id }) => id);
      expect(await of(address(MANAGER))).toEqual([String(hubId)]);
      expect(await of(address(SELLER))).toContain(String(hubId));
      expect(await of(address(STRANGER))).toEqual([]);
      const hub = await get(`/v1/hubs/${hubId}`);
      const publisher = { account: address(OPERATOR), roles: ["publisher"] };
      const manager = { account: address(MANAGER), roles: ["manager", "treasurer"] };
      expect(hub).toMatchObject({
        owner: address(SELLER),
        name: "Lighthouse",
        pendingOwner: null,
        listings: 0,
      });
      expect(hub.roles).toHaveLength(2);
      expect(hub.roles).toEqual(expect.arrayContaining([publisher, manager]));
      expect(hub.devices).toHaveLength(2);
      expect(hub.devices).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ name: "lamp", metadata: { height: 12 }, revokedAt: null }),
          expect.objectContaining({ name: "horn", revokedAt: expect.any(Number) }),
        ]),
      );
      expect(hub.publisherKeys).toMatchObject([{ keyId: 0, account: address(OPERATOR), revokedAt: null }]);

      await sdk.transferHub(owner, { ...at(), hubId, newOwner: address(STRANGER) });
      await indexer.caughtUp();
      expect(await everyItem(`/v1/hubs?pendingOwner=${address(STRANGER)}`)).toMatchObject([
        { id: String(hubId), pendingOwner: address(STRANGER) },
      ]);
      await sdk.acceptHub(chain.wallet(STRANGER), { ...at(), hubId });
      await indexer.caughtUp();
      expect(await get(`/v1/hubs/${hubId}`)).toMatchObject({
        owner: address(STRANGER),
        pendingOwner: null,
        roles: [],
      });
      expect(await of(address(MANAGER))).toEqual([]);
    });
  });

  describe("sale", () => {
    test("requests: asked, declined, asked again, approved; each seen by hub and buyer", async () => {
      const listing = await makeListing(chain, hubs[0]!, "By approval", { flags: RESTRICTED });
      const { listingId, version, terms } = listing;
      const buyer = address(BUYER);
      const asking = { ...at(), listingId, version, note: "0x1234" } as const;
      await sdk.requestGrant(chain.wallet(BUYER), asking);
      await sdk.declineRequest(chain.wallet(SELLER), { ...at(), listingId, buyer, reason: "Not yet." });
      await sdk.requestGrant(chain.wallet(BUYER), { ...asking, note: "0x5678" });
      await indexer.caughtUp();
      const path = `/v1/accounts/${buyer}/requests`;
      const about = { listingId: String(listingId), buyer };
      expect(await everyItem(path)).toMatchObject([
        { ...about, note: "0x5678", state: "open", approval: null, reason: null },
        { ...about, note: "0x1234", state: "declined", reason: "Not yet.", approval: null },
      ]);
      expect(await everyItem(`/v1/hubs/${hubs[0]}/requests?state=declined`)).toHaveLength(1);

      const deadline = core.FOREVER;
      const { termsHash } = terms;
      const domain = core.grantsDomain({ chainId: chain.chainId, grants: chain.contracts.Grants });
      const message = { listingId, version, buyer, termsHash, deadline };
      const signature = await sign(SELLER, core.signable(domain, "Approval", message));
      const approval = { manager: address(SELLER), deadline, signature };
      await sdk.approveRequest(chain.wallet(STRANGER), { ...at(), ...message, approval });
      await indexer.caughtUp();
      const [approved] = await everyItem(path);
      expect(approved).toMatchObject({ state: "approved", version, approval: { ...approval, termsHash } });
      const purchase = { ...makePurchase(chain, listing), approval: approved.approval };
      await sdk.buy(chain.wallet(BUYER), { ...at(), purchase });

      // Any seller can decline what nobody asked him for: the approval is still found.
      const other = await makeListing(chain, hubs[0]!, "Never asked for", { flags: RESTRICTED });
      const unasked = { ...at(), listingId: other.listingId, buyer, reason: "No." };
      await sdk.declineRequest(chain.wallet(SELLER), unasked);
      await indexer.caughtUp();
      expect(await get<List>(`${path}?limit=1`)).toMatchObject({ items: [{ reason: "No." }] });
      const newest = await get<List>(`${path}?listing=${listingId}&limit=1`);
      expect(newest).toMatchObject({ items: [{ ...about, state: "approved", approval }] });
      expect(await everyItem(`/v1/hubs/${hubs[0]}/requests?listing=${listingId}`)).toHaveLength(2);
    });

    test("a subscription and a gift: as on chain, through cancel, keys and revocation", async () => {
      const wallet = chain.wallet(SECOND_BUYER);
      const listing = await makeListing(chain, hubs[0]!, "Timed", { plans: [periodPlan, flatPlan] });
      const { listingId } = listing;
      const take = async (plan: number, amount: bigint) => {
        const purchase = makePurchase(chain, listing, { buyer: SECOND_BUYER, amount, plan });
        return { purchase, ...(await sdk.buy(wallet, { ...at(), purchase })) };
      };
      const bought = await take(0, 90_000n);
      const flat = await take(1, 7_000n);
      const gift = await sdk.giveGrant(chain.wallet(SELLER), {
        ...at(),
        listingId,
        buyer: address(SECOND_BUYER),
        rights: 3,
        notBefore: 0,
        notAfter: core.FOREVER,
        nonce: zeroHash,
        encryptionKey: toHex(3, { size: 32 }),
      });
      const keys = { encryptionKey: toHex(9, { size: 32 }), signer: address(SIGNER) };
      await sdk.rotateKeys(wallet, { ...at(), grantId: bought.grantId, ...keys });
      await indexer.caughtUp();
      const path = `/v1/accounts/${address(SECOND_BUYER)}/purchases`;
      const { purchase, paymentId } = bought;
      const block = await chain.client.getBlock({ blockNumber: bought.receipt.blockNumber });
      const grants = chain.contracts.Grants;
      const terms = core.deriveSubscriptionTerms(listing.terms, purchase, {
        time: Number(block.timestamp),
        grants,
      });
      const agree = async () => {
        await indexer.caughtUp();
        const [slot, mined, items] = await Promise.all([
          sdk.getSubscription(chain.client, { ...at(), subscriptionId: paymentId }),
          now(),
          everyItem(path),
        ]);
        const { subscription } = items.find(({ grantId }) => grantId === bought.grantId);
        const vested = await sdk.getVested(chain.client, { ...at(), terms, time: subscription.vestedAt });
        expect(subscription).toMatchObject({
          id: paymentId,
          deposit: String(slot.deposit),
          claimed: String(slot.claimed),
          startAt: slot.start,
          until: slot.stop,
          vested: String(vested),
          price: "86400",
          period: 86_400,
          upfront: "500",
        });
        expect(subscription.vestedAt).toBeLessThanOrEqual(mined);
        return subscription;
      };
      expect(await agree()).toMatchObject({ state: "active", stoppedAt: null });
      const items = await everyItem(path);
      expect(items).toMatchObject([
        {
          grantId: gift.grantId,
          given: true,
          plan: null,
          kind: null,
          subscription: null,
          rights: ["read", "history"],
        },
        {
          grantId: flat.grantId,
          given: false,
          kind: "flat",
          subscription: { price: "0", upfront: "7000", until: core.ENDLESS, vested: "7000" },
        },
        { grantId: bought.grantId, given: false, kind: "period", channel: null, rotated: keys },
      ]);
      await chain.test.increaseTime({ seconds: 10_000 });
      const { relays } = listing.terms;
      await sdk.cancelSubscription(wallet, { ...at(), terms, relays });
      expect(await agree()).toMatchObject({ state: "ending", stoppedBySeller: false });
      await chain.test.increaseTime({ seconds: 4_000 });
      await chain.test.mine({ blocks: 1 });
      expect(await agree()).toMatchObject({ state: "ended" });

      await sdk.revokeGrant(chain.wallet(SELLER), { ...at(), grantId: gift.grantId });
      await indexer.caughtUp();
      const buyers = await everyItem(`/v1/listings/${listingId}/buyers?limit=2`);
      expect(buyers).toMatchObject([
        { grantId: gift.grantId, given: true, revokedAt: expect.any(Number), blocked: true },
        { grantId: flat.grantId, plan: 1, kind: "flat", amount: "7000", channel: null },
        { grantId: bought.grantId, plan: 0, kind: "period", subscription: { state: "ended" } },
      ]);
      expect(await get(`/v1/listings/${listingId}`)).toMatchObject({ purchases: 2 });
    });

    test("earnings, cuts and what is owed add up to what the contracts hold", async () => {
      const market = address(9);
      metered = await makeListing(chain, hubs[1]!, "Metered", {
        relays: [address(RELAY), address(STRANGER)],
        relayBps: 500,
        markets: [market],
        marketBps: 200,
      });
      const listing = metered;
      const { listingId, terms } = listing;
      const purchase = { ...makePurchase(chain, listing), market };
      const { grantId, paymentId } = await sdk.buy(chain.wallet(BUYER), { ...at(), purchase });
      const channel = core.deriveTerms(terms, purchase);
      const domain = core.channelsDomain({ chainId: chain.chainId, channels: chain.contracts.Channels });
      const totals = [1_000_003n, 5_000_009n, 868_900_001n];
      for (const cumulative of totals) {
        const voucher = { channelId: paymentId, cumulative, relay: address(RELAY) };
        const signature = await sign(SIGNER, core.signable(domain, "Voucher", voucher));
        const closing = {
          ...at(),
          terms: channel,
          relays: terms.relays,
          voucher,
          voucherSignature: signature,
        };
        if (cumulative === totals.at(-1))
          await sdk.closeChannel(chain.wallet(OPERATOR), { ...closing, capture: cumulative });
        else {
          const { payer, signer, salt, ...shared } = channel;
          await claimOne(shared, { payer, signer, salt }, voucher, signature);
        }
      }
      await indexer.caughtUp();
      const owedTo = (holder: Address, escrow: "Channels" | "Subscriptions" = "Channels") =>
        sdk.getOwed(chain.client, { ...at(), escrow, holder, token: zeroAddress });
      const [relayCut, marketCut] = [await owedTo(address(RELAY)), await owedTo(market)];
      expect(relayCut).toBeGreaterThan(0n);
      const { items, byDay } = await get(`/v1/hubs/${hubs[1]}/earnings`);
      expect(items.find((item: Json) => item.listingId === String(listingId))).toEqual({
        listingId: String(listingId),
        token: zeroAddress,
        settled: "868900001",
        relayCuts: String(relayCut),
        marketCuts: String(marketCut),
        purchases: 1,
      });
      expect(byDay.reduce((sum: bigint, { settled }: Json) => sum + BigInt(settled), 0n)).toBe(868_900_001n);

      const stake = parseEther("1");
      const endpoints = ["/ip4/127.0.0.1/tcp/4001", "/ip4/127.0.0.1/tcp/4002/ws"];
      const described = { ...at(), peerId: "0x1220aa", endpoints, feeBps: 500, region: "eu-west" } as const;
      await sdk.registerRelay(chain.wallet(RELAY), { ...described, stake });
      await indexer.caughtUp();
      const relay = await get(`/v1/relays/${address(RELAY)}`);
      expect(relay).toMatchObject({
        operator: address(RELAY),
        peerId: "0x1220aa",
        endpoints,
        stake: String(stake),
        region: "eu-west",
        deregisteredAt: null,
        // The subscription that was cancelled above paid its cut too.
        owed: await Promise.all(
          (["Channels", "Subscriptions"] as const).map(async (contract) => {
            const amount = String(await owedTo(address(RELAY), contract));
            return { contract, token: zeroAddress, amount };
          }),
        ),
        lastSettlementAt: expect.any(Number),
      });
      expect(relay.listings).toContain(String(listingId));
      expect(await everyItem("/v1/relays?limit=1")).toEqual([relay]);
      for (const escrow of ["Channels", "Subscriptions"] as const)
        await sdk.pull(chain.wallet(RELAY), { ...at(), escrow, holder: address(RELAY), token: zeroAddress });
      await sdk.deregisterRelay(chain.wallet(RELAY), at());
      await indexer.caughtUp();
      expect(await everyItem("/v1/relays")).toEqual([]);
      expect(await everyItem(`/v1/relays?operator=${address(BUYER)}`)).toEqual([]);
      const left = await get(`/v1/relays/${address(RELAY)}`);
      expect(left).toMatchObject({ owed: [], unbondingAt: expect.any(Number) });
      expect(await everyItem(`/v1/relays?operator=${address(RELAY)}`)).toEqual([left]);
      const earned = left.earned.find((item: Json) => item.token === zeroAddress);
      expect(BigInt(earned.amount)).toBeGreaterThanOrEqual(relayCut);

      const activity = await everyItem(`/v1/accounts/${address(BUYER)}/activity?limit=3`);
      const names = activity.filter((item) => item.listingId === String(listingId)).map(({ name }) => name);
      expect(names).toEqual([
        "ChannelClosed",
        "ChannelClaimed",
        "ChannelClaimed",
        "Purchased",
        "ChannelFunded",
      ]);
      expect(activity.find(({ name }) => name === "Purchased")).toMatchObject({
        grantId,
        contract: "Grants",
      });
      const blocks = activity.map(({ block }) => block);
      expect(blocks).toEqual([...blocks].sort((a, b) => b - a));
      expect(new Set(activity.map(({ id }) => id)).size).toBe(activity.length);
    });

    async function claimOne(
      { payee, operator, token: coin, listingId, relayBps, market, marketBps, challenge }: Json,
      row: Json,
      { cumulative, relay }: { cumulative: bigint; relay: Address },
      signature: Hex,
    ) {
      const cuts = { relays: metered.terms.relays, relayBps, market, marketBps };
      const common = { payee, operator, token: coin, listingId, challenge, ...cuts };
      const { r, yParityAndS: vs } = signatureToCompactSignature(parseSignature(signature));
      const rows = [{ ...row, cumulative, relay, r, vs }];
      const { claimed } = await sdk.claim(chain.wallet(OPERATOR), { ...at(), common, rows });
      expect(claimed).toHaveLength(1);
    }

    test("ratings weigh by their cuts, in known tokens, once a buyer; worthless ones move nothing", async () => {
      const listing = await makeListing(chain, hubs[0]!, "Rated", { token });
      const { listingId } = listing;
      const rated: { weight: bigint; scores: readonly number[] }[] = [];
      const give = async (
        buyer: number,
        cumulative: bigint,
        scores: readonly [number, number, number, number],
      ) => {
        const wallet = chain.wallet(buyer);
        const amount = messagePlan.entry;
        await sdk.approveToken(wallet, { token, spender: chain.contracts.Grants, amount });
        const purchase = { ...makePurchase(chain, listing, { buyer, amount }), funding: 1 as const };
        const { grantId, paymentId } = await sdk.buy(wallet, { ...at(), purchase });
        const terms = core.deriveTerms(listing.terms, purchase);
        await closeWith(
          { purchase, terms, grantId, paymentId, hash: "0x", buyer: purchase.buyer },
          listing,
          cumulative,
        );
        await sdk.rate(wallet, { ...at(), grantId, terms, scores, comment: "<b>\0'; --" });
        return () => sdk.rate(wallet, { ...at(), grantId, terms, scores: [1, 2, 3, 4], comment: "revised" });
      };
      // 5 % cuts: 250 of the 1,000 that weigh in full; far more than them.
      await give(BUYER, 5_000n, [5, 5, 4, 5]);
      rated.push({ weight: 250_000n, scores: [5, 5, 4, 5] });
      const revise = await give(SECOND_BUYER, 10_000_000n, [2, 1, 1, 2]);
      rated.push({ weight: 1_000_000n, scores: [2, 1, 1, 2] });
      const summaryOf = () => {
        const weight = rated.reduce((sum, one) => sum + one.weight, 0n);
        const total = (pick: (scores: readonly number[]) => number) =>
          rated.reduce((sum, one) => sum + one.weight * BigInt(pick(one.scores)), 0n);
        const average = (points: bigint, of: bigint) => Number((points * 100n) / of) / 100;
        return {
          count: rated.length,
          average: average(
            total((scores) => scores.reduce((a, b) => a + b, 0)),
            weight * 4n,
          ),
          weightSum: String(weight),
          scores: [0, 1, 2, 3].map((place) =>
            average(
              total((scores) => scores[place]!),
              weight,
            ),
          ),
        };
      };
      await indexer.caughtUp();
      expect((await get(`/v1/listings/${listingId}`)).ratings).toEqual(summaryOf());
      await revise();
      rated[1]!.scores = [1, 2, 3, 4];
      const text = "Thank you.";
      const answered = { ...at(), listingId, buyer: address(SECOND_BUYER), revision: 1, text };
      await sdk.respond(chain.wallet(SELLER), answered);
      await indexer.caughtUp();
      const listed = await everyItem(`/v1/listings?q=rated&rating=2`);
      expect(listed).toHaveLength(1);
      expect(await everyItem(`/v1/listings?q=rated&rating=3`)).toEqual([]);
      const { scores: _, ...short } = summaryOf();
      expect(listed[0].rating).toEqual(short);
      expect((await get(`/v1/listings/${listingId}`)).ratings).toEqual(summaryOf());
      const ratings = await everyItem(`/v1/listings/${listingId}/ratings?limit=2`);
      expect(ratings).toMatchObject([
        { buyer: address(SECOND_BUYER), revision: 2, newest: true, scores: [1, 2, 3, 4], response: null },
        { revision: 1, newest: false, response: { text, by: address(SELLER) } },
        { buyer: address(BUYER), revision: 1, newest: true, cuts: "250", weight: "250000", settled: "5000" },
      ]);

      // A token that nobody knows costs nobody anything.
      const worthless = await makeToken(chain, [BUYER], 10n ** 18n);
      const dumped = await makeListing(chain, hubs[0]!, "Dumped", { token: worthless });
      await sdk.approveToken(chain.wallet(BUYER), {
        token: worthless,
        spender: chain.contracts.Grants,
        amount: messagePlan.entry,
      });
      const purchase = {
        ...makePurchase(chain, dumped, { amount: messagePlan.entry }),
        funding: 1 as const,
      };
      const { grantId, paymentId } = await sdk.buy(chain.wallet(BUYER), { ...at(), purchase });
      const terms = core.deriveTerms(dumped.terms, purchase);
      const bought = { purchase, terms, grantId, paymentId, hash: "0x", buyer: purchase.buyer } as const;
      await closeWith(bought, dumped, 10_000_000n);
      await sdk.rate(chain.wallet(BUYER), { ...at(), grantId, terms, scores: [5, 5, 5, 5], comment: "" });
      await indexer.caughtUp();
      expect((await get(`/v1/listings/${dumped.listingId}`)).rating).toEqual({
        count: 1,
        average: null,
        weightSum: "0",
      });
    });
  });

  describe("GraphQL", () => {
    test("serves every table, the evidence included", async () => {
      const { listingId } = await makeListing(chain, hubs[0]!, "Anchored");
      // A publisher chooses the generation: all of its 32 bits must fit.
      const generation = 2 ** 32 - 1;
      const row = {
        listingId,
        generation,
        firstSeq: 0n,
        count: 3,
        root: keccak256("0x01"),
        previousRoot: zeroHash,
      };
      await sdk.anchor(chain.wallet(OPERATOR), { ...at(), rows: [row] });
      const subjects = [core.randomSalt(), core.randomSalt()];
      const form = { formHash: keccak256("0x02"), notBefore: 0, notAfter: core.FOREVER };
      await sdk.openRound(chain.wallet(SELLER), { ...at(), listingId, ...form, subjects, given: false });
      await sdk.giveConsents(chain.wallet(SELLER), { ...at(), listingId, subjects: [subjects[0]!] });
      await indexer.caughtUp();
      const query = `query ($id: BigInt!) {
        listing(id: $id) { title state }
        anchors(where: {listingId: $id}) { items { generation count root } totalCount }
        consents(where: {listingId: $id}, limit: 10) { items { subject state } }
      }`;
      const { status, body } = await graph({ query, variables: { id: String(listingId) } });
      expect(status, JSON.stringify(body)).toBe(200);
      expect(body).toEqual({
        data: {
          listing: { title: "Anchored", state: "open" },
          anchors: { items: [{ generation, count: 3, root: row.root }], totalCount: 1 },
          consents: {
            items: expect.arrayContaining([
              { subject: subjects[0], state: "given" },
              { subject: subjects[1], state: "named" },
            ]),
          },
        },
      });
    });

    const nested = (levels: number) => `{ ${"a { ".repeat(levels)} b ${"} ".repeat(levels)} }`;
    test.each<[string, number, string, unknown]>([
      ["too deep", 400, "QUERY_TOO_DEEP", { query: nested(20) }],
      [
        "too many rows",
        400,
        "QUERY_TOO_COMPLEX",
        { query: "{ listings(limit: 1000) { items { id title state hubId version } } }" },
      ],
      [
        "too many rows by a variable",
        400,
        "QUERY_TOO_COMPLEX",
        {
          query: "query ($n: Int) { listings(limit: $n) { items { id title state hubId token version } } }",
          variables: { n: 999 },
        },
      ],
      [
        "too many rows behind fragments",
        400,
        "QUERY_TOO_COMPLEX",
        {
          query: `{ a: listings(limit: 900) { ...P } b: listings(limit: 900) { ...P } }
            fragment P on listingPage { items { ...L ...L ...L } } fragment L on listing { id title }`,
        },
      ],
      ["too long", 413, "BODY_TOO_LARGE", { query: `{ listings { items { id } } } # ${"x".repeat(20_000)}` }],
      ["too many words", 400, "GRAPHQL_PARSE_FAILED", { query: `{ ${"id ".repeat(2_000)} }` }],
      ["no JSON", 400, "BAD_REQUEST", "{"],
      ["no query", 400, "BAD_REQUEST", { query: 7 }],
      ["no GraphQL", 400, "GRAPHQL_PARSE_FAILED", { query: "SELECT 1" }],
    ])("refuses what is %s", async (_, status, code, request) => {
      const answer = await graph(request);
      expect(answer).toMatchObject({ status, body: { errors: [{ extensions: { code } }] } });
      expect(answer.body.errors[0].message).not.toBe("");
    });

    test("refuses too many aliases, a page in a browser, and answers introspection", async () => {
      const aliases = Array.from({ length: 40 }, (_, n) => `a${n}: hubs(limit: 1) { totalCount }`).join(" ");
      expect((await graph({ query: `{ ${aliases} }` })).body.errors[0].message).toMatch(/alias/i);
      const page = await fetch(`${indexer.url}/graphql`);
      expect([page.status, page.headers.get("allow")]).toEqual([405, "POST"]);
      const { body } = await graph({ query: "{ __schema { types { name } } }" });
      expect(body.data.__schema.types.length).toBeGreaterThan(20);
    });
  });

  describe("events", () => {
    eventScenes(() => ({ chain, caughtUp: indexer.caughtUp, get, everyItem, graph }));
  });

  test("health: the lag in blocks and seconds", async () => {
    await indexer.caughtUp();
    expect(await get("/v1/status")).toMatchObject({ lagBlocks: 0, lagSeconds: 0, healthy: true });
  });

  test.each([
    ["/v1/listings?rating=6", "rating"],
    ["/v1/listings?flag=gold", "flag"],
    ["/v1/listings?token=0x1", "token"],
    ["/v1/listings/facets?limit=1", "limit"],
    ["/v1/listings/1/ratings?cursor=MQ", "cursor"],
    ["/v1/listings/x/buyers", "id"],
    ["/v1/hubs?member=me", "member"],
    ["/v1/hubs/1/requests?state=lost", "state"],
    ["/v1/hubs/1/requests?listing=x", "listing"],
    ["/v1/hubs/-1/earnings", "id"],
    ["/v1/relays/0x12", "operator"],
    ["/v1/accounts/0x12/activity", "address"],
    ["/v1/accounts/0x12/requests", "address"],
  ])("%s is refused by its field", async (path, field) => {
    const { status, body } = await indexer.get(path);
    expect({ status, body }).toMatchObject({
      status: 400,
      body: { error: { name: "InvalidParameter", field } },
    });
  });

  test.each(["/v1/hubs/999", `/v1/relays/0x${"9".repeat(40)}`])("%s is not there", async (path) => {
    expect(await indexer.get(path)).toMatchObject({ status: 404, body: { error: { name: "NotFound" } } });
  });

  test("a restarted chain is forgotten and indexed from nothing", async () => {
    const before = await get("/v1/status");
    await chain.restart({ deploy: false });
    await chain.deploy();
    const { hubId } = await makeHub(chain, "Another");
    await makeListing(chain, hubId, "After the restart");
    await indexer.caughtUp();
    expect(await everyItem("/v1/listings")).toMatchObject([{ title: "After the restart" }]);
    expect(await everyItem("/v1/hubs")).toMatchObject([{ name: "Another" }]);
    expect(await everyItem(`/v1/accounts/${address(BUYER)}/activity`)).toEqual([]);
    expect((await get("/v1/status")).instanceId).not.toBe(before.instanceId);
  });

  then(() => indexer);
}
