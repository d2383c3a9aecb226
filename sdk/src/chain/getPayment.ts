import type { Hex } from "viem";
import { grantsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { read } from "./read.ts";
import type { ReadClient } from "./types.ts";

export type GetPaymentParameters = { contracts: Contracts; grantId: Hex };

/** Zero for unknown grants. */
export type GetPaymentReturnType = Hex;

export type GetPaymentErrorType = ContractError;

/**
 * The payment behind a grant. Only payments recorded here are evidence: anybody can open a channel that names a listing.
 *
 * @throws ContractError
 * @example
 * const paymentId = await getPayment(client, { contracts, grantId });
 */
export async function getPayment(
  client: ReadClient,
  { contracts, grantId }: GetPaymentParameters,
): Promise<GetPaymentReturnType> {
  return read(client, {
    abi: grantsAbi,
    address: contracts.Grants,
    functionName: "paymentOf",
    args: [grantId],
  });
}
