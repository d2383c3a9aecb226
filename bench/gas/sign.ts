/** Everything that is signed off chain before a measured call. */
import {
  type Address,
  type Hex,
  parseSignature,
  serializeCompactSignature,
  signatureToCompactSignature,
  type TypedDataDomain,
  type TypedDataParameter,
} from "viem";
import type { PrivateKeyAccount } from "viem/accounts";
import { hardhat } from "viem/chains";
import type { Contract } from "./harness.ts";

export type Types = Record<string, TypedDataParameter[]>;

/** "address payer,uint96 amount" as viem wants it. */
export function fields(text: string): TypedDataParameter[] {
  return text.split(",").map((field) => {
    const [type, name] = field.split(" ") as [string, string];
    return { type, name };
  });
}

export const domainOf = (contract: Contract, name?: string): TypedDataDomain => ({
  ...(name === undefined ? {} : { name, version: "1" }),
  chainId: hardhat.id,
  verifyingContract: contract.address,
});

export function sign(
  account: PrivateKeyAccount,
  domain: TypedDataDomain,
  types: Types,
  primaryType: string,
  message: Record<string, unknown>,
): Promise<Hex> {
  return account.signTypedData({ domain, types, primaryType, message });
}

/** EIP-2098, as vouchers travel. */
export function compact(signature: Hex): { r: Hex; vs: Hex; whole: Hex } {
  const { r, yParityAndS } = signatureToCompactSignature(parseSignature(signature));
  return { r, vs: yParityAndS, whole: serializeCompactSignature({ r, yParityAndS }) };
}

const TOKEN_NAME = "Weir Test Dollar";

/** EIP-2612. */
export async function permit(
  owner: PrivateKeyAccount,
  token: Contract,
  spender: Address,
  value: bigint,
  nonce: bigint,
  deadline: bigint,
) {
  const types = {
    Permit: fields("address owner,address spender,uint256 value,uint256 nonce,uint256 deadline"),
  };
  const message = { owner: owner.address, spender, value, nonce, deadline };
  const signature = parseSignature(await sign(owner, domainOf(token, TOKEN_NAME), types, "Permit", message));
  return { v: signature.yParity + 27, r: signature.r, s: signature.s };
}

/** EIP-3009, for the escrow alone. */
export function authorization(
  from: PrivateKeyAccount,
  token: Contract,
  to: Address,
  value: bigint,
  validBefore: bigint,
  nonce: Hex,
): Promise<Hex> {
  const types = {
    ReceiveWithAuthorization: fields(
      "address from,address to,uint256 value,uint256 validAfter,uint256 validBefore,bytes32 nonce",
    ),
  };
  const message = { from: from.address, to, value, validAfter: 0n, validBefore, nonce };
  return sign(from, domainOf(token, TOKEN_NAME), types, "ReceiveWithAuthorization", message);
}

/** Permit2 with a witness. */
export function permit2(
  owner: PrivateKeyAccount,
  permit2Contract: Contract,
  token: Contract,
  spender: Address,
  amount: bigint,
  nonce: Hex,
  deadline: bigint,
  witness: { type: string; fields: TypedDataParameter[]; message: Record<string, unknown> },
): Promise<Hex> {
  const types = {
    PermitWitnessTransferFrom: [
      ...fields("TokenPermissions permitted,address spender,uint256 nonce,uint256 deadline"),
      { type: witness.type, name: "witness" },
    ],
    TokenPermissions: fields("address token,uint256 amount"),
    [witness.type]: witness.fields,
  };
  const domain = { ...domainOf(permit2Contract), name: "Permit2" };
  const message = {
    permitted: { token: token.address, amount },
    spender,
    nonce: BigInt(nonce),
    deadline,
    witness: witness.message,
  };
  return sign(owner, domain, types, "PermitWitnessTransferFrom", message);
}
