// All signed-message hashing of the chain's side in one file; checked by test/vectors/eip712-channels.json.
import {
  encodeAbiParameters,
  hashStruct,
  hashTypedData,
  keccak256,
  type TypedDataDomain,
  type TypedDataParameter,
} from "viem";
import type { Address, Bytes, Hex } from "./bytes.ts";
import { unhex } from "./bytes.ts";
import type { Delivery } from "./header.ts";

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
export type DevicePassword = {
  hubId: bigint;
  device: string;
  gatewayId: string;
  nonce: Hex;
  deadline: number;
};

/** "type name, type name" → the parameters of a typed-data struct. */
const struct = (text: string): TypedDataParameter[] =>
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
  Session: struct(
    "bytes32 channelId, uint64 sessionNo, address relay, uint32 generation, uint64 fromSeq, uint96 baseTotal, uint40 expiry",
  ),
  Receipt: struct("bytes32 channelId, bytes32 segmentId, uint96 cumulative"),
  Approval: struct("uint64 listingId, uint32 version, address buyer, bytes32 termsHash, uint40 deadline"),
  DevicePassword: struct("uint64 hubId, string device, string gatewayId, bytes32 nonce, uint40 deadline"),
} as const;

export const channelsDomain = (delivery: Pick<Delivery, "chainId" | "channels">): TypedDataDomain => ({
  name: "Weir Channels",
  version: "1",
  chainId: delivery.chainId,
  verifyingContract: delivery.channels,
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
const digest = (domain: TypedDataDomain, primaryType: Kind, message: Record<string, unknown>): Bytes =>
  unhex(hashTypedData({ domain, types: { [primaryType]: TYPES[primaryType] }, primaryType, message }));

type Channels = Pick<Delivery, "chainId" | "channels">;
export const voucherDigest = (d: Channels, m: Voucher): Bytes => digest(channelsDomain(d), "Voucher", m);
export const tickVoucherDigest = (d: Channels, m: TickVoucher): Bytes =>
  digest(channelsDomain(d), "TickVoucher", m);
export const closeOfferDigest = (d: Channels, m: CloseOffer): Bytes =>
  digest(channelsDomain(d), "CloseOffer", m);
export const closeNoticeDigest = (d: Channels, m: CloseNotice): Bytes =>
  digest(channelsDomain(d), "CloseNotice", m);
export const sessionDigest = (d: Channels, m: Session): Bytes => digest(channelsDomain(d), "Session", m);
export const receiptDigest = (d: Channels, m: Receipt): Bytes => digest(channelsDomain(d), "Receipt", m);
export const approvalDigest = (d: Pick<Delivery, "chainId" | "grants">, m: Approval): Bytes =>
  digest(grantsDomain(d), "Approval", m);
export const devicePasswordDigest = (chainId: number, m: DevicePassword): Bytes =>
  digest(gatewayDomain(chainId), "DevicePassword", m);

const abi = (types: string, values: readonly unknown[]): Hex =>
  encodeAbiParameters(
    types.split(",").map((type) => ({ type: type.trim() })),
    values,
  );

/** H(address[]): the list of relays as a channel's terms name it. */
export const relaysHash = (relays: readonly Address[]): Hex => keccak256(abi("address[]", [relays]));

export const hashTerms = (terms: Terms): Hex =>
  hashStruct({ data: terms as Record<string, unknown>, primaryType: "Terms", types: { Terms: TYPES.Terms } });

/** The id of a channel, derivable without asking the chain. `chainId` is the one at deployment. */
export const channelId = (delivery: Channels, terms: Terms): Hex => {
  const deployment = keccak256(abi("address,uint256", [delivery.channels, BigInt(delivery.chainId)]));
  return keccak256(abi("bytes32,bytes32", [deployment, hashTerms(terms)]));
};

/** The id of a grant. */
export const grantId = (listingId: bigint, buyer: Address, paymentId: Hex): Hex =>
  keccak256(abi("uint64,address,bytes32", [listingId, buyer, paymentId]));

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
    abi("bytes32,uint32,uint8,uint96,bytes32,bytes32,address,uint40,uint40", [
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
