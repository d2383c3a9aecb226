import type { Hex } from "viem";
import { grantsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { read } from "./read.ts";
import type { Purchase, ReadClient } from "./types.ts";

export type CheckPurchaseParameters = { contracts: Contracts; purchase: Purchase };

export type CheckPurchaseReturnType = {
  /** The id of the channel or subscription, or the salt of a free plan. */
  paymentId: Hex;
  grantId: Hex;
};

export type CheckPurchaseErrorType = ContractError;

/**
 * What `buy` would do now, without buying: the ids, or the contract's reason for refusing. Balances and allowances are not
 * looked at.
 *
 * @throws ContractError named as in IGrants, IListings
 * @example
 * const { grantId } = await checkPurchase(client, { contracts, purchase });
 */
export async function checkPurchase(
  client: ReadClient,
  { contracts, purchase }: CheckPurchaseParameters,
): Promise<CheckPurchaseReturnType> {
  const [paymentId, grantId] = await read(client, {
    abi: grantsAbi,
    address: contracts.Grants,
    functionName: "check",
    args: [purchase],
  });
  return { paymentId, grantId };
}
