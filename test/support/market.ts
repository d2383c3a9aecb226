/** Hubs, listings and purchases on a test chain, made by the SDK's own actions. */
import { type Address, type Hex, keccak256, stringToBytes, toHex, zeroAddress, zeroHash } from "viem";
import {
  buy,
  createHub,
  createListing,
  type P256Key,
  type Purchase,
  registerPublisherKey,
} from "../../sdk/src/chain/index.ts";
import { deriveTerms, FOREVER, type ListingTerms, type Plan, randomSalt } from "../../sdk/src/core/index.ts";
import type { TestChain } from "./chain.ts";

/** Who is who among the accounts of a test chain. */
export const SELLER = 1;
export const OPERATOR = 2;
export const RELAY = 3;
export const BUYER = 4;
export const SIGNER = 5;

/** Wei a message in `messagePlan`. */
export const PRICE = 10n ** 11n;

export const messagePlan: Plan = {
  kind: 0,
  rights: 1,
  price: PRICE,
  unit: 1n,
  period: 0,
  upfront: 0n,
  entry: 2n * 256n * PRICE,
  maxWindow: FOREVER,
  notice: 0,
  promoPrice: 0n,
  promoUntil: 0,
};

export const freePlan: Plan = { ...messagePlan, kind: 4, price: 0n, entry: 0n, notice: 3_600 };

export const sampleMetadata = (title: string, more: Record<string, unknown> = {}): string =>
  JSON.stringify({
    "@context": ["https://schema.org/", { weir: "https://weir.example/ns#" }],
    "@type": "Dataset",
    name: title,
    description: `All about ${title}.`,
    category: "weather",
    keywords: ["air", "temperature"],
    source: { kind: "replay", rate: "5 messages a second", origin: "a test" },
    ...more,
  });

/** A P-256 key as the contracts take it, and its WebCrypto private key. */
export async function publisherKey(): Promise<P256Key & { privateKey: CryptoKey }> {
  const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
    "verify",
  ]);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return { x: toHex(point.slice(1, 33)), y: toHex(point.slice(33)), privateKey: pair.privateKey };
}

export type TestHub = { hubId: bigint; keyId: number; key: P256Key };

/** A hub of account `seller` with one publisher key for account `operator`. */
export async function makeHub(
  chain: TestChain,
  name: string,
  seller = SELLER,
  operator = OPERATOR,
): Promise<TestHub> {
  const { contracts, accounts } = chain;
  const owner = chain.wallet(seller);
  const { hubId } = await createHub(owner, {
    contracts,
    metadata: JSON.stringify({ "@type": "Organization", name }),
    payout: owner.account.address,
    encryptionKey: toHex(1, { size: 32 }),
  });
  const { privateKey: _, ...key } = await publisherKey();
  const { keyId } = await registerPublisherKey(owner, {
    contracts,
    hubId,
    account: accounts[operator]!.address,
    publicKey: key,
  });
  return { hubId, keyId, key };
}

/** Terms of a listing of `makeHub`'s hub, with `messagePlan` and one relay. */
export const makeTerms = (
  chain: TestChain,
  hubId: bigint,
  metadata: string,
  more: Partial<ListingTerms> = {},
): ListingTerms => ({
  hubId,
  payee: chain.accounts[SELLER]!.address,
  operator: chain.accounts[OPERATOR]!.address,
  token: zeroAddress,
  plans: [messagePlan],
  relays: [chain.accounts[RELAY]!.address],
  relayBps: 500,
  markets: [],
  marketBps: 0,
  challenge: 3_600,
  epochLength: 1,
  segment: { flushMs: 50, maxMessages: 256, maxBytes: 65_536 },
  historyDepth: 0,
  saleUntil: 0,
  termsHash: keccak256(stringToBytes("terms of a test")),
  flags: 0,
  attestationSchema: zeroHash,
  attester: zeroAddress,
  arbiter: zeroAddress,
  metadataHash: keccak256(stringToBytes(metadata)),
  ...more,
});

export type TestListing = { listingId: bigint; version: number; terms: ListingTerms; metadata: string };

export async function makeListing(
  chain: TestChain,
  hubId: bigint,
  title: string,
  more: Partial<ListingTerms> = {},
  metadata = sampleMetadata(title),
  bond?: bigint,
): Promise<TestListing> {
  const terms = makeTerms(chain, hubId, metadata, more);
  const { listingId } = await createListing(chain.wallet(SELLER), {
    contracts: chain.contracts,
    hubId,
    terms,
    metadata,
    bond,
  });
  return { listingId, version: 1, terms, metadata };
}

/** A purchase of a listing's plan by account BUYER, paid in the native coin. */
export const makePurchase = (
  chain: TestChain,
  { listingId, version, terms }: TestListing,
  {
    plan = 0,
    amount = 10n ** 16n,
    buyer = BUYER,
    notAfter = FOREVER,
  }: { plan?: number; amount?: bigint; buyer?: number; notAfter?: number } = {},
): Purchase => ({
  listingId,
  version,
  plan,
  listing: terms,
  buyer: chain.accounts[buyer]!.address,
  signer: chain.accounts[SIGNER]!.address,
  encryptionKey: toHex(2, { size: 32 }),
  buyerSalt: randomSalt(),
  notBefore: 0,
  notAfter,
  market: zeroAddress,
  amount,
  minCredited: amount,
  funding: amount > 0n ? 0 : 4,
  authorization: "0x",
  attestation: zeroHash,
  approval: { manager: zeroAddress, deadline: 0, signature: "0x" },
});

export type TestPurchase = {
  purchase: Purchase;
  /** Terms of its channel. */
  terms: ReturnType<typeof deriveTerms>;
  grantId: Hex;
  paymentId: Hex;
  hash: Hex;
  buyer: Address;
};

/** Buys what `makePurchase` describes. */
export async function makeGrant(
  chain: TestChain,
  listing: TestListing,
  options: Parameters<typeof makePurchase>[2] = {},
): Promise<TestPurchase> {
  const purchase = makePurchase(chain, listing, options);
  const wallet = chain.wallet(options.buyer ?? BUYER);
  const { grantId, paymentId, hash } = await buy(wallet, { contracts: chain.contracts, purchase });
  return {
    purchase,
    terms: deriveTerms(listing.terms, purchase),
    grantId,
    paymentId,
    hash,
    buyer: purchase.buyer,
  };
}
