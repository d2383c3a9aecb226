// What the chain says about the hubs this gateway serves: their publisher keys, devices, listings and purchases.
import { EventEmitter } from "node:events";
import { type ContractEvent, type Contracts, followChain } from "@weir/sdk/chain";
import type { Address, Hex, ListingTerms, PublicKey, PurchaseChoice } from "@weir/sdk/core";
import { type PublicClient, toHex } from "viem";
import { type Feed, parseFeed } from "./feed.ts";

export type Version = { version: number; terms: ListingTerms; feed: Feed; block: bigint };

export type ListingInfo = {
  listingId: bigint;
  hubId: bigint;
  /** By version number, from 1. */
  versions: ReadonlyMap<number, Version>;
  newest: Version;
  /** Block time of its creation, unix seconds. */
  createdAt: number;
  /** No new sales. What was bought is still served. */
  paused: boolean;
  closed: boolean;
};

/** How a grant came to be: bought, or given by the seller (`plan` null: a gift follows no plan). */
export type Acquired = Omit<PurchaseChoice, "plan"> & {
  grantId: Hex;
  paymentId: Hex;
  plan: number | null;
  rights: number;
  /** Where it was mined. */
  block: bigint;
};

/** The keys that a buyer named after the purchase; they hold in place of the purchase's. */
export type Rotation = { encryptionKey: Hex; signer: Address };

export type PublisherKeyInfo = { keyId: number; account: Address; x: Hex; y: Hex; revoked: boolean };

type Events = {
  /** A listing appeared or changed. */
  listing: [ListingInfo];
  /** The payer of a channel asks for his money back. */
  closing: [channelId: Hex, closeAt: number];
  /** A channel's slot changed; it may be another gateway's. */
  channel: [channelId: Hex];
  /** A subscription's slot changed; it may be another gateway's. */
  subscription: [subscriptionId: Hex];
  deviceRevoked: [hubId: bigint, device: string];
  /** A device has another key: what it opened with the one before ends. */
  deviceRotated: [hubId: bigint, device: string];
  keys: [hubId: bigint];
  /** The buyer has changed the grant's keys. */
  rotated: [grantId: Hex];
  /** Somebody was shut out: by revocation (the grant), or by a consent that was withdrawn (null: everybody). */
  cut: [listingId: bigint, grantId: Hex | null];
  /** Every look at the chain that brought blocks: the last one's number. */
  block: [number: bigint];
  /** Blocks from this number on were replaced; what is known has been put right. */
  reorg: [fromBlock: bigint];
  /** The local chain was started anew: nothing that was stored belongs to it. */
  reset: [instanceId: Hex | null];
};

export type Directory = EventEmitter<Events> & {
  /** Follows the chain until the signal aborts. Resolves when it ends, rejects on a fault that waiting cannot heal. */
  run(signal: AbortSignal): Promise<void>;
  /** Resolves once the head was reached for the first time. */
  ready: Promise<void>;
  instanceId(): Hex | null;
  listings(): ListingInfo[];
  listing(listingId: bigint): ListingInfo | undefined;
  acquired(grantId: Hex): Acquired | undefined;
  rotation(grantId: Hex): Rotation | undefined;
  /** The newest block in which somebody was shut out of the listing; 0 if nobody ever was. */
  cutBlock(listingId: bigint): bigint;
  /** The last block that is followed. */
  seen(): bigint;
  /** Every grant of the served listings. */
  everyAcquired(): Iterable<Acquired>;
  deviceActive(hubId: bigint, device: string): boolean;
  /** The device's own key now; undefined for unknown and revoked devices, and those that have a password only. */
  deviceKey(hubId: bigint, device: string): PublicKey | undefined;
  /** The key with this public point, unless it was revoked. */
  publisherKey(hubId: bigint, point: { x: Hex; y: Hex }): PublisherKeyInfo | undefined;
};

export type DirectoryInit = {
  client: PublicClient;
  contracts: Contracts;
  fromBlock: bigint;
  hubIds: readonly bigint[];
  /** Only these listings; all of the hubs' without it. */
  listings?: readonly bigint[] | undefined;
  onError: (error: unknown) => void;
};

export function createDirectory(init: DirectoryInit): Directory {
  const served = new Set(init.hubIds);
  const state = new State();
  /** Everything that concerns us, so that a replaced block can be taken back by telling the story again. */
  let story: ContractEvent[] = [];
  let instance: Hex | null = null;
  let seen = 0n;
  let markReady: () => void = () => undefined;
  const ready = new Promise<void>((resolve) => {
    markReady = resolve;
  });
  const events = new EventEmitter<Events>();
  const listingOf = (listingId: bigint): ListingInfo | undefined => state.listings.get(listingId);

  function concerns(event: ContractEvent): boolean {
    const args = event.args as { hubId?: bigint; listingId?: bigint; channelId?: Hex };
    if (event.contract === "Channels") return "channelId" in event.args;
    if (event.contract === "Subscriptions") return "subscriptionId" in event.args;
    if (args.hubId !== undefined && !served.has(args.hubId)) return false;
    if (args.listingId === undefined) return event.contract === "Hubs";
    if (init.listings && !init.listings.includes(args.listingId)) return false;
    return args.hubId !== undefined || state.listings.has(args.listingId);
  }

  async function tell(event: ContractEvent): Promise<void> {
    if (!concerns(event)) return;
    if (event.contract === "Channels") {
      const { channelId, closeAt } = event.args as { channelId: Hex; closeAt: number };
      events.emit("channel", channelId);
      if (event.eventName === "ChannelClosing") events.emit("closing", channelId, closeAt);
      return;
    }
    if (event.contract === "Subscriptions") {
      events.emit("subscription", (event.args as { subscriptionId: Hex }).subscriptionId);
      return;
    }
    let createdAt = 0;
    if (event.eventName === "ListingCreated")
      createdAt = Number((await init.client.getBlock({ blockNumber: event.blockNumber })).timestamp);
    story.push(event);
    announce(event, state.apply(event, createdAt));
  }

  function announce(event: ContractEvent, device: string | undefined): void {
    const args = event.args as { hubId?: bigint; listingId?: bigint };
    if (event.contract === "Listings" && args.listingId !== undefined) {
      const listing = listingOf(args.listingId);
      if (listing) events.emit("listing", listing);
    }
    if (event.eventName === "DeviceRevoked" && device !== undefined)
      events.emit("deviceRevoked", args.hubId!, device);
    if (event.eventName === "DeviceKeyRotated" && device !== undefined)
      events.emit("deviceRotated", args.hubId!, device);
    if (event.eventName === "PublisherKeyRegistered" || event.eventName === "PublisherKeyRevoked")
      events.emit("keys", args.hubId!);
    if (event.eventName === "KeysRotated") events.emit("rotated", event.args.grantId);
    if (isCut(event))
      events.emit("cut", args.listingId!, "grantId" in event.args ? event.args.grantId : null);
  }

  return Object.assign(events, {
    ready,
    instanceId: () => instance,
    listings: () => [...state.listings.values()],
    listing: listingOf,
    acquired: (grantId: Hex) => state.acquired.get(grantId),
    rotation: (grantId: Hex) => state.rotations.get(grantId),
    cutBlock: (listingId: bigint) => state.cuts.get(listingId) ?? 0n,
    seen: () => seen,
    everyAcquired: () => state.acquired.values(),
    deviceActive: (hubId: bigint, device: string) => state.devices.has(`${hubId}/${device}`),
    deviceKey: (hubId: bigint, device: string) => state.devices.get(`${hubId}/${device}`) ?? undefined,
    publisherKey: (hubId: bigint, point: { x: Hex; y: Hex }) =>
      [...state.keys.values()].find(
        (key) => key.hubId === hubId && key.x === point.x && key.y === point.y && !key.revoked,
      ),
    run: (signal: AbortSignal) =>
      followChain({
        client: init.client,
        contracts: init.contracts,
        fromBlock: init.fromBlock,
        signal,
        onError: init.onError,
        async onLogs({ logs, cursor, caughtUp }) {
          instance = cursor.instanceId;
          for (const log of logs) await tell(log);
          seen = cursor.blocks.at(-1)!.number;
          events.emit("block", seen);
          if (caughtUp) markReady();
        },
        onReorg(fromBlock) {
          const times = new Map(
            [...state.listings.values()].map((listing) => [listing.listingId, listing.createdAt]),
          );
          story = story.filter((event) => event.blockNumber < fromBlock);
          state.clear();
          for (const event of story)
            state.apply(event, times.get((event.args as { listingId?: bigint }).listingId ?? -1n) ?? 0);
          for (const listing of state.listings.values()) events.emit("listing", listing);
          for (const hubId of served) events.emit("keys", hubId);
          seen = fromBlock - 1n;
          events.emit("reorg", fromBlock);
        },
        onReset(instanceId) {
          events.emit("reset", instanceId);
        },
      }),
  });
}

/** Events by which somebody who holds keys ahead of the clock loses his right to them. */
const isCut = ({ eventName }: ContractEvent): boolean =>
  eventName === "GrantRevoked" ||
  eventName === "GrantSuspended" ||
  eventName === "ConsentsWithdrawn" ||
  eventName === "RoundWithdrawn";

/** The contract's zero point means "no key". */
const keyOf = ({ x, y }: PublicKey): PublicKey | null => (/^0x0*$/.test(x + y.slice(2)) ? null : { x, y });

/** The tables that follow from the events, and nothing else. */
class State {
  readonly listings = new Map<bigint, ListingInfo>();
  readonly acquired = new Map<Hex, Acquired>();
  readonly rotations = new Map<Hex, Rotation>();
  readonly cuts = new Map<bigint, bigint>();
  /** `<hubId>/<device>` of those registered and not revoked → their key, null where there is only a password. */
  readonly devices = new Map<string, PublicKey | null>();
  readonly keys = new Map<string, PublisherKeyInfo & { hubId: bigint }>();
  readonly #deviceNames = new Map<string, string>();

  clear(): void {
    const { listings, acquired, rotations, cuts, devices, keys } = this;
    for (const table of [listings, acquired, rotations, cuts, devices, keys, this.#deviceNames])
      table.clear();
  }

  /** Returns the device's name when the event concerns one. */
  apply(event: ContractEvent, createdAt: number): string | undefined {
    if (isCut(event)) this.cuts.set((event.args as { listingId: bigint }).listingId, event.blockNumber);
    switch (event.eventName) {
      case "ListingCreated":
      case "ListingRevised": {
        const { listingId, hubId, version, terms, metadata } = event.args;
        const before = this.listings.get(listingId);
        const newest: Version = {
          version,
          terms: terms as ListingTerms,
          feed: parseFeed(metadata),
          block: event.blockNumber,
        };
        const versions = new Map([...(before?.versions ?? []), [version, newest]]);
        const kept = before ?? { createdAt, paused: false, closed: false };
        this.listings.set(listingId, { ...kept, listingId, hubId, versions, newest });
        return undefined;
      }
      case "ListingPaused":
      case "ListingResumed":
      case "ListingClosed": {
        const listing = this.listings.get(event.args.listingId);
        if (!listing) return undefined;
        const change =
          event.eventName === "ListingClosed"
            ? { closed: true }
            : { paused: event.eventName === "ListingPaused" };
        this.listings.set(listing.listingId, { ...listing, ...change });
        return undefined;
      }
      case "Purchased":
        this.acquired.set(event.args.grantId, { ...event.args, block: event.blockNumber });
        return undefined;
      case "KeysRotated": {
        const { grantId, encryptionKey, signer } = event.args;
        this.rotations.set(grantId, { encryptionKey, signer });
        return undefined;
      }
      case "GrantGiven": {
        const { args } = event;
        const gift = {
          block: event.blockNumber,
          plan: null,
          signer: args.buyer,
          buyerSalt: toHex(0, { size: 32 }),
          market: toHex(0, { size: 20 }),
        };
        this.acquired.set(args.grantId, { ...args, ...gift });
        return undefined;
      }
      case "DeviceRegistered":
        this.#deviceNames.set(`${event.args.hubId}/${event.args.nameHash}`, event.args.name);
        this.devices.set(`${event.args.hubId}/${event.args.name}`, keyOf(event.args));
        return event.args.name;
      case "DeviceKeyRotated": {
        const name = this.#deviceNames.get(`${event.args.hubId}/${event.args.nameHash}`);
        if (name !== undefined) this.devices.set(`${event.args.hubId}/${name}`, keyOf(event.args));
        return name;
      }
      case "DeviceRevoked": {
        const name = this.#deviceNames.get(`${event.args.hubId}/${event.args.nameHash}`);
        if (name !== undefined) this.devices.delete(`${event.args.hubId}/${name}`);
        return name;
      }
      case "PublisherKeyRegistered": {
        const { hubId, keyId, account, x, y } = event.args;
        this.keys.set(`${hubId}/${keyId}`, { hubId, keyId, account, x, y, revoked: false });
        return undefined;
      }
      case "PublisherKeyRevoked": {
        const key = this.keys.get(`${event.args.hubId}/${event.args.keyId}`);
        if (key) key.revoked = true;
        return undefined;
      }
      default:
        return undefined;
    }
  }
}
