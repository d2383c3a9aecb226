// What the chain says about a grant that asks for keys: bought or given, by whom, on which terms, and whether it holds now.
import { once } from "node:events";
import {
  type ChannelState,
  type ConfirmationRules,
  type Contracts,
  confirmationsFor,
  eventsOf,
  type GrantState,
  getChannel,
  getGrant,
  getPurchase,
  getSubscription,
  isActive,
  isConsentAlive,
  missingConfirmations,
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
import { grantsAbi, listingsAbi } from "@weir/sdk/generated";
import { RefusedError } from "@weir/sdk/wire";
import { type PublicClient, parseEventLogs, zeroAddress } from "viem";
import { type Acquired, type Directory, giftOf, type ListingInfo, type Rotation } from "../directory.ts";
import { CATCH_UP_MS } from "../limits.ts";
import type { Purchased } from "./account.ts";

export type Purchases = {
  /** How the grant came to be. @throws RefusedError NoGrant, ChainUnreachable */
  acquired(grantId: Hex, transactionHash: Hex | null): Promise<Acquired>;
  /** The grant's keys as they are now: sealed to, and signed by. */
  keysOf(grantId: Hex, purchase: Rotation): Rotation;
  /** The metered purchase behind a channel, checked against the channel's id. @throws RefusedError */
  metered(grantId: Hex, channelId: Hex, transactionHash: Hex | null): Promise<Purchased>;
  /**
   * Throws unless the grant gives the right now, READ without one named. Channel or subscription is there if one of them pays for it.
   * @throws RefusedError
   */
  requireActive(
    grantId: Hex,
    options?: {
      right?: number;
      /** Nor does it throw when the grant's window or the time that was paid for is over: what lay in it was the buyer's. */
      orOver?: boolean;
    },
  ): Promise<{
    grant: GrantState;
    channel: ChannelState | undefined;
    subscription: SubscriptionSlot | undefined;
  }>;
  channel(channelId: Hex): Promise<ChannelState>;
  /** Resolves when everything that is on the chain now is known here, or has not come in time. */
  caughtUp(): Promise<void>;
  /** The block at which a grant that was judged just now was read, if it is not followed yet. @throws RefusedError */
  unseenBlock(): Promise<bigint | undefined>;
};

export function createPurchases(init: {
  client: PublicClient;
  contracts: Contracts;
  fromBlock: bigint;
  delivery: Delivery;
  directory: Directory;
  /** In place of the table of confirmations by chain. */
  confirmations: ConfirmationRules;
}): Purchases {
  const { client, contracts, fromBlock, delivery, directory, confirmations } = init;

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
      if (found) return { ...found.args, block: receipt!.blockNumber };
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
    return event && giftOf(event.args, event.blockNumber);
  }

  /** A block that is replaced takes the purchase with it: what is worth more than a little waits until that is unlikely. */
  async function requireConfirmed(grantId: Hex, grant: GrantState, amount: bigint): Promise<void> {
    const { listingId, version } = grant;
    const token = listingOf(directory, listingId).versions.get(version)?.terms.token ?? zeroAddress;
    const worth = { chainId: delivery.chainId, token, amount, ...confirmations };
    if (confirmationsFor({ ...worth, bond: 0n }) === 0) return;
    const [head, { block }, { bond }] = await Promise.all([
      must(() => client.getBlockNumber({ cacheTime: 0 })),
      acquired(grantId, null),
      must(() =>
        client.readContract({
          abi: listingsAbi,
          address: contracts.Listings,
          functionName: "listing",
          args: [listingId],
        }),
      ),
    ]);
    const needed = confirmationsFor({ ...worth, bond });
    const missing = missingConfirmations({ needed, block, head });
    if (missing > 0)
      throw new RefusedError("Unconfirmed", "the purchase lies in too few blocks yet", {
        needed: String(needed),
        missing: String(missing),
      });
  }

  /** Why the chain says that the grant does not give the right now. */
  async function inactive(
    grant: GrantState,
    channel: ChannelState | undefined,
    subscription: SubscriptionSlot | undefined,
    right: number,
  ): Promise<RefusedError> {
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
    const { personal, listingId } = grant;
    if (personal && !(await must(() => isConsentAlive(client, { contracts, listingId }))))
      return new RefusedError("ConsentWithdrawn", "a consent that the data depends on does not stand now");
    return right === Rights.read
      ? new RefusedError("NoGrant", "the grant does not give the right to read")
      : new RefusedError("NoRight", "the grant does not give the right to send commands");
  }

  return {
    acquired,
    keysOf: (grantId, { encryptionKey, signer }) => directory.rotation(grantId) ?? { encryptionKey, signer },
    async caughtUp() {
      const head = await must(() => client.getBlockNumber({ cacheTime: 0 }));
      const signal = AbortSignal.timeout(CATCH_UP_MS);
      try {
        while (directory.seen() < head) await once(directory, "block", { signal });
      } catch (error) {
        if (!signal.aborted) throw error; // whoever waits judges by what is known then
      }
    },
    async unseenBlock() {
      const block = await must(() => client.getBlockNumber({ cacheTime: 0 }));
      return block > directory.seen() ? block : undefined;
    },
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
    async requireActive(grantId, { right = Rights.read, orOver = false } = {}) {
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
      if (!active) {
        const refusal = await inactive(grant, channel, subscription, right);
        if (!(orOver && (refusal.name === "AfterWindow" || refusal.name === "OutOfMoney"))) throw refusal;
      }
      await requireConfirmed(grantId, grant, channel?.deposit ?? subscription?.deposit ?? 0n);
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
