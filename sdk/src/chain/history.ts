import type { ContractEventArgs, ContractEventName, GetContractEventsReturnType } from "viem";
import { getContractEvents } from "viem/actions";
import type { ContractName, Contracts } from "./deployments.ts";
import { contractError } from "./errors.ts";
import { ABIS, type ReadClient } from "./types.ts";

/** Views asked at the same time: enough to hide latency, few enough for a public node. */
const BATCH = 16;

/**
 * All events of one kind with these indexed arguments, oldest first. One request: the node must accept a filter by topic over
 * the whole range, so pass the deployment's first block.
 *
 * @throws ContractError
 */
export async function eventsOf<
  name extends ContractName,
  event extends ContractEventName<(typeof ABIS)[name]>,
>(
  client: ReadClient,
  query: {
    contracts: Contracts;
    contract: name;
    eventName: event;
    args: ContractEventArgs<(typeof ABIS)[name], event>;
    fromBlock?: bigint | undefined;
  },
): Promise<GetContractEventsReturnType<(typeof ABIS)[name], event, true, bigint, "latest">> {
  const { contracts, contract, eventName, args, fromBlock = 0n } = query;
  try {
    const parameters = {
      abi: ABIS[contract],
      address: contracts[contract],
      eventName,
      args,
      fromBlock,
      strict: true,
    };
    const events = await getContractEvents(client, parameters as Parameters<typeof getContractEvents>[1]);
    return events as unknown as GetContractEventsReturnType<
      (typeof ABIS)[name],
      event,
      true,
      bigint,
      "latest"
    >;
  } catch (error) {
    throw contractError(error);
  }
}

/** `ask` for every item, a few at a time, results in order. */
export async function inBatches<item, result>(
  items: readonly item[],
  ask: (item: item) => Promise<result>,
): Promise<result[]> {
  const results: result[] = [];
  for (let at = 0; at < items.length; at += BATCH)
    results.push(...(await Promise.all(items.slice(at, at + BATCH).map(ask))));
  return results;
}
