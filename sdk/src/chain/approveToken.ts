import { type Address, erc20Abi } from "viem";
import type { ContractError } from "./errors.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type ApproveTokenParameters = {
  token: Address;
  /** Grants for funding PULL, an escrow for its `fund`, Permit2 for signed transfers. */
  spender: Address;
  /** Smallest token unit. */
  amount: bigint;
};

export type ApproveTokenReturnType = Sent;

export type ApproveTokenErrorType = ContractError;

/**
 * Allows a contract to take tokens from the client's account. Grants and the escrows take from their caller alone.
 *
 * @throws ContractError
 * @example
 * await approveToken(buyer, { token, spender: contracts.Grants, amount });
 */
export async function approveToken(
  client: WriteClient,
  { token, spender, amount }: ApproveTokenParameters,
): Promise<ApproveTokenReturnType> {
  const { hash, receipt } = await write(client, {
    abi: erc20Abi,
    address: token,
    functionName: "approve",
    args: [spender, amount],
  });
  return { hash, receipt };
}
