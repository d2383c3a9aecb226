// What a payer signs for tokens and Permit2 to move his money, and how a purchase carries it (IGrants.buy). Every one of these
// binds one payment and one amount, except the EIP-2612 permit, which binds a spender only.
import { parseSignature, type TypedDataDomain } from "viem";
import type { Address, Hex } from "./bytes.ts";
import {
  abiEncode,
  isSubscriptionTerms,
  type Signable,
  type SubscriptionTerms,
  struct,
  type Terms,
  TYPES,
} from "./typed-data.ts";

/** Uniswap's Permit2, the same on every chain. */
export const PERMIT2: Address = "0x000000000022D473030F116dDEE9F6B43aC78BA3";

const FUNDING_TYPES = {
  ReceiveWithAuthorization: struct(
    "address from, address to, uint256 value, uint256 validAfter, uint256 validBefore, bytes32 nonce",
  ),
  Permit: struct("address owner, address spender, uint256 value, uint256 nonce, uint256 deadline"),
  TokenPermissions: struct("address token, uint256 amount"),
} as const;

/** EIP-3009. `domain` is the token's; `to` the escrow; `nonce` from `channelFundNonce` or `subscriptionFundNonce`. */
export const receiveWithAuthorization = (
  domain: TypedDataDomain,
  message: {
    from: Address;
    to: Address;
    value: bigint;
    validAfter: bigint;
    validBefore: bigint;
    nonce: Hex;
  },
): Signable => ({
  domain,
  types: { ReceiveWithAuthorization: FUNDING_TYPES.ReceiveWithAuthorization },
  primaryType: "ReceiveWithAuthorization",
  message,
});

/** EIP-2612. `domain` is the token's, `nonce` the owner's next one in the token. */
export const permit = (
  domain: TypedDataDomain,
  message: { owner: Address; spender: Address; value: bigint; nonce: bigint; deadline: bigint },
): Signable => ({ domain, types: { Permit: FUNDING_TYPES.Permit }, primaryType: "Permit", message });

/** Permit2 with the hash of the terms as witness. `nonce` is the fund nonce; `escrow` the contract that holds the payment. */
export const permit2Transfer = (p: {
  chainId: number;
  escrow: Address;
  terms: Terms | SubscriptionTerms;
  amount: bigint;
  nonce: Hex;
  deadline: bigint;
}): Signable => {
  const witness = isSubscriptionTerms(p.terms) ? "SubscriptionTerms" : "Terms";
  return {
    domain: { name: "Permit2", chainId: p.chainId, verifyingContract: PERMIT2 },
    types: {
      PermitWitnessTransferFrom: struct(
        `TokenPermissions permitted, address spender, uint256 nonce, uint256 deadline, ${witness} witness`,
      ),
      TokenPermissions: FUNDING_TYPES.TokenPermissions,
      [witness]: TYPES[witness],
    },
    primaryType: "PermitWitnessTransferFrom",
    message: {
      permitted: { token: p.terms.token, amount: p.amount },
      spender: p.escrow,
      nonce: BigInt(p.nonce),
      deadline: p.deadline,
      witness: p.terms,
    },
  };
};

/** 65 bytes `r ‖ s ‖ v`, split as contracts of before EIP-2098 take it. */
export function splitSignature(signature: Hex): { v: number; r: Hex; s: Hex } {
  const { r, s, yParity } = parseSignature(signature);
  return { v: 27 + yParity, r, s };
}

/** `Purchase.authorization` of funding PULL with an EIP-2612 permit for Grants. */
export const encodePermit = (p: { value: bigint; deadline: bigint; signature: Hex }): Hex => {
  const { v, r, s } = splitSignature(p.signature);
  return abiEncode("uint256,uint256,uint8,bytes32,bytes32", [p.value, p.deadline, v, r, s]);
};

/** `Purchase.authorization` of funding EIP3009. */
export const encode3009 = (p: {
  validAfter: bigint;
  validBefore: bigint;
  fundSalt: Hex;
  signature: Hex;
}): Hex => abiEncode("uint256,uint256,bytes32,bytes", [p.validAfter, p.validBefore, p.fundSalt, p.signature]);

/** `Purchase.authorization` of funding PERMIT2. */
export const encodePermit2 = (p: { fundSalt: Hex; deadline: bigint; signature: Hex }): Hex =>
  abiEncode("bytes32,uint256,bytes", [p.fundSalt, p.deadline, p.signature]);
