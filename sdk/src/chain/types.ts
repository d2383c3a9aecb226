/** The contracts' ABIs by name, and the types that follow from them. */
import type {
  Abi,
  Account,
  Chain,
  Client,
  ContractEventName,
  ContractFunctionArgs,
  ContractFunctionName,
  ContractFunctionReturnType,
  DecodeEventLogReturnType,
  GetEventArgs,
  Log,
  TransactionReceipt,
  Transport,
} from "viem";
import {
  anchorsAbi,
  channelsAbi,
  consentsAbi,
  grantsAbi,
  hubsAbi,
  listingsAbi,
  ratingsAbi,
  relaysAbi,
  subscriptionsAbi,
} from "../generated/index.ts";
import type { ContractName } from "./deployments.ts";

export const ABIS = {
  Channels: channelsAbi,
  Subscriptions: subscriptionsAbi,
  Hubs: hubsAbi,
  Listings: listingsAbi,
  Consents: consentsAbi,
  Grants: grantsAbi,
  Ratings: ratingsAbi,
  Relays: relaysAbi,
  Anchors: anchorsAbi,
} as const;

/** A viem client that can read. */
export type ReadClient = Client<Transport, Chain | undefined, Account | undefined>;

/** A viem client with a chain and an account, which signs or lets a wallet sign. */
export type WriteClient = Client<Transport, Chain, Account>;

/** What every writing action returns besides its own result. */
export type Sent = { hash: TransactionReceipt["transactionHash"]; receipt: TransactionReceipt };

/** A mined log. */
export type MinedLog = Log<bigint, number, false>;

/** The named arguments of one event. */
export type EventArgs<
  name extends ContractName,
  event extends ContractEventName<(typeof ABIS)[name]>,
> = GetEventArgs<(typeof ABIS)[name], event, { EnableUnion: false; IndexedOnly: false; Required: true }>;

type EventOf<name extends ContractName> = DecodeEventLogReturnType<(typeof ABIS)[name]> &
  Omit<MinedLog, "eventName" | "args"> & { contract: name };

/** One decoded event of one of our contracts; narrow it by `contract` and `eventName`. */
export type ContractEvent = { [name in ContractName]: EventOf<name> }[ContractName];

type Any = "nonpayable" | "payable" | "view" | "pure";
type Arguments<abi extends Abi, name extends ContractFunctionName<abi, Any>> = ContractFunctionArgs<
  abi,
  Any,
  name
>;
type Result<abi extends Abi, name extends ContractFunctionName<abi, Any>> = ContractFunctionReturnType<
  abi,
  Any,
  name
>;

/** Solidity `ClaimCommon`. */
export type ClaimCommon = Arguments<typeof channelsAbi, "claim">[0];
/** Solidity `ClaimRow`. */
export type ClaimRow = Arguments<typeof channelsAbi, "claim">[1][number];
/** Solidity `TickRow`. */
export type TickRow = Arguments<typeof channelsAbi, "claimTicks">[1];
/** Solidity `SubscriptionCommon`. */
export type SubscriptionCommon = Arguments<typeof subscriptionsAbi, "claim">[0];
/** Solidity `SubscriptionRow`. */
export type SubscriptionRow = Arguments<typeof subscriptionsAbi, "claim">[1][number];
/** Solidity `AnchorRow`. */
export type AnchorRow = Arguments<typeof anchorsAbi, "anchor">[0][number];
/** Solidity `Purchase`. */
export type Purchase = Arguments<typeof grantsAbi, "buy">[0];
/** Solidity `PublicKey`: a P-256 key's affine coordinates, 32 bytes each. */
export type P256Key = Arguments<typeof hubsAbi, "registerDevice">[2];
/** Solidity `Channel`: the slot of a channel. */
export type ChannelState = Result<typeof channelsAbi, "channels">;
/** Solidity `Hub`. */
export type HubState = Result<typeof hubsAbi, "hub">;
/** Solidity `PublisherKey`. */
export type PublisherKeyState = Result<typeof hubsAbi, "publisherKey">;
/** Solidity `Device`. */
export type DeviceState = Result<typeof hubsAbi, "device">;
/** Solidity `Listing`. */
export type ListingState = Result<typeof listingsAbi, "listing">;
/** Solidity `Grant`. */
export type GrantState = Result<typeof grantsAbi, "grants">;
/** Solidity `ConsentRound`. */
export type ConsentRoundState = Result<typeof consentsAbi, "rounds">;
/** Solidity `Relay`. */
export type RelayState = Result<typeof relaysAbi, "relay">;
/** Solidity `Anchor`. */
export type AnchorState = Result<typeof anchorsAbi, "anchors">;
/** Solidity `AnchorHead`. */
export type AnchorHeadState = Result<typeof anchorsAbi, "headOf">;
