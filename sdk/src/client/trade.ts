// The steps of a buyer with a wallet of his own: buy a listing, open what was bought, command its devices. Everything else is read from
// the chain.
import type { Libp2p } from "@libp2p/interface";
import {
  buy,
  type Contracts,
  getAllowance,
  getChannel,
  getListing,
  getPublisherKeys,
  getPurchase,
  type WriteClient,
} from "../chain/index.ts";
import {
  type Crypto,
  type Delivery,
  type ExportPurchase,
  type Hex,
  isMetered,
  type ListingTerms,
  type PublicKey,
} from "../core/index.ts";
import { Funding, type PreparedBuy, type Purchase, prepareBuy } from "./buy.ts";
import { type SendCommandParameters, type SendCommandReturnType, sendCommand } from "./command.ts";
import { type Feed, openFeed, type RelayAddress } from "./feed.ts";
import { authorizeBuy } from "./fund.ts";
import { accountSecret, currentKeys } from "./keys.ts";
import { readPublisherKeys } from "./publisher.ts";
import type { BuyerStore } from "./store.ts";

export type Market = {
  wallet: WriteClient;
  contracts: Contracts;
  relays: readonly RelayAddress[];
  node: Libp2p;
  crypto: Crypto;
  store: BuyerStore;
  /** What the keys are bound to: the origin of a page, or the name of a program. */
  site: string;
};

/** A purchase whose feed is open, and what its export begins with; `publisherKeys` grows when the seller begins to sign with a new key. */
export type OpenPurchase = { feed: Feed; head: ExportPurchase };

export const deliveryOf = (chainId: number, contracts: Contracts): Delivery => ({
  chainId,
  hubs: contracts.Hubs,
  grants: contracts.Grants,
  channels: contracts.Channels,
});

/**
 * Buys a plan of a listing in one transaction. `amount` in the smallest token unit, 0 for a free plan; of a period plan what
 * `subscriptionAmount` says of the seconds wanted. Tokens are paid with the wallet's signed permit.
 */
export async function buyListing(
  market: Market,
  p: { listingId: bigint; planIndex?: number; amount: bigint },
): Promise<{ grantId: Hex; transactionHash: Hex; gasUsed: bigint }> {
  const { wallet, contracts } = market;
  const { terms, version } = await getListing(wallet, { contracts, listingId: p.listingId });
  const prepared = prepareBuy({
    delivery: deliveryOf(wallet.chain.id, contracts),
    subscriptions: contracts.Subscriptions,
    listingId: p.listingId,
    version,
    terms,
    planIndex: p.planIndex ?? 0,
    buyer: wallet.account.address,
    amount: p.amount,
    accountSecret: await accountSecret(market),
  });
  const purchase = await signed(market, prepared);
  const { grantId, hash, receipt } = await buy(wallet, { contracts, purchase });
  return { grantId, transactionHash: hash, gasUsed: receipt.gasUsed };
}

/** The purchase with a permit for its tokens, unless it needs none. */
async function signed({ wallet, contracts }: Market, prepared: PreparedBuy): Promise<Purchase> {
  const { purchase } = prepared;
  if (purchase.funding !== Funding.pull) return purchase;
  const { token } = purchase.listing;
  const owner = wallet.account.address;
  const allowed = await getAllowance(wallet, { token, owner, spender: contracts.Grants });
  return allowed >= purchase.amount ? purchase : authorizeBuy(wallet, { contracts, prepared });
}

/**
 * Opens the feed of a purchase made by this wallet, here or on another device. `fromStart`: of a grant that is not metered, from where it
 * begins, its history included.
 */
export async function openPurchase(
  market: Market,
  p: { grantId: Hex; transactionHash?: Hex; signal?: AbortSignal; fromStart?: boolean },
): Promise<OpenPurchase> {
  const { wallet, contracts } = market;
  const purchase = await getPurchase(wallet, { contracts, grantId: p.grantId });
  const { listingId, version } = purchase;
  const { terms } = await getListing(wallet, { contracts, listingId, version });
  const named: ExportPurchase["publisherKeys"][number][] = [];
  const publisherKeys = () => readPublisherKeys(wallet, { contracts, hubId: terms.hubId }, named);
  const metered = isMetered(terms.plans[purchase.plan]!);
  const delivery = deliveryOf(wallet.chain.id, contracts);
  const feed = await openFeed({
    ...market,
    delivery,
    relays: carriersOf(market, terms),
    listing: { id: listingId, terms, publisherKeys: await publisherKeys() },
    publisherKeys,
    purchase,
    ...(await currentKeys(market, purchase)),
    reload: () => currentKeys(market, purchase),
    transactionHash: p.transactionHash ?? null,
    channel: metered ? () => getChannel(wallet, { contracts, channelId: purchase.paymentId }) : null,
    ...(p.signal ? { signal: p.signal } : {}),
    ...(p.fromStart ? { fromStart: true } : {}),
  });
  const { buyer, signer, encryptionKey, buyerSalt, plan, notBefore, notAfter, market: through } = purchase;
  const head: ExportPurchase = {
    delivery,
    terms,
    purchase: {
      listingId,
      version,
      plan,
      buyer,
      signer,
      encryptionKey,
      buyerSalt,
      notBefore,
      notAfter,
      market: through,
    },
    grantId: p.grantId,
    paymentId: purchase.paymentId,
    publisherKeys: named,
    complete: feed.meter.messages === 0,
  };
  return { feed, head };
}

/**
 * Sends one command to a device of a listing whose purchase has the right WRITE, and waits for its result.
 *
 * @throws what `sendCommand` throws; ContractError
 * @example
 * const { outcome, payload } = await commandDevice(market, {
 *   grantId, device: "valve-3", payload: utf8('{"open":true}'), counters: fileCounters("buyer"),
 * });
 */
export async function commandDevice(
  market: Market,
  p: { grantId: Hex } & Pick<SendCommandParameters, "device" | "payload" | "counters" | "seconds" | "signal">,
): Promise<SendCommandReturnType> {
  const { wallet, contracts, crypto, node } = market;
  const purchase = await getPurchase(wallet, { contracts, grantId: p.grantId });
  const { listingId, version, buyer } = purchase;
  const { terms } = await getListing(wallet, { contracts, listingId, version });
  const published = await getPublisherKeys(wallet, { contracts, hubId: terms.hubId });
  const unrevoked = published.filter(({ revokedAt }) => !revokedAt);
  const { keys } = await currentKeys(market, purchase);
  const { signerPrivateKey, encryptionPrivateKey, encryptionKey } = keys;
  return sendCommand({
    ...p,
    node,
    crypto,
    delivery: deliveryOf(wallet.chain.id, contracts),
    relays: carriersOf(market, terms),
    listing: {
      id: listingId,
      publisherKeys: new Map(unrevoked.map((key): [number, PublicKey] => [key.keyId, key])),
    },
    grant: { grantId: p.grantId, buyer, encryptionKey },
    keys: { encryptionPrivateKey, sign: (digest) => crypto.signSecp(signerPrivateKey, digest) },
  });
}

/** Those of the market's relays that the listing names. */
const carriersOf = ({ relays }: Market, terms: ListingTerms): RelayAddress[] =>
  relays.filter(({ operator }) =>
    terms.relays.some((relay) => relay.toLowerCase() === operator.toLowerCase()),
  );
