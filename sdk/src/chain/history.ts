import type { ContractEventArgs, ContractEventName, GetContractEventsReturnType } from "viem";
import { getBlockNumber, getContractEvents } from "viem/actions";
import type { ContractName, Contracts } from "./deployments.ts";
import { contractError } from "./errors.ts";
import { inRanges } from "./ranges.ts";
import { ABIS, type ReadClient } from "./types.ts";

/** Views asked at the same time: enough to hide latency, few enough for a public node. */
const BATCH = 16;

/**
 * All events of one kind with these indexed arguments, oldest first. Pass the deployment's first block: from there on it asks in bounded
 * ranges. Without one it asks for everything at once, which nodes with an index of topics answer, and in halves where that is refused.
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
  const { contracts, contract, eventName, args, fromBlock } = query;
  try {
    const parameters = {
      abi: ABIS[contract],
      address: contracts[contract],
      eventName,
      args,
      strict: true,
    };
    const toBlock = await getBlockNumber(client, { cacheTime: 0 });
    const blocks =
      fromBlock === undefined ? { fromBlock: 0n, toBlock, widest: toBlock + 1n } : { fromBlock, toBlock };
    const events = await inRanges(blocks, (from, to) => {
      const bounded = { ...parameters, fromBlock: from, toBlock: to };
      return getContractEvents(client, bounded as unknown as Parameters<typeof getContractEvents>[1]);
    });
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
