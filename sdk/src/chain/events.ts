import { type Abi, type ContractEventName, parseEventLogs, type TransactionReceipt } from "viem";
import type { ContractName, Contracts } from "./deployments.ts";
import { ContractError } from "./errors.ts";
import { ABIS, type EventArgs } from "./types.ts";

/**
 * The arguments of the first event of this name that the contract logged in a transaction.
 *
 * @throws ContractError `EventMissing`: the transaction succeeded, but not on the contract that this program knows
 */
export function eventOf<name extends ContractName, event extends ContractEventName<(typeof ABIS)[name]>>(
  receipt: TransactionReceipt,
  contracts: Contracts,
  contract: name,
  eventName: event,
): EventArgs<name, event> {
  const [found] = eventsIn(receipt, contracts, contract, eventName);
  if (!found)
    throw new ContractError(
      "EventMissing",
      [contract, eventName],
      `Transaction ${receipt.transactionHash} has no ${eventName} event of ${contract}.`,
    );
  return found;
}

/** The arguments of all events of this name that the contract logged in a transaction, in order. May be none. */
export function eventsIn<name extends ContractName, event extends ContractEventName<(typeof ABIS)[name]>>(
  receipt: TransactionReceipt,
  contracts: Contracts,
  contract: name,
  eventName: event,
): EventArgs<name, event>[] {
  const address = contracts[contract].toLowerCase();
  const logs = receipt.logs.filter((log) => log.address.toLowerCase() === address);
  const found = parseEventLogs({ abi: ABIS[contract] as Abi, logs, eventName });
  return found.map((log) => (log as unknown as { args: EventArgs<name, event> }).args);
}
