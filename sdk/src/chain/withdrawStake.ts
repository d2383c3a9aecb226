import type { Address } from "viem";
import { relaysAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type WithdrawStakeParameters = {
  contracts: Contracts;
  /** Default: the client's account. */
  to?: Address | undefined;
};

export type WithdrawStakeReturnType = Sent & {
  /** Native coin in wei. */
  amount: bigint;
};

export type WithdrawStakeErrorType = ContractError;

/**
 * Sends the client account's stake away, after the delay since `deregisterRelay`.
 *
 * @throws ContractError named as in IRelays
 * @example
 * const { amount } = await withdrawStake(operator, { contracts });
 */
export async function withdrawStake(
  client: WriteClient,
  parameters: WithdrawStakeParameters,
): Promise<WithdrawStakeReturnType> {
  const { contracts, to } = parameters;
  const { hash, receipt } = await write(client, {
    abi: relaysAbi,
    address: contracts.Relays,
    functionName: "withdrawStake",
    args: [to ?? client.account.address],
  });
  const event = eventOf(receipt, contracts, "Relays", "StakeWithdrawn");
  return { hash, receipt, amount: event.amount };
}
