/**
 * The seam to the SDK: everything that the app takes from it at run time passes through here, loaded when first
 * needed. libp2p comes with `openFeed` and with nothing else. Longer than its neighbours because it is the whole seam.
 */
import type { ChannelState, WriteClient } from "@weir/sdk/chain";
import type {
  CurrentKeys,
  Delivered,
  Feed,
  FeedState,
  Meter,
  PreparedBuy,
  Purchase,
  SecretOf,
} from "@weir/sdk/client";
import type {
  Delivery,
  ListingTerms,
  PublicKey,
  PurchaseChoice,
  PurchaseKeys,
  SubscriptionSlot,
  SubscriptionTerms,
  Terms,
} from "@weir/sdk/core";
import {
  type Address,
  BaseError,
  type Hex,
  type PublicClient,
  parseEventLogs,
  type TransactionReceipt,
} from "viem";
import { LOCAL_CHAIN_ID, type WeirConfig } from "./config.ts";
import type { Explained } from "./explain.ts";
import type { ListingDetail, PurchaseItem } from "./indexer.ts";
import type { Way } from "./payWays.ts";
import { Recorder } from "./recorder.ts";
import { parseTerms } from "./terms.ts";

export type Approval = Purchase["approval"];
export type {
  ChannelState,
  CurrentKeys,
  Delivered,
  Feed,
  FeedState,
  Meter,
  PreparedBuy,
  PurchaseKeys,
  SecretOf,
  SubscriptionSlot,
  SubscriptionTerms,
  Terms,
};

const core = () => import("@weir/sdk/core");
const chain = () => import("@weir/sdk/chain");
/** For who needs more than one call of it, such as `atGateway`. */
export const client = () => import("@weir/sdk/client");

const deliveryOf = ({ chainId, contracts }: WeirConfig): Delivery => ({
  chainId,
  hubs: contracts.Hubs,
  grants: contracts.Grants,
  channels: contracts.Channels,
});

export async function abis() {
  const { ABIS } = await chain();
  return ABIS;
}

/** The domain under which a token takes signatures; throws where it takes none. */
export async function tokenDomain(reader: PublicClient, token: Address) {
  const { getTokenDomain } = await chain();
  return getTokenDomain(reader, { token });
}

/** The SDK's writing actions, for the places where a wallet acts once. */
export const actions = chain;

/** The buyer's signature that pays for a prepared purchase in a token. */
export async function authorize(wallet: WriteClient, config: WeirConfig, prepared: PreparedBuy) {
  const { authorizeBuy } = await client();
  return authorizeBuy(wallet, { contracts: config.contracts, prepared });
}

/** Wallets and nodes speak in viem's errors, or in bare EIP-1193 ones with a numeric code. */
const fromWallet = (error: Error): boolean =>
  error instanceof BaseError || typeof (error as { code?: unknown }).code === "number";

/** What happened and what to do, for any error of a contract, a relay or a wallet. */
export async function explain(error: unknown): Promise<Explained> {
  const [{ explainError }, { causesOf, contractError }] = await Promise.all([client(), chain()]);
  return explainError(
    !(error instanceof Error) || causesOf(error).some(fromWallet) ? contractError(error) : error,
  );
}

/** The fixed text a wallet signs so that this site, and no other, can derive an account's keys: the first ones, or those after a change. */
export async function keyText(config: WeirConfig, account: Address, rotation: number): Promise<string> {
  const { accountKeyText } = await core();
  const { chainId, contracts } = config;
  return accountKeyText({
    site: window.location.origin,
    chainId,
    grants: contracts.Grants,
    account,
    rotation,
  });
}

export async function secretFromSignature(signature: Hex): Promise<Uint8Array> {
  const { deriveAccountSecret } = await core();
  return deriveAccountSecret(signature);
}

const keySource = (config: WeirConfig, purchase: PurchaseItem, secretOf: SecretOf) => ({
  contracts: config.contracts,
  grantId: purchase.grantId,
  buyerSalt: purchase.buyerSalt,
  // A purchase that this page has only just made does not know its block yet.
  block: purchase.block ? BigInt(purchase.block) : undefined,
  secretOf,
});

/** The keys of a purchase that exists, as the chain names them now, and the pair that its vouchers are signed with. */
export async function keysOf(
  { config, reader, purchase }: Pick<Bought, "config" | "reader" | "purchase">,
  secretOf: SecretOf,
): Promise<CurrentKeys> {
  const { currentKeysFrom } = await client();
  return currentKeysFrom(reader, keySource(config, purchase, secretOf));
}

/** The keys that a purchase has after its next change. */
export async function nextKeysOf(
  { config, reader, purchase }: Pick<Bought, "config" | "reader" | "purchase">,
  secretOf: SecretOf,
): Promise<PurchaseKeys> {
  const { nextKeysFrom } = await client();
  return nextKeysFrom(reader, keySource(config, purchase, secretOf));
}

/** The listing's terms as they were bought: a later version does not change an earlier purchase. */
async function boughtTerms(
  config: WeirConfig,
  reader: PublicClient,
  listing: ListingDetail,
  purchase: PurchaseItem,
): Promise<ListingTerms> {
  if (purchase.version === listing.version) return parseTerms(listing.terms);
  const { getListing } = await chain();
  const written = listing.versions.find((item) => item.version === purchase.version);
  const { terms } = await getListing(reader, {
    contracts: config.contracts,
    listingId: BigInt(listing.id),
    version: purchase.version,
    fromBlock: BigInt(written?.block ?? 0),
  });
  return terms;
}

const choiceOf = (purchase: PurchaseItem, buyer: Address): PurchaseChoice => ({
  listingId: BigInt(purchase.listingId),
  version: purchase.version,
  plan: purchase.plan,
  buyer,
  signer: purchase.signer,
  encryptionKey: purchase.encryptionKey,
  buyerSalt: purchase.buyerSalt,
  notBefore: Number(purchase.notBefore),
  notAfter: Number(purchase.notAfter),
  market: purchase.market,
});

export interface Bought {
  config: WeirConfig;
  reader: PublicClient;
  listing: ListingDetail;
  purchase: PurchaseItem;
  buyer: Address;
}

/** What both sides of a purchase's channel accepted; `requestClose` and `withdraw` ask for it. */
export async function channelTermsOf({ config, reader, listing, purchase, buyer }: Bought): Promise<Terms> {
  const { deriveTerms } = await core();
  return deriveTerms(await boughtTerms(config, reader, listing, purchase), choiceOf(purchase, buyer));
}

/** The same for a period or flat plan's subscription; `cancelSubscription` and top-ups ask for it. */
export async function subscriptionTermsOf(bought: Bought): Promise<SubscriptionTerms> {
  const { config, reader, listing, purchase, buyer } = bought;
  const { deriveSubscriptionTerms } = await core();
  const terms = await boughtTerms(config, reader, listing, purchase);
  const time = Number(purchase.createdAt);
  return deriveSubscriptionTerms(terms, choiceOf(purchase, buyer), { time, grants: config.contracts.Grants });
}

/** A subscription's slot, from the chain. */
export async function subscriptionState(
  config: WeirConfig,
  reader: PublicClient,
  subscriptionId: Hex,
): Promise<SubscriptionSlot> {
  const { getSubscription } = await chain();
  return getSubscription(reader, { contracts: config.contracts, subscriptionId });
}

/** The relays of a purchase, as it was bought: a claim or a cancel names them. */
export async function relaysOf({ config, reader, listing, purchase }: Bought): Promise<readonly Address[]> {
  return (await boughtTerms(config, reader, listing, purchase)).relays;
}

export async function prepare(parameters: {
  config: WeirConfig;
  listing: ListingDetail;
  planIndex: number;
  buyer: Address;
  amount: bigint;
  accountSecret: Uint8Array;
  way: Way;
  approval?: Approval | undefined;
}): Promise<PreparedBuy> {
  const { prepareBuy, Funding } = await client();
  const { config, listing, planIndex, buyer, amount, accountSecret, way, approval } = parameters;
  const funding: Record<Way, number> = {
    none: Funding.none,
    native: Funding.native,
    allowance: Funding.pull,
    permit: Funding.pull,
    approve: Funding.pull,
    batch: Funding.pull,
    eip3009: Funding.eip3009,
    permit2: Funding.permit2,
  };
  return prepareBuy({
    delivery: deliveryOf(config),
    subscriptions: config.contracts.Subscriptions,
    funding: funding[way],
    ...(approval ? { approval } : {}),
    listingId: BigInt(listing.id),
    version: listing.version,
    terms: parseTerms(listing.terms),
    planIndex,
    buyer,
    amount,
    accountSecret,
  });
}

async function storeOf(config: WeirConfig) {
  const { browserStore } = await client();
  return browserStore(`weir-buyer-${config.chainId}`);
}

/** What this browser knows to have signed on a purchase's channel; undefined if it never read there. */
export async function signedTotal(config: WeirConfig, grantId: Hex): Promise<bigint | undefined> {
  const progress = await (await storeOf(config)).load(grantId);
  return progress?.signed;
}

/** A channel's slot, from the chain. */
export async function channelState(
  config: WeirConfig,
  reader: PublicClient,
  channelId: Hex,
): Promise<ChannelState> {
  const { getChannel } = await chain();
  return getChannel(reader, { contracts: config.contracts, channelId });
}

let node: ReturnType<Awaited<ReturnType<typeof client>>["browserNode"]> | undefined;

const publisherKeys = (listing: ListingDetail): Map<number, PublicKey> =>
  new Map(listing.operatorKeys.map(({ keyId, x, y }) => [keyId, { x, y }]));

export type Opening = Bought &
  CurrentKeys & {
    /** Asks for the keys again, when a relay says that they were changed. */
    reload: () => Promise<CurrentKeys>;
    transactionHash?: Hex;
  };

/** Opens the stream of a purchase. One libp2p node serves the whole page; its code is fetched here and not before. */
export async function open(
  parameters: Opening & { signal: AbortSignal },
): Promise<{ feed: Feed; recorder: Recorder }> {
  const { config, reader, listing, purchase, buyer, transactionHash, signal } = parameters;
  const { keys, voucherKeys, reload } = parameters;
  const [{ openFeed, browserNode, portableCrypto, readPublisherKeys }, { ExportWriter }] = await Promise.all([
    client(),
    core(),
  ]);
  const terms = await boughtTerms(config, reader, listing, purchase);
  const named = new Set(terms.relays.map((operator) => operator.toLowerCase()));
  const signers = listing.operatorKeys.map(({ keyId, x, y }) => ({ keyId, x, y }));
  node ??= browserNode({ allowPrivate: config.chainId === LOCAL_CHAIN_ID });
  const feed = await openFeed({
    node: await node,
    crypto: portableCrypto,
    delivery: deliveryOf(config),
    relays: config.relays.filter((relay) => named.has(relay.operator.toLowerCase())),
    listing: { id: BigInt(listing.id), terms, publisherKeys: publisherKeys(listing) },
    publisherKeys: () =>
      readPublisherKeys(reader, { contracts: config.contracts, hubId: terms.hubId }, signers),
    purchase: { ...choiceOf(purchase, buyer), grantId: purchase.grantId, paymentId: purchase.paymentId },
    channel: purchase.channel ? () => channelState(config, reader, purchase.paymentId) : null,
    keys,
    voucherKeys,
    reload,
    store: await storeOf(config),
    transactionHash: transactionHash ?? null,
    signal,
  });
  const head = {
    delivery: deliveryOf(config),
    terms,
    purchase: choiceOf(purchase, buyer),
    grantId: purchase.grantId,
    paymentId: purchase.paymentId,
    publisherKeys: signers,
    complete: feed.meter.messages === 0,
  };
  return { feed, recorder: new Recorder(new ExportWriter(portableCrypto, head)) };
}

/** The newest sample of a listing that its relays have, checked against the hub's keys; null if there is none. */
export async function sampleOf(
  config: WeirConfig,
  reader: PublicClient,
  listing: ListingDetail,
  signal: AbortSignal,
) {
  const { fetchSample, portableCrypto } = await client();
  const named = new Set(listing.relays.map((operator) => operator.toLowerCase()));
  return fetchSample({
    client: reader,
    contracts: config.contracts,
    delivery: deliveryOf(config),
    crypto: portableCrypto,
    listingId: BigInt(listing.id),
    relays: config.relays.filter((relay) => named.has(relay.operator.toLowerCase())),
    signal,
  });
}

/** What a mined transaction logged on our Channels contract. */
async function channelsLogs(config: WeirConfig, receipt: TransactionReceipt) {
  const { Channels: abi } = await abis();
  const address = config.contracts.Channels.toLowerCase();
  return { abi, logs: receipt.logs.filter((log) => log.address.toLowerCase() === address) };
}

export class EventMissing extends Error {
  override readonly name = "EventMissing";
  readonly transactionHash: Hex;
  constructor(transactionHash: Hex, eventName: string) {
    super(`transaction ${transactionHash} logged no ${eventName}`);
    this.transactionHash = transactionHash;
  }
}

/** What a mined close paid and gave back, to the last unit. */
export async function closedOf(config: WeirConfig, receipt: TransactionReceipt) {
  const { abi, logs } = await channelsLogs(config, receipt);
  const [found] = parseEventLogs({ abi, logs, eventName: "ChannelClosed" });
  if (!found) throw new EventMissing(receipt.transactionHash, "ChannelClosed");
  return found.args;
}

/** When the challenge of a mined `requestClose` ends, in unix seconds. */
export async function closingOf(config: WeirConfig, receipt: TransactionReceipt): Promise<number> {
  const { abi, logs } = await channelsLogs(config, receipt);
  const [found] = parseEventLogs({ abi, logs, eventName: "ChannelClosing" });
  if (!found) throw new EventMissing(receipt.transactionHash, "ChannelClosing");
  return found.args.closeAt;
}
