import type { Hex } from "viem";
import { grantsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import { type ContractError, revertError } from "./errors.ts";
import { eventsIn } from "./events.ts";
import type { Purchase, Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

/** Solidity `Funding.NATIVE`. */
const NATIVE = 0;

export type BuyManyParameters = {
  contracts: Contracts;
  /** At most 16, all of the client's account. Native ones are paid out of `value` in order. */
  purchases: readonly Purchase[];
  /** To send along, in wei; default: the sum of the native amounts. What is left comes back. */
  value?: bigint | undefined;
};

export type BuyManyReturnType = Sent & {
  bought: { grantId: Hex; paymentId: Hex; listingId: bigint }[];
  /** Place in the cart and the reason. */
  skipped: { index: number; error: ContractError }[];
};

export type BuyManyErrorType = ContractError;

/**
 * Buys a cart. Each purchase has its own outcome: one that fails is skipped and keeps its money.
 *
 * @throws ContractError named as in IGrants
 * @example
 * const { bought, skipped } = await buyMany(wallet, { contracts, purchases });
 * for (const { index, error } of skipped) console.log(index, error.name);
 */
export async function buyMany(
  client: WriteClient,
  parameters: BuyManyParameters,
): Promise<BuyManyReturnType> {
  const { contracts, purchases, value } = parameters;
  const { hash, receipt } = await write(client, {
    abi: grantsAbi,
    address: contracts.Grants,
    functionName: "buyMany",
    args: [purchases],
    value: value ?? nativeSum(purchases),
  });
  return {
    hash,
    receipt,
    bought: eventsIn(receipt, contracts, "Grants", "Purchased"),
    skipped: eventsIn(receipt, contracts, "Grants", "PurchaseSkipped").map(({ index, reason }) => ({
      index: Number(index),
      error: revertError(reason),
    })),
  };
}

const nativeSum = (purchases: readonly Purchase[]): bigint =>
  purchases.reduce((sum, { funding, amount }) => (funding === NATIVE ? sum + amount : sum), 0n);
