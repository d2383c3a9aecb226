import { relaysAbi } from "../generated/index.ts";
import type { Contracts } from "./deployments.ts";
import type { ContractError } from "./errors.ts";
import { eventOf } from "./events.ts";
import type { Sent, WriteClient } from "./types.ts";
import { write } from "./write.ts";

export type DeregisterRelayParameters = {
  contracts: Contracts;
};

export type DeregisterRelayReturnType = Sent & {
  /** Unix seconds from which `withdrawStake` works. */
  withdrawableAt: number;
};

export type DeregisterRelayErrorType = ContractError;

/**
 * Takes the client account's relay off the list and starts the clock of its stake.
 *
 * @throws ContractError named as in IRelays
 * @example
 * const { withdrawableAt } = await deregisterRelay(operator, { contracts });
 */
export async function deregisterRelay(
  client: WriteClient,
  parameters: DeregisterRelayParameters,
): Promise<DeregisterRelayReturnType> {
  const { contracts } = parameters;
  const { hash, receipt } = await write(client, {
    abi: relaysAbi,
    address: contracts.Relays,
    functionName: "deregisterRelay",
    args: [],
  });
  const event = eventOf(receipt, contracts, "Relays", "RelayDeregistered");
  return { hash, receipt, withdrawableAt: event.withdrawableAt };
}
