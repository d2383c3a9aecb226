import type { Hex } from "viem";
import { grantsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import { requirePermit2 } from "./requirePermit2.ts";
import type { Purchase, Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

/** Solidity `Funding.NATIVE`: the money is sent along. */
const NATIVE = 0;
/** Solidity `Funding.PERMIT2`. */
const PERMIT2 = 3;

export type BuyParameters = {
  contracts: Contracts;
  /** As `prepareBuy` of the client package derives it. With funding NATIVE (0) its amount is sent along. */
  purchase: Purchase;
};

export type BuyReturnType = Sent & {
  grantId: Hex;
  /** The id of the channel or subscription, or the salt of a free plan. */
  paymentId: Hex;
};

export type BuyErrorType = ContractError;

/**
 * Pays for a plan of a listing and records the grant, in one transaction.
 *
 * @throws ContractError named as in IGrants, IListings, IChannels, ISubscriptions, or by the token (`EntryNotCovered`, `ListingIsPaused` …);
 * `Permit2Missing` for funding PERMIT2 on a chain without it
 * @example
 * const { grantId, paymentId } = await buy(wallet, { contracts, purchase });
 */
export async function buy(client: WriteClient, parameters: BuyParameters): Promise<BuyReturnType> {
  const { contracts, purchase } = parameters;
  if (purchase.funding === PERMIT2) await requirePermit2(client);
  const { hash, receipt } = await write(client, {
    abi: grantsAbi,
    address: contracts.Grants,
    functionName: "buy",
    args: [purchase],
    value: purchase.funding === NATIVE ? purchase.amount : 0n,
  });
  const event = eventOf(receipt, contracts, "Grants", "Purchased");
  return { hash, receipt, grantId: event.grantId, paymentId: event.paymentId };
}
