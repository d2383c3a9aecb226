// What the chain says about a grant that asks for keys: bought or given, by whom, on which terms, and whether it holds now.
import {
  type ChannelState,
  type Contracts,
  eventsOf,
  type GrantState,
  getChannel,
  getGrant,
  getPurchase,
  getSubscription,
  isActive,
} from "@weir/sdk/chain";
import {
  channelId as channelIdOf,
  type Delivery,
  deriveTerms,
  type Hex,
  isMetered,
  isTimed,
  type PurchaseChoice,
  Rights,
  type SubscriptionSlot,
} from "@weir/sdk/core";
import { grantsAbi } from "@weir/sdk/generated";
import { RefusedError } from "@weir/sdk/wire";
import { type PublicClient, parseEventLogs } from "viem";
import { type Acquired, type Directory, giftOf, type ListingInfo } from "../directory.ts";
import type { Purchased } from "./account.ts";

export type Purchases = {
  /** How the grant came to be. @throws RefusedError NoGrant, ChainUnreachable */
  acquired(grantId: Hex, transactionHash: Hex | null): Promise<Acquired>;
  /** The metered purchase behind a channel, checked against the channel's id. @throws RefusedError */
  metered(grantId: Hex, channelId: Hex, transactionHash: Hex | null): Promise<Purchased>;
  /**
   * Throws unless the grant gives the right now, READ without one named. Channel or subscription is there if one of them pays for it.
   * @throws RefusedError
   */
  requireActive(
    grantId: Hex,
    right?: number,
  ): Promise<{
    grant: GrantState;
    channel: ChannelState | undefined;
    subscription: SubscriptionSlot | undefined;
  }>;
  channel(channelId: Hex): Promise<ChannelState>;
};

export function createPurchases(init: {
  client: PublicClient;
  contracts: Contracts;
  fromBlock: bigint;
  delivery: Delivery;
  directory: Directory;
}): Purchases {
  const { client, contracts, fromBlock, delivery, directory } = init;

  async function acquired(grantId: Hex, transactionHash: Hex | null): Promise<Acquired> {
    const known = directory.acquired(grantId);
    if (known) return known;
    // Mined a moment ago, perhaps: the transaction says it before our next look at the head.
    if (transactionHash !== null) {
      const receipt = await ask(
        () => client.getTransactionReceipt({ hash: transactionHash }),
        "TransactionReceiptNotFoundError",
      );
      const logs =
        receipt?.logs.filter((log) => log.address.toLowerCase() === contracts.Grants.toLowerCase()) ?? [];
      const found = parseEventLogs({ abi: grantsAbi, logs, eventName: "Purchased" }).find(
        ({ args }) => args.grantId === grantId,
      );
      if (found) return found.args;
    }
    const found =
      directory.acquired(grantId) ??
      (await ask(() => getPurchase(client, { contracts, grantId, fromBlock }), "GrantUnknown")) ??
      (await given(grantId));
    if (!found) throw new RefusedError("NoGrant", "nothing was bought under this grant");
    return found;
  }

  /** Given a moment ago, perhaps: before our next look at the head. */
  async function given(grantId: Hex): Promise<Acquired | undefined> {
    const query = {
      contracts,
      contract: "Grants",
      eventName: "GrantGiven",
      args: { grantId },
      fromBlock,
    } as const;
    const [event] = await must(() => eventsOf(client, query));
    return event && giftOf(event.args);
  }

  return {
    acquired,
    async metered(grantId, channelId, transactionHash) {
      const bought = await acquired(grantId, transactionHash);
      const version = listingOf(directory, bought.listingId).versions.get(bought.version);
      const plan = bought.plan === null ? undefined : version?.terms.plans[bought.plan];
      if (!version || !plan || bought.plan === null || !isMetered(plan))
        throw new RefusedError("WrongPlan", "the grant is on no metered plan of this listing");
      const terms = deriveTerms(version.terms, bought as PurchaseChoice);
      if (channelIdOf(delivery, terms) !== channelId || bought.paymentId !== channelId)
        throw new RefusedError("NoGrant", "the grant is paid through another channel");
      const { listingId, encryptionKey } = bought;
      return {
        channelId,
        listingId,
        grantId,
        version: bought.version,
        planIndex: bought.plan,
        plan,
        terms,
        relays: version.terms.relays,
        encryptionKey,
      };
    },
    async requireActive(grantId, right = Rights.read) {
      const [grant, active] = await Promise.all([
        must(() => getGrant(client, { contracts, grantId })),
        must(() => isActive(client, { contracts, grantId, rights: right })),
      ]);
      const { paymentId } = grant;
      const [channel, subscription] = await Promise.all([
        isMetered(grant) ? must(() => getChannel(client, { contracts, channelId: paymentId })) : undefined,
        isTimed(grant)
          ? must(() => getSubscription(client, { contracts, subscriptionId: paymentId }))
          : undefined,
      ]);
      if (!active) throw inactive(grant, channel, subscription, right);
      return { grant, channel, subscription };
    },
    channel: (channelId) => must(() => getChannel(client, { contracts, channelId })),
  };
}

export function listingOf(directory: Directory, listingId: bigint): ListingInfo {
  const listing = directory.listing(listingId);
  if (!listing) throw new RefusedError("UnknownListing", `this gateway does not serve listing ${listingId}`);
  return listing;
}

function inactive(
  grant: GrantState,
  channel: ChannelState | undefined,
  subscription: SubscriptionSlot | undefined,
  right: number,
): RefusedError {
  const now = Date.now() / 1000;
  if (grant.notAfter === 0) return new RefusedError("NoGrant", "there is no such grant");
  if (grant.revokedAt !== 0) return new RefusedError("Revoked", "the seller revoked the grant");
  if (channel && channel.closeAt !== 0) return new RefusedError("Closing", "the channel is closing");
  if (channel && channel.deposit <= channel.claimed)
    return new RefusedError("OutOfMoney", "the channel is empty");
  if (grant.notBefore > now) return new RefusedError("BeforeWindow", "the grant has not begun");
  if (grant.notAfter <= now) return new RefusedError("AfterWindow", "the grant is over");
  if (subscription && subscription.stop <= now)
    return new RefusedError("OutOfMoney", "the time that was paid for is over", {
      stop: String(subscription.stop),
    });
  if ((grant.rights & right) !== 0) return new RefusedError("ConsentWithdrawn", "a consent is missing");
  return right === Rights.read
    ? new RefusedError("NoGrant", "the grant does not give the right to read")
    : new RefusedError("NoRight", "the grant does not give the right to send commands");
}

/** A chain question; the named answer "there is none" becomes undefined. */
async function ask<T>(read: () => Promise<T>, none: string): Promise<T | undefined> {
  try {
    return await read();
  } catch (error) {
    if ((error as Error).name === none) return undefined;
    throw unreachable(error);
  }
}

async function must<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw unreachable(error);
  }
}

const unreachable = (error: unknown): RefusedError =>
  new RefusedError("ChainUnreachable", `the chain cannot be asked now (${(error as Error).name})`);
