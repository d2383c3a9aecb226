import type { Address } from "viem";
import { channelsAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type PullParameters = {
  contracts: Contracts;
  /** Where the balance is; default Channels. */
  escrow?: "Channels" | "Subscriptions" | undefined;
  holder: Address;
  /** The zero address for the native coin. */
  token: Address;
  /** Default: the holder. Only the holder himself may name somebody else. */
  to?: Address | undefined;
};

export type PullReturnType = Sent & {
  /** Smallest token unit. */
  amount: bigint;
};

export type PullErrorType = ContractError;

/**
 * Sends the whole owed balance of a holder away: cuts, accrued payouts, pushes that failed. Each escrow keeps its own.
 *
 * @throws ContractError named as in IEscrow
 * @example
 * const { amount } = await pull(relay, {
 *   contracts, escrow: "Subscriptions", holder: relay.account.address, token: zeroAddress,
 * });
 */
export async function pull(client: WriteClient, parameters: PullParameters): Promise<PullReturnType> {
  const { contracts, escrow = "Channels", holder, token, to } = parameters;
  const { hash, receipt } = await write(client, {
    // IEscrow is the same in both.
    abi: channelsAbi,
    address: contracts[escrow],
    functionName: "pull",
    args: [holder, token, to ?? holder],
  });
  const event = eventOf(receipt, contracts, escrow, "OwedPulled");
  return { hash, receipt, amount: event.amount };
}
