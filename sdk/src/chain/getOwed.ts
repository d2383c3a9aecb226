import type { Address } from "viem";
import { channelsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { read } from "./read.ts";
import type { ReadClient } from "./types.ts";

export type GetOwedParameters = {
  contracts: Contracts;
  /** Where the balance is; default Channels. */
  escrow?: "Channels" | "Subscriptions" | undefined;
  holder: Address;
  token: Address;
};

/** Smallest token unit. */
export type GetOwedReturnType = bigint;

export type GetOwedErrorType = ContractError;

/**
 * What a holder can `pull` from one of the escrows. The zero address stands for the native coin.
 *
 * @throws ContractError
 * @example
 * const owed = await getOwed(client, { contracts, holder: relay, token: zeroAddress });
 */
export async function getOwed(
  client: ReadClient,
  { contracts, escrow = "Channels", holder, token }: GetOwedParameters,
): Promise<GetOwedReturnType> {
  return read(client, {
    // IEscrow is the same in both.
    abi: channelsAbi,
    address: contracts[escrow],
    functionName: "owed",
    args: [holder, token],
  });
}
