import { type Address, parseAbi } from "viem";
import type { ContractError } from "./errors.ts";
import { read } from "./read.ts";
import type { ReadClient } from "./types.ts";

const abi = parseAbi(["function nonces(address owner) view returns (uint256)"]);

export type GetPermitNonceParameters = { token: Address; owner: Address };

/** What the next permit of this owner has to carry. */
export type GetPermitNonceReturnType = bigint;

export type GetPermitNonceErrorType = ContractError;

/**
 * The nonce of an owner's next EIP-2612 permit in a token.
 *
 * @throws ContractError `Reverted` or `NoContract` if the token knows no permits
 * @example
 * const nonce = await getPermitNonce(client, { token, owner: buyer });
 */
export async function getPermitNonce(
  client: ReadClient,
  { token, owner }: GetPermitNonceParameters,
): Promise<GetPermitNonceReturnType> {
  return read(client, { abi, address: token, functionName: "nonces", args: [owner] });
}
