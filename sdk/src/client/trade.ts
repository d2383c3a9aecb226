// The two steps of a buyer with a wallet of his own: buy a listing, open what was bought. Everything else is read from the chain.
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
  type PublicKey,
} from "../core/index.ts";
import { Funding, type PreparedBuy, type Purchase, prepareBuy } from "./buy.ts";
import { type Feed, openFeed, type RelayAddress } from "./feed.ts";
import { authorizeBuy } from "./fund.ts";
import { accountSecret, currentKeys } from "./keys.ts";
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

/** A purchase whose feed is open, and what its export begins with. */
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
  const published = await getPublisherKeys(wallet, { contracts, hubId: terms.hubId });
  const metered = isMetered(terms.plans[purchase.plan]!);
  const delivery = deliveryOf(wallet.chain.id, contracts);
  const feed = await openFeed({
    ...market,
    delivery,
    relays: market.relays.filter(({ operator }) =>
      terms.relays.some((relay) => relay.toLowerCase() === operator.toLowerCase()),
    ),
    listing: {
      id: listingId,
      terms,
      publisherKeys: new Map(published.map((key): [number, PublicKey] => [key.keyId, key])),
    },
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
    publisherKeys: published.map(({ keyId, x, y }) => ({ keyId, x, y })),
    complete: feed.meter.messages === 0,
  };
  return { feed, head };
}
