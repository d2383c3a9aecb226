import type { Address } from "viem";
import { listingsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type PullBondParameters = {
  contracts: Contracts;
  holder: Address;
  /** Default: the holder. Only the holder himself may name somebody else. */
  to?: Address | undefined;
};

export type PullBondReturnType = Sent & {
  /** Native coin in wei. */
  amount: bigint;
};

export type PullBondErrorType = ContractError;

/**
 * Sends the drawn parts of bonds that a holder could not take before.
 *
 * @throws ContractError named as in IListings
 * @example
 * const { amount } = await pullBond(wallet, { contracts, holder: wallet.account.address });
 */
export async function pullBond(
  client: WriteClient,
  parameters: PullBondParameters,
): Promise<PullBondReturnType> {
  const { contracts, holder, to } = parameters;
  const { hash, receipt } = await write(client, {
    abi: listingsAbi,
    address: contracts.Listings,
    functionName: "pull",
    args: [holder, to ?? holder],
  });
  const event = eventOf(receipt, contracts, "Listings", "OwedPulled");
  return { hash, receipt, amount: event.amount };
}
