/**
 * What the relay knows from the chain: listings, publisher keys, grants, channels. Each is read once, remembered, and read again
 * after an event that touches it; a replaced block or a restarted chain forgets everything. Whoever serves somebody watches
 * for changes and judges again, so a cut takes effect one block after its cause.
 * Longer than its neighbours because all of it is one cache: an event that is forgotten in one place would be served from another.
 */
import { AsyncLocalStorage } from "node:async_hooks";
import {
  ABIS,
  type ChannelState,
  type ContractEvent,
  confirmationsFor,
  contractError,
  followChain,
  getChannel,
  getListing,
  getRoles,
  getSubscription,
  type ListingTerms,
  missingConfirmations,
  ROLES,
} from "@weir/sdk/chain";
import { type Hex, isMetered, isTimed, type PublicKey, type SubscriptionSlot } from "@weir/sdk/core";
import { RefusedError } from "@weir/sdk/wire";
import { createPublicClient, http, type PublicClient } from "viem";
import type { RelayConfig } from "../config.ts";
import {
  CHAIN_POLL_MS,
  CHAIN_RETRIES,
  CHAIN_RETRY_MS,
  CHAIN_TIMEOUT_MS,
  MAX_BATCHED_READS,
  MAX_CHAIN_READS,
  MAX_PURCHASE_WAITS,
  MAX_PURCHASE_WAITS_PER_PEER,
  PURCHASE_WAIT_MS,
  RESERVED_CHAIN_READS,
} from "../limits.ts";
import type { Log } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import { places } from "../services/places.ts";
import { pause } from "../services/wait.ts";
import { cache } from "./cache.ts";
import { type Consent, type Grant, loadConsent, loadGrant } from "./load.ts";
import { isNoAnswer, type Look, rechecks } from "./rechecks.ts";

export type { Consent, Grant } from "./load.ts";

/** A listing as it stands. `recent`: its newest version is so young that segments under the one before are still taken. */
export type Listing = {
  listingId: bigint;
  hubId: bigint;
  version: number;
  terms: ListingTerms;
  /** Unix seconds of the newest version's block; 0 for a first version. */
  revisedAt: number;
  /** Wei. */
  bond: bigint;
};

/** What keeps a grant alive beside itself: what pays for it, a channel, a subscription, or neither; and consent, if it needs one. */
export type Payment = {
  channel: ChannelState | null;
  subscription: SubscriptionSlot | null;
  consent: Consent | null;
};

/** What the last blocks touched; `all` when everything may have changed. */
export type ChainChange = {
  all: boolean;
  grants: ReadonlySet<Hex>;
  /** Channels and subscriptions. */
  payments: ReadonlySet<Hex>;
  listings: ReadonlySet<bigint>;
  hubs: ReadonlySet<bigint>;
  /** Listings whose data subjects were asked, or said something. */
  consents: ReadonlySet<bigint>;
};

export type Admission = {
  start(): Promise<void>;
  stop(): Promise<void>;
  /** Resolves if the chain answers; rejects otherwise. */
  ping(): Promise<void>;
  /** Unix seconds: the later of the chain's clock and ours, so that neither can be behind to somebody's advantage. */
  now(): number;
  /** Unix seconds of the newest block that was looked at; 0 before the first. */
  blockTime(): number;
  /** @throws RefusedError UnknownListing, ChainUnreachable */
  listing(listingId: bigint): Promise<Listing>;
  /** Terms of one version. @throws RefusedError UnknownListing, ChainUnreachable */
  terms(listingId: bigint, version: number): Promise<ListingTerms>;
  /** A hub's unrevoked publisher key. @throws RefusedError BadKey, ChainUnreachable */
  publisherKey(hubId: bigint, keyId: number): Promise<PublicKey>;
  /**
   * The same of a gateway that may speak for the hub now: the key is of this ownership, or its account is a PUBLISHER again. One of a former
   * owner stays good for what it has signed. @throws RefusedError BadKey, ChainUnreachable
   */
  gatewayKey(hubId: bigint, keyId: number): Promise<PublicKey>;
  /**
   * `fresh` reads again; `purchase` is the transaction that is to be waited for, and who asks for it.
   *
   * @throws RefusedError NoGrant (after waiting for the transaction, if one is named), Limit, ChainUnreachable
   */
  grant(
    grantId: Hex,
    options?: {
      fresh?: boolean;
      purchase?: { transactionHash: Hex; peer: string } | null;
      signal?: AbortSignal;
    },
  ): Promise<Grant>;
  /** `fresh` reads again. @throws RefusedError ChainUnreachable */
  channel(channelId: Hex, options?: { fresh?: boolean }): Promise<ChannelState>;
  /** What pays for the grant; `fresh` reads again. @throws RefusedError ChainUnreachable */
  payment(
    grant: Pick<Grant, "kind" | "paymentId" | "personal" | "listingId">,
    options?: { fresh?: boolean | undefined },
  ): Promise<Payment>;
  /** Nothing, once so many blocks lie on the grant's own as what it is worth demands. @throws RefusedError Unconfirmed */
  requireConfirmed(grant: Grant, payment: Payment): Promise<void>;
  /** Calls back after every block with what it touched. Returns a function that ends this. */
  watch(listener: (change: ChainChange) => void): () => void;
  /** What `act` asks is asked for somebody admitted: it takes the places that are kept for them, too. */
  admitted<T>(act: () => Promise<T>): Promise<T>;
  /** Looks again at somebody admitted, as one, until the chain has answered: `look` lets ChainUnreachable and Limit through. */
  recheck(who: object, look: Look): void;
};

const UNKNOWN: ReadonlySet<string> = new Set([
  "ListingUnknown",
  "VersionUnknown",
  "GrantUnknown",
  "PublisherKeyUnknown",
  "HubUnknown",
]);
type AdmissionConfig = Pick<RelayConfig, "rpcUrl" | "deployment" | "chainId" | "confirmations">;

export const admission =
  (init: { config: AdmissionConfig; onFatal: (error: Error) => void }) =>
  ({ log, metrics }: { log: Log; metrics: Metrics }): Admission => {
    const { chainId, confirmations } = init.config;
    const { contracts, fromBlock } = init.config.deployment;
    const client: PublicClient = createPublicClient({
      transport: http(init.config.rpcUrl, {
        batch: { batchSize: MAX_BATCHED_READS },
        timeout: CHAIN_TIMEOUT_MS,
        retryCount: CHAIN_RETRIES,
        retryDelay: CHAIN_RETRY_MS,
      }),
      cacheTime: 0,
    });
    const stopper = new AbortController();
    const listeners = new Set<(change: ChainChange) => void>();
    const isFinal = (error: unknown) => error instanceof RefusedError && !isNoAnswer(error);
    /** Whether a question is somebody's who is admitted. It comes through judging, remembering and loading, which do not care. */
    const ofAdmitted = new AsyncLocalStorage<true>();
    const again = rechecks({ log });
    const listings = cache<bigint, Listing>(isFinal);
    const versions = cache<string, ListingTerms>(isFinal);
    const keys = cache<string, { key: PublicKey; isCurrent: boolean }>(isFinal);
    const grants = cache<Hex, Grant>(isFinal);
    const channels = cache<Hex, ChannelState>(isFinal);
    const subscriptions = cache<Hex, SubscriptionSlot>(isFinal);
    const consents = cache<bigint, Consent>(isFinal);
    const reader = { client, contracts, fromBlock };
    /** What was read at a block that is not followed yet: were it replaced before we look, nothing would say so. It is read once more. */
    let early: { block: bigint; note: (change: Noted) => void }[] = [];
    let chainTime = 0;
    let head = 0n;
    let following: Promise<void> | undefined;
    const waits = places(
      "purchase waits",
      MAX_PURCHASE_WAITS,
      "purchase waits of this peer",
      MAX_PURCHASE_WAITS_PER_PEER,
    );
    let reads = 0;

    /** Contract errors that mean "there is none" become the given refusal; everything else is the node's fault. */
    async function ask<T>(unknown: () => RefusedError, load: () => Promise<T>): Promise<T> {
      if (reads >= MAX_CHAIN_READS - (ofAdmitted.getStore() ? 0 : RESERVED_CHAIN_READS))
        throw new RefusedError("Limit", "Too many questions to the chain are open.", {
          limit: "chain reads",
        });
      reads += 1;
      try {
        return await load();
      } catch (error) {
        if (error instanceof RefusedError) throw error;
        const { name } = contractError(error);
        if (UNKNOWN.has(name)) throw unknown();
        metrics.add("chain_errors_total");
        log.warn({ error: name }, "the chain did not answer");
        throw new RefusedError("ChainUnreachable", "The relay cannot reach its chain node.");
      } finally {
        reads -= 1;
      }
    }

    /** A read whose result is remembered; `note` says what to forget of it. */
    async function askEarly<T>(
      unknown: () => RefusedError,
      note: (change: Noted) => void,
      load: () => Promise<T>,
    ): Promise<T> {
      return ask(unknown, async () => {
        const value = await load();
        const block = await client.getBlockNumber({ cacheTime: 0 });
        if (block > head) early.push({ block, note });
        return value;
      });
    }

    const noListing = (listingId: bigint) => () =>
      new RefusedError("UnknownListing", `There is no listing ${listingId}.`);
    const noGrant = () => new RefusedError("NoGrant", "No such grant is on the chain.");

    async function loadListing(listingId: bigint): Promise<Listing> {
      const { state, terms, version, block } = await getListing(client, { contracts, listingId, fromBlock });
      const revisedAt = version === 1 ? 0 : Number((await client.getBlock({ blockNumber: block })).timestamp);
      return { listingId, hubId: state.hubId, version, terms, revisedAt, bond: state.bond };
    }

    async function loadKey(hubId: bigint, keyId: number) {
      const hubs = { abi: ABIS.Hubs, address: contracts.Hubs } as const;
      const [{ x, y, account, ownerEpoch, revokedAt }, hub] = await Promise.all([
        client.readContract({ ...hubs, functionName: "publisherKey", args: [hubId, keyId] }),
        client.readContract({ ...hubs, functionName: "hub", args: [hubId] }),
      ]);
      if (revokedAt !== 0 || (BigInt(x) === 0n && BigInt(y) === 0n))
        throw new RefusedError("BadKey", `Key ${keyId} of hub ${hubId} is unknown or revoked.`);
      const isOfOwner = ownerEpoch === hub.ownerEpoch;
      const roles = isOfOwner ? ROLES.PUBLISHER : await getRoles(client, { contracts, hubId, account });
      return { key: { x, y }, isCurrent: (roles & ROLES.PUBLISHER) !== 0 };
    }

    function findKey(hubId: bigint, keyId: number): Promise<{ key: PublicKey; isCurrent: boolean }> {
      const unknown = () => new RefusedError("BadKey", `Hub ${hubId} has no key ${keyId}.`);
      const note = ({ hubs }: Noted) => hubs.add(hubId);
      return keys.get(`${hubId}/${keyId}`, () => askEarly(unknown, note, () => loadKey(hubId, keyId)));
    }

    /** Waits until a purchase is mined. Bounded in time and in number: nobody has proven yet that there is one. */
    async function mined(hash: Hex, peer: string, signal: AbortSignal): Promise<void> {
      const leave = waits.take(peer);
      try {
        const until = performance.now() + PURCHASE_WAIT_MS;
        while (performance.now() < until) {
          const receipt = await client.getTransactionReceipt({ hash }).catch((error: Error) => {
            if (error.name === "TransactionReceiptNotFoundError") return undefined;
            throw error;
          });
          if (receipt?.status === "reverted") throw new RefusedError("NoGrant", "The purchase was reverted.");
          if (receipt) return;
          await pause(CHAIN_POLL_MS, signal);
          signal.throwIfAborted();
        }
        throw new RefusedError("NoGrant", "The purchase was not mined in time; try again.");
      } finally {
        leave();
      }
    }

    function failed(error: unknown): void {
      metrics.add("chain_errors_total");
      log.warn({ error: (error as Error).name }, "the chain could not be followed");
    }

    async function tick(blockNumber: bigint): Promise<void> {
      head = blockNumber;
      try {
        chainTime = Number((await client.getBlock({ blockNumber })).timestamp);
      } catch (error) {
        failed(error); // our own clock serves until the next block
      }
    }

    function forgetAll(): void {
      for (const rows of [listings, versions, keys, grants, channels, subscriptions, consents]) rows.clear();
      early = [];
      tell({ ...noChange(), all: true });
    }

    function tell(change: ChainChange): void {
      for (const listener of listeners) listener(change);
    }

    function take(logs: readonly ContractEvent[], upTo: bigint): void {
      const change = noChange();
      for (const { note } of early.filter(({ block }) => block <= upTo)) note(change);
      early = early.filter(({ block }) => block > upTo);
      for (const { args, contract } of logs as readonly {
        args: Partial<Record<string, unknown>>;
        contract: string;
      }[]) {
        if (typeof args.grantId === "string") change.grants.add(args.grantId as Hex);
        for (const id of [args.channelId, args.subscriptionId, args.paymentId])
          if (typeof id === "string") change.payments.add(id as Hex);
        if (typeof args.listingId === "bigint") change.listings.add(args.listingId);
        if (typeof args.hubId === "bigint") change.hubs.add(args.hubId);
        if (contract === "Consents") change.consents.add(args.listingId as bigint);
      }
      for (const id of change.grants) grants.delete(id);
      for (const id of change.payments) {
        channels.delete(id);
        subscriptions.delete(id);
      }
      for (const id of change.listings) listings.delete(id);
      for (const id of change.consents) consents.delete(id);
      if (change.consents.size > 0) grants.clear(); // rare; the first round makes gifts given before depend on it
      if (change.hubs.size > 0) keys.clear(); // rare, and cheap to read again
      tell(change);
    }

    async function channel(channelId: Hex, { fresh = false } = {}): Promise<ChannelState> {
      if (fresh) channels.delete(channelId);
      const note = ({ payments }: Noted) => payments.add(channelId);
      const load = () => getChannel(client, { contracts, channelId });
      return channels.get(channelId, () => askEarly(noGrant, note, load));
    }

    async function subscription(subscriptionId: Hex, fresh: boolean): Promise<SubscriptionSlot> {
      if (fresh) subscriptions.delete(subscriptionId);
      const note = ({ payments }: Noted) => payments.add(subscriptionId);
      const load = () => getSubscription(client, { contracts, subscriptionId });
      return subscriptions.get(subscriptionId, () => askEarly(noGrant, note, load));
    }

    async function consent(listingId: bigint, fresh: boolean): Promise<Consent> {
      if (fresh) consents.delete(listingId);
      const note = (change: Noted) => change.consents.add(listingId);
      const load = () => loadConsent(reader, listingId);
      return consents.get(listingId, () => askEarly(noListing(listingId), note, load));
    }

    async function findGrant(grantId: Hex): Promise<Grant> {
      const grant = await loadGrant(reader, grantId);
      if (!grant) throw noGrant();
      return grant;
    }

    return {
      async start() {
        const latest = await client.getBlock({ blockTag: "latest" });
        chainTime = Number(latest.timestamp);
        head = latest.number;
        metrics.gauge("chain_block", "Newest block that was looked at.", () => Number(head));
        following = followChain({
          client,
          contracts,
          fromBlock: latest.number,
          intervalMs: CHAIN_POLL_MS,
          signal: stopper.signal,
          async onLogs({ logs, cursor }) {
            const { number } = cursor.blocks.at(-1)!;
            take(logs, number);
            await tick(number);
          },
          onReorg: forgetAll,
          onReset: forgetAll,
          onError: failed,
        });
        // A log that our interfaces do not know means another deployment: nothing read from it can be trusted.
        following.catch((error: Error) => init.onFatal(error));
      },
      async stop() {
        stopper.abort();
        await following?.catch(failed);
        await again.stop();
      },
      async ping() {
        await client.getBlockNumber();
      },
      blockTime: () => chainTime,
      now: () => Math.max(chainTime, Math.floor(Date.now() / 1000)),
      listing: (listingId) =>
        listings.get(listingId, () =>
          askEarly(
            noListing(listingId),
            (change) => change.listings.add(listingId),
            () => loadListing(listingId),
          ),
        ),
      terms: (listingId, version) =>
        versions.get(`${listingId}/${version}`, () =>
          askEarly(
            noListing(listingId),
            () => versions.delete(`${listingId}/${version}`),
            async () => (await getListing(client, { contracts, listingId, version, fromBlock })).terms,
          ),
        ),
      publisherKey: async (hubId, keyId) => (await findKey(hubId, keyId)).key,
      async gatewayKey(hubId, keyId) {
        const { key, isCurrent } = await findKey(hubId, keyId);
        if (!isCurrent)
          throw new RefusedError(
            "BadKey",
            `Key ${keyId} of hub ${hubId} belongs to a former owner's gateway.`,
          );
        return key;
      },
      async grant(grantId, { fresh = false, purchase, signal = stopper.signal } = {}) {
        if (fresh) grants.delete(grantId);
        const note = (change: Noted) => change.grants.add(grantId);
        const load = () => grants.get(grantId, () => askEarly(noGrant, note, () => findGrant(grantId)));
        try {
          return await load();
        } catch (error) {
          if (!purchase || !(error instanceof RefusedError) || error.name !== "NoGrant") throw error;
        }
        await ask(noGrant, () => mined(purchase.transactionHash, purchase.peer, signal));
        grants.delete(grantId);
        return load();
      },
      channel,
      async payment({ kind, paymentId, personal, listingId }, { fresh = false } = {}) {
        return {
          channel: isMetered({ kind }) ? await channel(paymentId, { fresh }) : null,
          subscription: isTimed({ kind }) ? await subscription(paymentId, fresh) : null,
          consent: personal ? await consent(listingId, fresh) : null,
        };
      },
      async requireConfirmed({ listingId, version, block }, payment) {
        const amount = payment.channel?.deposit ?? payment.subscription?.deposit ?? 0n;
        const [{ bond }, { token }] = [await this.listing(listingId), await this.terms(listingId, version)];
        const needed = confirmationsFor({ chainId, token, amount, bond, ...confirmations });
        const missing = missingConfirmations({ needed, block, head });
        if (missing > 0)
          throw new RefusedError("Unconfirmed", "The purchase lies in too few blocks yet.", {
            needed: String(needed),
            missing: String(missing),
          });
      },
      watch(listener) {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      admitted: (act) => ofAdmitted.run(true, act),
      recheck: (who, look) => again.add(who, () => ofAdmitted.run(true, look)),
    };
  };

/** A change while it is put together. */
type Noted = ReturnType<typeof noChange>;

const noChange = () => ({
  all: false,
  grants: new Set<Hex>(),
  payments: new Set<Hex>(),
  listings: new Set<bigint>(),
  hubs: new Set<bigint>(),
  consents: new Set<bigint>(),
});
