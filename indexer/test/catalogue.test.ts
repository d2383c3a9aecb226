// The indexer program against a real chain. Long, and one file, because one start of the program serves all of it.
// ├── listings: what the chain says, newest first, filters, pages, unlisted ones only by id
// ├── hostile metadata: appears, stops nothing
// ├── a revision, a pause, a close: seen, earlier versions kept
// ├── purchases: as on chain; the channel through its life
// ├── health: the lag behind the head, in blocks and seconds
// ├── wrong questions: 400 with the field, 404
// └── a restarted chain: no old row is shown (that the new one is indexed: support/suite.ts)
import { randomBytes } from "node:crypto";
import { toHex, zeroHash } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  closeChannel,
  closeListing,
  fundChannel,
  getChannel,
  getHub,
  getListing,
  getPublisherKeys,
  getPurchase,
  giveGrant,
  pauseListing,
  requestClose,
  resumeListing,
  reviseListing,
  revokeGrant,
  withdraw,
} from "../../sdk/src/chain/index.ts";
import { channelsDomain, FOREVER, signable } from "../../sdk/src/core/index.ts";
import { listingsAbi } from "../../sdk/src/generated/index.ts";
import { startChain, type TestChain } from "../../test/support/chain.ts";
import { startIndexer, type TestIndexer } from "../../test/support/indexer.ts";
import {
  BUYER,
  freePlan,
  makeGrant,
  makeHub,
  makeListing,
  makeTerms,
  messagePlan,
  OPERATOR,
  RELAY,
  SELLER,
  SIGNER,
  sampleMetadata,
  type TestListing,
} from "../../test/support/market.ts";
import { type Replica, startReplica } from "../../test/support/replica.ts";

type Json = Record<string, unknown>;
type List = { items: Json[]; next: string | null };

let chain: TestChain;
let indexer: TestIndexer;
let replica: Replica;
let hubId: bigint;
let wind: TestListing;
let rain: TestListing;
let quakes: TestListing;

async function get<T = Json>(path: string): Promise<T> {
  const { status, body } = await indexer.get(path);
  expect(status, JSON.stringify(body)).toBe(200);
  return body as T;
}

const titles = async (query: string) =>
  (await get<List>(`/v1/listings${query}`)).items.map((item) => item.title);

/** JSON of chain values: decimal strings for what is not exact as a number. */
const plain = (value: unknown) =>
  JSON.parse(JSON.stringify(value, (_, item) => (typeof item === "bigint" ? String(item) : item)));

/** Ponder asks for the head with its transactions. The status asks without: it is about the chain, not about the tables. */
const byPonder = ({ method, params }: { method: string; params?: unknown[] }) =>
  method === "eth_getBlockByNumber" && params?.[0] === "latest" && params[1] === true;

beforeAll(async () => {
  chain = await startChain();
  hubId = (await makeHub(chain, "Harbour")).hubId;
  wind = await makeListing(chain, hubId, "Wind at the 100% pier");
  rain = await makeListing(chain, hubId, "Rain", { plans: [messagePlan, freePlan] });
  quakes = await makeListing(
    chain,
    hubId,
    "Quakes",
    { plans: [freePlan] },
    sampleMetadata("Quakes", {
      category: "geoscience",
      keywords: ["Earth"],
      spatial: { name: "Kamchatka", latitude: 56, longitude: 160 },
      license: "CC0-1.0",
    }),
  );
  // Ponder takes 30 blocks for final and undoes younger ones by itself: only behind that is a restart the supervisor's work.
  await chain.mine(40);
  replica = await startReplica(chain.rpc, byPonder);
  indexer = await startIndexer(chain, { env: { WEIR_RPC_URL: replica.url } });
  await indexer.caughtUp();
});

afterAll(async () => {
  await indexer?.stop();
  await replica?.stop();
  await chain?.stop();
});

describe("listings", () => {
  test("a listing is what the chain says", async () => {
    const { contracts, client, accounts } = chain;
    const [onChain, hub, keys, termsHash] = await Promise.all([
      getListing(client, { contracts, listingId: wind.listingId }),
      getHub(client, { contracts, hubId }),
      getPublisherKeys(client, { contracts, hubId }),
      client.readContract({
        abi: listingsAbi,
        address: contracts.Listings,
        functionName: "termsHashOf",
        args: [wind.listingId, 1],
      }),
    ]);
    const { timestamp } = await client.getBlock({ blockNumber: onChain.block });
    const listing = await get(`/v1/listings/${wind.listingId}`);
    const { terms } = onChain;
    expect(listing).toMatchObject({
      id: String(wind.listingId),
      hubId: String(hubId),
      hub: { id: String(hubId), name: "Harbour", owner: hub.owner },
      version: 1,
      state: "open",
      title: "Wind at the 100% pier",
      category: "weather",
      tags: ["air", "temperature"],
      place: null,
      source: { kind: "replay", rate: "5 messages a second", origin: "a test" },
      token: terms.token,
      plans: [{ index: 0, kind: "message", rights: ["read"], price: String(messagePlan.price), unit: "1" }],
      relays: [accounts[RELAY]!.address],
      epochLength: 1,
      segment: terms.segment,
      purchases: 0,
      createdAt: Number(timestamp),
      updatedAt: Number(timestamp),
      metadata: JSON.parse(wind.metadata),
      metadataText: wind.metadata,
      termsHash,
      versions: [
        { version: 1, termsHash, block: Number(onChain.block), transactionHash: onChain.transactionHash },
      ],
      operatorKeys: keys.map(({ keyId, account, x, y }) => ({ keyId, account, x, y, revokedAt: null })),
    });
    const times = ({ period, maxWindow, notice, promoUntil }: (typeof terms.plans)[number]) => ({
      period: String(period),
      maxWindow: String(maxWindow),
      notice: String(notice),
      promoUntil: String(promoUntil),
    });
    expect(listing.terms).toEqual({
      ...plain(terms),
      plans: terms.plans.map((plan) => ({ ...plain(plan), ...times(plan) })),
      challenge: String(terms.challenge),
      epochLength: String(terms.epochLength),
      historyDepth: String(terms.historyDepth),
      saleUntil: String(terms.saleUntil),
    });
  });

  test("newest first, and filtered", async () => {
    expect(await titles("")).toEqual(["Quakes", "Rain", "Wind at the 100% pier"]);
    expect(await titles("?category=geoscience")).toEqual(["Quakes"]);
    expect(await titles("?kind=free")).toEqual(["Quakes", "Rain"]);
    expect(await titles("?kind=message")).toEqual(["Rain", "Wind at the 100% pier"]);
    expect(await titles("?kind=byte")).toEqual([]);
    expect(await titles(`?hub=${hubId}`)).toHaveLength(3);
    expect(await titles("?hub=99")).toEqual([]);
    expect(await titles("?state=open")).toHaveLength(3);
    expect(await titles("?state=closed")).toEqual([]);
    expect(await titles("?q=AIR")).toEqual(["Rain", "Wind at the 100% pier"]);
    expect(await titles("?q=kamchatka%20earth")).toEqual(["Quakes"]);
    expect(await titles("?q=kamchatka%20air")).toEqual([]);
    expect(await titles("?q=100%25")).toEqual(["Wind at the 100% pier"]);
    expect(await titles("?q=1_0")).toEqual([]);
  });

  test("pages hold each listing once, also while listings are added", async () => {
    const first = await get<List>("/v1/listings?limit=2");
    expect(first.items.map((item) => item.title)).toEqual(["Quakes", "Rain"]);
    const late = await makeListing(chain, hubId, "Late");
    await indexer.caughtUp();
    const second = await get<List>(`/v1/listings?limit=2&cursor=${first.next}`);
    expect(second.items.map((item) => item.title)).toEqual(["Wind at the 100% pier"]);
    expect(second.next).toBeNull();
    expect((await get<List>("/v1/listings?limit=4")).next).toBeNull();
    await closeListing(chain.wallet(SELLER), { contracts: chain.contracts, listingId: late.listingId });
    await indexer.caughtUp();
    expect(await titles("?state=closed")).toEqual(["Late"]);
  });

  test("an unlisted listing is reachable by its id alone", async () => {
    const hidden = await makeListing(chain, hubId, "Hidden", { flags: 1 << 23 });
    await indexer.caughtUp();
    expect(await titles("?q=hidden")).toEqual([]);
    expect(await get(`/v1/listings/${hidden.listingId}`)).toMatchObject({ title: "Hidden" });
  });

  test.each([
    ["no JSON", "wind; DROP TABLE listing"],
    [
      "NUL and quotes",
      JSON.stringify({
        name: "a\u0000b'\"\\.\n\r\tc",
        description: "\\N\u0000",
        keywords: ["\\.", "{,}", "NULL", '"'],
      }),
    ],
    [
      "as many bytes as the contracts take",
      JSON.stringify({ name: "big", noise: randomBytes(4_000).toString("hex") }),
    ],
    ["a prototype", '{"__proto__":{"name":"x"},"name":"proto","constructor":1}'],
    ["surrogates", '{"name":"\\ud800","keywords":["\\udfff"]}'],
  ])("hostile metadata stops nothing: %s", async (_, metadata) => {
    const { listingId } = await makeListing(chain, hubId, "", {}, metadata);
    await indexer.caughtUp();
    const listing = await get(`/v1/listings/${listingId}`);
    expect(typeof listing.title).toBe("string");
    expect(listing.metadataText).toBe(metadata.replaceAll("\0", ""));
  });

  test("a revision and a pause are seen; the first version stays", async () => {
    const { contracts } = chain;
    const seller = chain.wallet(SELLER);
    const { listingId } = rain;
    const metadata = sampleMetadata("Rain and snow");
    const { receipt } = await reviseListing(seller, {
      contracts,
      listingId,
      terms: makeTerms(chain, hubId, metadata, { epochLength: 2 }),
      metadata,
    });
    await pauseListing(seller, { contracts, listingId });
    await indexer.caughtUp();
    const revised = await get(`/v1/listings/${listingId}`);
    expect(revised).toMatchObject({ version: 2, state: "paused", title: "Rain and snow", epochLength: 2 });
    expect(revised.versions).toMatchObject([
      { version: 2, block: Number(receipt.blockNumber) },
      { version: 1 },
    ]);
    expect(await titles("?state=paused")).toEqual(["Rain and snow"]);
    await resumeListing(seller, { contracts, listingId });
    await indexer.caughtUp();
    expect(await titles("?state=paused")).toEqual([]);
  });
});

describe("purchases", () => {
  const mine = () => get<List>(`/v1/accounts/${chain.accounts[BUYER]!.address}/purchases`);

  test("a purchase is what the chain says, and its channel lives and ends", async () => {
    const { contracts, client } = chain;
    const bought = await makeGrant(chain, wind);
    const paid = await getPurchase(client, { contracts, grantId: bought.grantId });
    const buyer = chain.wallet(BUYER);
    await indexer.caughtUp();
    const { items, next } = await mine();
    expect(next).toBeNull();
    const { timestamp } = await client.getBlock({ blockNumber: paid.block });
    expect(items).toEqual([
      {
        grantId: bought.grantId,
        listingId: String(wind.listingId),
        version: 1,
        plan: 0,
        kind: "message",
        given: false,
        rights: ["read"],
        paymentId: bought.paymentId,
        signer: paid.signer,
        encryptionKey: paid.encryptionKey,
        rotated: null,
        buyerSalt: paid.buyerSalt,
        notBefore: paid.notBefore,
        notAfter: paid.notAfter,
        market: paid.market,
        amount: String(paid.amount),
        revokedAt: null,
        transactionHash: bought.hash,
        block: Number(paid.block),
        createdAt: Number(timestamp),
        listing: { title: "Wind at the 100% pier", hubId: String(hubId), token: wind.terms.token },
        channel: {
          id: bought.paymentId,
          token: wind.terms.token,
          deposit: String(paid.amount),
          claimed: "0",
          refunded: "0",
          closeAt: 0,
          epoch: 0,
          state: "open",
        },
        subscription: null,
      },
    ]);
    expect(await get(`/v1/listings/${wind.listingId}`)).toMatchObject({ purchases: 1 });

    let refunded = 0n;
    const agrees = async (state: string) => {
      await indexer.caughtUp();
      const slot = await getChannel(client, { contracts, channelId: bought.paymentId });
      const { token } = wind.terms;
      const shown = plain({ id: bought.paymentId, token, ...slot, refunded, state });
      expect((await mine()).items[0]!.channel).toEqual(shown);
    };
    const { terms } = bought;
    await requestClose(buyer, { contracts, terms });
    await agrees("closing");
    await fundChannel(buyer, { contracts, terms, amount: 5n });
    await agrees("open");
    await requestClose(buyer, { contracts, terms });
    await chain.test.increaseTime({ seconds: terms.challenge + 1 });
    ({ refund: refunded } = await withdraw(buyer, { contracts, terms }));
    expect(refunded).toBe(paid.amount + 5n);
    await agrees("closed");
    await fundChannel(buyer, { contracts, terms, amount: 7n });
    await agrees("open");
    const voucher = { channelId: bought.paymentId, cumulative: 3n, relay: wind.terms.relays[0]! };
    const domain = channelsDomain({ chainId: chain.chainId, channels: contracts.Channels });
    const { refund } = await closeChannel(chain.wallet(OPERATOR), {
      contracts,
      terms,
      relays: wind.terms.relays,
      voucher,
      voucherSignature: await chain.accounts[SIGNER]!.signTypedData(signable(domain, "Voucher", voucher)),
      capture: 3n,
    });
    expect(refund).toBe(4n);
    refunded += refund;
    await agrees("closed");
  });

  test("a free purchase has no channel, and a revocation is seen", async () => {
    const { contracts } = chain;
    const free = await makeGrant(chain, quakes, { amount: 0n });
    const { revokedAt } = await revokeGrant(chain.wallet(SELLER), { contracts, grantId: free.grantId });
    await indexer.caughtUp();
    expect((await mine()).items[0]).toMatchObject({
      grantId: free.grantId,
      kind: "free",
      channel: null,
      revokedAt,
    });
  });

  test("pages hold each purchase once, newest first", async () => {
    const buyer = 7;
    const grants = [];
    for (let count = 0; count < 3; count += 1)
      grants.unshift((await makeGrant(chain, wind, { buyer })).grantId);
    await indexer.caughtUp();
    const path = `/v1/accounts/${chain.accounts[buyer]!.address.toLowerCase()}/purchases?limit=2`;
    const first = await get<List>(path);
    const second = await get<List>(`${path}&cursor=${first.next}`);
    expect([...first.items, ...second.items].map((item) => item.grantId)).toEqual(grants);
    expect(second.next).toBeNull();
  });

  test("what others give, however often, hides nothing that was bought", async () => {
    const buyer = 6;
    const { address } = chain.accounts[buyer]!;
    const bought = await makeGrant(chain, wind, { buyer });
    const gifts: string[] = [];
    for (const nonce of [1, 2, 3]) {
      const { grantId } = await giveGrant(chain.wallet(SELLER), {
        contracts: chain.contracts,
        listingId: quakes.listingId,
        buyer: address,
        rights: 1,
        notBefore: 0,
        notAfter: FOREVER,
        nonce: toHex(nonce, { size: 32 }),
        encryptionKey: toHex(nonce, { size: 32 }),
      });
      gifts.unshift(grantId);
    }
    await indexer.caughtUp();
    const asked = async (query: string) => {
      const { items, next } = await get<List>(`/v1/accounts/${address}/purchases?${query}`);
      return { grants: items.map(({ grantId }) => grantId), next };
    };
    const whole = (...grants: string[]) => ({ grants, next: null });
    expect((await asked("limit=3")).grants).toEqual(gifts);
    expect(await asked("limit=1&given=false")).toEqual(whole(bought.grantId));
    expect(await asked(`limit=1&listing=${wind.listingId}`)).toEqual(whole(bought.grantId));
    const named = bought.grantId.toUpperCase().replace("0X", "0x");
    expect(await asked(`limit=1&grant=${named}`)).toEqual(whole(bought.grantId));
    expect(await asked(`grant=${bought.grantId}&listing=${quakes.listingId}`)).toEqual(whole());
    const first = await asked("given=true&limit=2");
    const second = await asked(`given=true&limit=2&cursor=${first.next}`);
    expect([...first.grants, ...second.grants]).toEqual(gifts);
    expect(second.next).toBeNull();
  });

  test("what was paid stays in its token when a revision changes the listing's", async () => {
    const { contracts, accounts } = chain;
    const sold = await makeListing(chain, hubId, "Sold for other money");
    const { grantId, buyer } = await makeGrant(chain, sold, { buyer: 8 });
    const token = accounts[9]!.address;
    const { listingId, metadata } = sold;
    const terms = makeTerms(chain, hubId, metadata, { token });
    await reviseListing(chain.wallet(SELLER), { contracts, listingId, terms, metadata });
    await indexer.caughtUp();
    const paid = { grantId, channel: { token: sold.terms.token } };
    const { items } = await get<List>(`/v1/accounts/${buyer}/purchases`);
    expect(items).toMatchObject([{ ...paid, listing: { token } }]);
    expect((await get<List>(`/v1/listings/${listingId}/buyers`)).items).toMatchObject([paid]);
  });

  test("an account that bought nothing has an empty list", async () => {
    expect(await get(`/v1/accounts/${chain.accounts[9]!.address}/purchases`)).toEqual({
      items: [],
      next: null,
    });
  });
});

test.each([
  ["/v1/listings?limit=0", "limit"],
  ["/v1/listings?limit=101", "limit"],
  ["/v1/listings?limit=1e1", "limit"],
  ["/v1/listings?limit=5&limit=6", "limit"],
  ["/v1/listings?category=gold", "category"],
  ["/v1/listings?kind=0", "kind"],
  ["/v1/listings?state=OPEN", "state"],
  ["/v1/listings?hub=-1", "hub"],
  ["/v1/listings?hub=18446744073709551616", "hub"],
  ["/v1/listings?cursor=x", "cursor"],
  [`/v1/listings?cursor=${Buffer.from("1 OR 1=1").toString("base64url")}`, "cursor"],
  [`/v1/listings?q=${"a".repeat(101)}`, "q"],
  ["/v1/listings?q=a%00b", "q"],
  ["/v1/listings?sort=price", "sort"],
  ["/v1/listings/abc", "id"],
  ["/v1/listings/01", "id"],
  ["/v1/listings/1?x=1", "x"],
  ["/v1/accounts/0x12/purchases", "address"],
  [`/v1/accounts/0x${"1".repeat(40)}/purchases?cursor=MQ`, "cursor"],
  [`/v1/accounts/0x${"1".repeat(40)}/purchases?given=1`, "given"],
  [`/v1/accounts/0x${"1".repeat(40)}/purchases?listing=x`, "listing"],
  [`/v1/accounts/0x${"1".repeat(40)}/purchases?grant=0x12`, "grant"],
])("%s is refused by its field", async (path, field) => {
  const { status, body } = await indexer.get(path);
  expect({ status, body }).toMatchObject({
    status: 400,
    body: { error: { name: "InvalidParameter", field } },
  });
});

test("unknown things are 404, any origin may read", async () => {
  expect(await indexer.get("/v1/listings/999")).toMatchObject({
    status: 404,
    body: { error: { name: "NotFound" } },
  });
  expect(await indexer.get("/v1/nothing")).toMatchObject({
    status: 404,
    body: { error: { name: "NotFound" } },
  });
  const { headers } = await indexer.get("/v1/listings");
  expect(headers.get("access-control-allow-origin")).toBe("*");
});

test("the status names chain, run, block and lag", async () => {
  await indexer.caughtUp();
  const { number, timestamp } = await chain.client.getBlock();
  const status = await get("/v1/status");
  expect(status).toMatchObject({
    chainId: 31337,
    block: Number(number),
    blockTimestamp: Number(timestamp),
    lag: 0,
  });
  expect(status).toMatchObject({ head: Number(number), ready: true });
  expect(status.instanceId).toMatch(/^0x[0-9a-f]{64}$/);
  expect(status.instanceId).not.toBe(zeroHash);
  expect((await fetch(`${indexer.url}/ready`)).status).toBe(200);
});

test("health: as many blocks behind as the tables are, well up to ten of them", async () => {
  await indexer.caughtUp();
  const { number: block, timestamp } = await chain.client.getBlock();
  const health = { timeout: 30_000, interval: 100 };
  const said = () => get("/v1/status");
  replica.hold(block);
  await chain.test.increaseTime({ seconds: 100 });
  await chain.mine(10);
  const about = { block: Number(block), blockTimestamp: Number(timestamp), ready: true };
  const tenth = await chain.client.getBlock();
  await expect.poll(said, health).toMatchObject({
    ...about,
    head: Number(block) + 10,
    lag: 10,
    lagBlocks: 10,
    lagSeconds: Number(tenth.timestamp - timestamp),
    healthy: true,
  });
  expect(tenth.timestamp - timestamp).toBeGreaterThanOrEqual(100n);
  await chain.mine(2);
  await expect.poll(said, health).toMatchObject({ ...about, lag: 12, lagBlocks: 12, healthy: false });
  replica.release();
  await expect.poll(said, health).toMatchObject({
    block: Number(block) + 12,
    lag: 0,
    lagBlocks: 0,
    lagSeconds: 0,
    healthy: true,
  });
});

test("rows of an earlier run are not shown, even before the supervisor acts", async () => {
  process.kill(indexer.pid, "SIGSTOP");
  try {
    await chain.restart();
    for (;;) {
      const { status, body } = await indexer.get("/v1/listings");
      if (status === 200) continue; // the head of a moment ago is reused for a moment
      expect({ status, body }).toMatchObject({ status: 503, body: { error: { name: "ChainRestarted" } } });
      break;
    }
  } finally {
    process.kill(indexer.pid, "SIGCONT");
  }
  await indexer.caughtUp();
});
