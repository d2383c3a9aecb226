import { type Address, erc20Abi } from "viem";
import type { ContractError } from "./errors.ts";
import { read } from "./read.ts";
import type { ReadClient } from "./types.ts";

export type GetAllowanceParameters = { token: Address; owner: Address; spender: Address };

/** Smallest token unit. */
export type GetAllowanceReturnType = bigint;

export type GetAllowanceErrorType = ContractError;

/**
 * How much of a token a contract may take from an account.
 *
 * @throws ContractError
 * @example
 * const allowed = await getAllowance(client, { token, owner: buyer, spender: contracts.Grants });
 */
export async function getAllowance(
  client: ReadClient,
  { token, owner, spender }: GetAllowanceParameters,
): Promise<GetAllowanceReturnType> {
  return read(client, {
    abi: erc20Abi,
    address: token,
    functionName: "allowance",
    args: [owner, spender],
  });
}
