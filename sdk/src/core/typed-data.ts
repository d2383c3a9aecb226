// All signed-message hashing of our own contracts in one file; checked by test/vectors/eip712-channels.json and
// eip712-subscriptions.json. What tokens and Permit2 are signed for: funding.ts.
import {
  encodeAbiParameters,
  hashStruct,
  keccak256,
  type TypedDataDomain,
  type TypedDataParameter,
} from "viem";
import type { Address, Bytes, Hex } from "./bytes.ts";
import { hex } from "./bytes.ts";
import type { Delivery } from "./header.ts";
import { hashMessage, type Keccak } from "./struct-hash.ts";

/** The metered escrow's terms, as in contracts/types/ChannelTypes.sol. */
export type Terms = {
  payer: Address;
  payee: Address;
  operator: Address;
  token: Address;
  signer: Address;
  listingId: bigint;
  relaysHash: Hex;
  relayBps: number;
  market: Address;
  marketBps: number;
  challenge: number;
  salt: Hex;
};
export type Voucher = { channelId: Hex; cumulative: bigint; relay: Address };
export type TickVoucher = {
  channelId: Hex;
  base: bigint;
  tip: Hex;
  tickValue: bigint;
  maxTicks: number;
  relay: Address;
};
export type CloseOffer = { channelId: Hex; finalCumulative: bigint; epoch: number; deadline: number };
export type CloseNotice = { channelId: Hex; epoch: number; deadline: number };
/** The time escrow's terms, as in contracts/types/SubscriptionTypes.sol. */
export type SubscriptionTerms = {
  payer: Address;
  payee: Address;
  operator: Address;
  token: Address;
  signer: Address;
  stopper: Address;
  listingId: bigint;
  /** Per period; 0 = flat. */
  price: bigint;
  period: number;
  upfront: bigint;
  relaysHash: Hex;
  relayBps: number;
  market: Address;
  marketBps: number;
  notice: number;
  salt: Hex;
};
export type CancelNotice = { subscriptionId: Hex; stop: number; deadline: number };
export type Session = {
  channelId: Hex;
  sessionNo: bigint;
  relay: Address;
  generation: number;
  fromSeq: bigint;
  baseTotal: bigint;
  expiry: number;
};
export type Receipt = { channelId: Hex; segmentId: Hex; cumulative: bigint };
export type Approval = {
  listingId: bigint;
  version: number;
  buyer: Address;
  termsHash: Hex;
  deadline: number;
};
/** `sealedHash` = sha256 of what the command was sealed into; see command.ts. */
export type SignedCommand = {
  listingId: bigint;
  grantId: Hex;
  generation: number;
  counter: bigint;
  expiry: number;
  sealedHash: Bytes;
};
export type DevicePassword = {
  hubId: bigint;
  device: string;
  gatewayId: string;
  nonce: Hex;
  deadline: number;
};

/** "type name, type name" → the parameters of a typed-data struct. */
export const struct = (text: string): TypedDataParameter[] =>
  text.split(",").map((field) => {
    const [type, name] = field.trim().split(" ");
    return { type: type!, name: name! };
  });

export const TYPES = {
  Terms: struct(
    "address payer, address payee, address operator, address token, address signer, uint64 listingId, bytes32 relaysHash, uint16 relayBps, address market, uint16 marketBps, uint40 challenge, bytes32 salt",
  ),
  Voucher: struct("bytes32 channelId, uint96 cumulative, address relay"),
  TickVoucher: struct(
    "bytes32 channelId, uint96 base, bytes32 tip, uint96 tickValue, uint16 maxTicks, address relay",
  ),
  CloseOffer: struct("bytes32 channelId, uint96 finalCumulative, uint24 epoch, uint40 deadline"),
  CloseNotice: struct("bytes32 channelId, uint24 epoch, uint40 deadline"),
  SubscriptionTerms: struct(
    "address payer, address payee, address operator, address token, address signer, address stopper, uint64 listingId, uint96 price, uint40 period, uint96 upfront, bytes32 relaysHash, uint16 relayBps, address market, uint16 marketBps, uint40 notice, bytes32 salt",
  ),
  CancelNotice: struct("bytes32 subscriptionId, uint32 stop, uint40 deadline"),
  Session: struct(
    "bytes32 channelId, uint64 sessionNo, address relay, uint32 generation, uint64 fromSeq, uint96 baseTotal, uint40 expiry",
  ),
  Receipt: struct("bytes32 channelId, bytes32 segmentId, uint96 cumulative"),
  Approval: struct("uint64 listingId, uint32 version, address buyer, bytes32 termsHash, uint40 deadline"),
  Command: struct(
    "uint64 listingId, bytes32 grantId, uint32 generation, uint64 counter, uint40 expiry, bytes32 sealedHash",
  ),
  DevicePassword: struct("uint64 hubId, string device, string gatewayId, bytes32 nonce, uint40 deadline"),
} as const;

export const channelsDomain = (delivery: Pick<Delivery, "chainId" | "channels">): TypedDataDomain => ({
  name: "Weir Channels",
  version: "1",
  chainId: delivery.chainId,
  verifyingContract: delivery.channels,
});
/** Where a subscription lives. `chainId` is the present one in a domain, the one at deployment in an id. */
export type SubscriptionsAt = { chainId: number; subscriptions: Address };
export const subscriptionsDomain = (at: SubscriptionsAt): TypedDataDomain => ({
  name: "Weir Subscriptions",
  version: "1",
  chainId: at.chainId,
  verifyingContract: at.subscriptions,
});
export const grantsDomain = (delivery: Pick<Delivery, "chainId" | "grants">): TypedDataDomain => ({
  name: "Weir Grants",
  version: "1",
  chainId: delivery.chainId,
  verifyingContract: delivery.grants,
});
/** A gateway is no contract: its id is inside the message. */
export const gatewayDomain = (chainId: number): TypedDataDomain => ({
  name: "Weir Gateway",
  version: "1",
  chainId,
});

type Kind = keyof typeof TYPES;

/** What `signTypedData` of a wallet takes. */
export type Signable = {
  domain: TypedDataDomain;
  types: Record<string, readonly TypedDataParameter[]>;
  primaryType: string;
  message: Record<string, unknown>;
};

/**
 * One of our own messages, for a wallet to sign.
 *
 * @example
 * const notice = { subscriptionId, stop, deadline };
 * const signature = await signTypedData(wallet, signable(subscriptionsDomain(at), "CancelNotice", notice));
 */
export const signable = (
  domain: TypedDataDomain,
  primaryType: Kind,
  message: Record<string, unknown>,
): Signable => ({ domain, types: { [primaryType]: TYPES[primaryType] }, primaryType, message });

const digest = (
  domain: TypedDataDomain,
  primaryType: Kind,
  message: Record<string, unknown>,
  keccak?: Keccak,
): Bytes => hashMessage(domain, primaryType, TYPES[primaryType], message, keccak);

type Channels = Pick<Delivery, "chainId" | "channels">;
/** `keccak`: `Crypto.keccak256` of whoever checks many. */
export const voucherDigest = (d: Channels, m: Voucher, keccak?: Keccak): Bytes =>
  digest(channelsDomain(d), "Voucher", m, keccak);
export const tickVoucherDigest = (d: Channels, m: TickVoucher, keccak?: Keccak): Bytes =>
  digest(channelsDomain(d), "TickVoucher", m, keccak);
export const closeOfferDigest = (d: Channels, m: CloseOffer): Bytes =>
  digest(channelsDomain(d), "CloseOffer", m);
export const closeNoticeDigest = (d: Channels, m: CloseNotice): Bytes =>
  digest(channelsDomain(d), "CloseNotice", m);
export const cancelNoticeDigest = (at: SubscriptionsAt, m: CancelNotice): Bytes =>
  digest(subscriptionsDomain(at), "CancelNotice", m);
export const sessionDigest = (d: Channels, m: Session, keccak?: Keccak): Bytes =>
  digest(channelsDomain(d), "Session", m, keccak);
export const receiptDigest = (d: Channels, m: Receipt): Bytes => digest(channelsDomain(d), "Receipt", m);
export const commandDigest = (d: Pick<Delivery, "chainId" | "grants">, m: SignedCommand): Bytes =>
  digest(grantsDomain(d), "Command", { ...m, sealedHash: hex(m.sealedHash) });

/** abi.encode of values of these types, "type, type". */
export const abiEncode = (types: string, values: readonly unknown[]): Hex =>
  encodeAbiParameters(
    types.split(",").map((type) => ({ type: type.trim() })),
    values,
  );

/** H(address[]): the list of relays as a channel's terms name it. */
export const relaysHash = (relays: readonly Address[]): Hex => keccak256(abiEncode("address[]", [relays]));

export const hashTerms = (terms: Terms): Hex =>
  hashStruct({ data: terms as Record<string, unknown>, primaryType: "Terms", types: { Terms: TYPES.Terms } });

export const hashSubscriptionTerms = (terms: SubscriptionTerms): Hex =>
  hashStruct({
    data: terms as Record<string, unknown>,
    primaryType: "SubscriptionTerms",
    types: { SubscriptionTerms: TYPES.SubscriptionTerms },
  });

const paymentIdOf = (escrow: Address, chainId: number, termsHash: Hex): Hex => {
  const deployment = keccak256(abiEncode("address,uint256", [escrow, BigInt(chainId)]));
  return keccak256(abiEncode("bytes32,bytes32", [deployment, termsHash]));
};

/** The id of a channel, derivable without asking the chain. `chainId` is the one at deployment. */
export const channelId = (delivery: Channels, terms: Terms): Hex =>
  paymentIdOf(delivery.channels, delivery.chainId, hashTerms(terms));

/** The id of a subscription, derivable without asking the chain. `chainId` is the one at deployment. */
export const subscriptionId = (at: SubscriptionsAt, terms: SubscriptionTerms): Hex =>
  paymentIdOf(at.subscriptions, at.chainId, hashSubscriptionTerms(terms));

export const isSubscriptionTerms = (terms: Terms | SubscriptionTerms): terms is SubscriptionTerms =>
  "stopper" in terms;

/** abi.encode of the terms, as `Ratings.rate` takes them: 384 bytes of a channel, 512 of a subscription. */
export const encodeTerms = (terms: Terms | SubscriptionTerms): Hex => {
  const components = isSubscriptionTerms(terms) ? TYPES.SubscriptionTerms : TYPES.Terms;
  return encodeAbiParameters([{ type: "tuple", components }], [terms as Record<string, unknown>]);
};

/** The nonce of a signed funding of a channel: the signature binds channel and amount. */
export const channelFundNonce = (channelId: Hex, amount: bigint, fundSalt: Hex): Hex =>
  keccak256(abiEncode("bytes32,uint96,bytes32", [channelId, amount, fundSalt]));

/** The same for a subscription; `stop` is that of its slot at present, 0 before the first funding. */
export const subscriptionFundNonce = (
  subscriptionId: Hex,
  amount: bigint,
  stop: number,
  fundSalt: Hex,
): Hex => keccak256(abiEncode("bytes32,uint96,uint32,bytes32", [subscriptionId, amount, stop, fundSalt]));

/** The id of a grant. */
export const grantId = (listingId: bigint, buyer: Address, paymentId: Hex): Hex =>
  keccak256(abiEncode("uint64,address,bytes32", [listingId, buyer, paymentId]));

export type SaltParameters = {
  buyerSalt: Hex;
  version: number;
  plan: number;
  unitPrice: bigint;
  termsHash: Hex;
  encryptionKey: Hex;
  signer: Address;
  notBefore: number;
  notAfter: number;
};

/** The salt of a purchase: it binds the channel's id to everything that was bought. */
export const purchaseSalt = (p: SaltParameters): Hex =>
  keccak256(
    abiEncode("bytes32,uint32,uint8,uint96,bytes32,bytes32,address,uint40,uint40", [
      p.buyerSalt,
      p.version,
      p.plan,
      p.unitPrice,
      p.termsHash,
      p.encryptionKey,
      p.signer,
      p.notBefore,
      p.notAfter,
    ]),
  );

/** A data subject as Consents knows him: with this hash he can withdraw by himself from `account`. `salt`: 32 random bytes. */
export const consentSubject = (account: Address, salt: Hex): Hex =>
  keccak256(abiEncode("address,bytes32", [account, salt]));
