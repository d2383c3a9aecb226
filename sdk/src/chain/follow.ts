/**
 * Follows the logs of our contracts: every block once, in order, from a cursor that the caller may store.
 *
 * It polls the head (or is woken by a WebSocket subscription), asks for logs in bounded ranges, decodes each by its
 * contract's ABI, and compares hashes before it goes on. A replaced block is announced before its successors are
 * given; a restarted development chain is announced before anything of the new one is given.
 */
import { type Address, decodeEventLog, type Hex, type Log, type PublicClient } from "viem";
import type { ContractName, Contracts } from "./deployments.ts";
import { getInstance } from "./instance.ts";
import { ABIS, type ContractEvent, type MinedLog } from "./types.ts";
import { abortable, pause, type Waker, waker } from "./wait.ts";

/** Default pause between two looks at the head: a local chain mines on demand and people wait for it. */
export const POLL_MS = 200;
/** With a subscription the poll is only a net under lost notifications. */
export const SUBSCRIBED_POLL_MS = 5_000;
/** Blocks per eth_getLogs: public nodes refuse more than a few thousand. Halved when a node refuses. */
export const MAX_RANGE_BLOCKS = 2_000n;
/** Blocks kept to find where a fork began: 64 that are replaced and the one below them. A deeper fork starts again from `fromBlock`. */
export const MAX_ANCESTORS = 65;
/** Longest pause after failed requests. Short, because a restarted local chain is back within seconds. */
export const MAX_BACKOFF_MS = 2_000;

export type BlockId = { number: bigint; hash: Hex };

/** Where a follower is. Plain data: store it after the logs of its batch were stored. */
export type ChainCursor = {
  instanceId: Hex | null;
  /** Blocks already given, oldest first, at most MAX_ANCESTORS; the last one is the position. */
  blocks: readonly BlockId[];
};

export type LogBatch = {
  /** Ordered by block and log index. May be empty: the cursor still moved. */
  logs: ContractEvent[];
  cursor: ChainCursor;
  /** True if this batch reaches the head that was seen last. */
  caughtUp: boolean;
};

export type FollowChainParameters = {
  client: PublicClient;
  contracts: Contracts;
  /** First block of interest. */
  fromBlock: bigint;
  /** Goes on behind this position; without it, from `fromBlock`. */
  cursor?: ChainCursor | undefined;
  /** Blocks to stay behind the head. Default 0. */
  confirmations?: bigint | undefined;
  intervalMs?: number | undefined;
  onLogs: (batch: LogBatch) => void | Promise<void>;
  /** Blocks from this number on were replaced: forget what was derived from them. */
  onReorg: (fromBlock: bigint) => void | Promise<void>;
  /** The development chain was restarted: forget everything. */
  onReset: (instanceId: Hex | null) => void | Promise<void>;
  /** A request failed; it is tried again after a pause. */
  onError?: ((error: unknown) => void) | undefined;
  signal: AbortSignal;
};

/** A contract of ours logged something that its ABI does not know: this program and the deployment do not belong together. */
export class UnknownLog extends Error {
  override readonly name = "UnknownLog";
  readonly address: Address;
  readonly topic: Hex | undefined;

  constructor(log: Log) {
    super(
      `Contract ${log.address} logged ${log.topics[0]} in block ${log.blockNumber}, which its interface does not define.`,
    );
    this.address = log.address;
    this.topic = log.topics[0];
  }
}

/** The node answered with logs of two different forks. */
class InconsistentAnswer extends Error {
  override readonly name = "InconsistentAnswer";
}

/**
 * Runs until `signal` aborts, then resolves. Rejects only with what a callback throws, or with UnknownLog.
 *
 * @example
 * const stop = new AbortController();
 * await followChain({
 *   client, contracts, fromBlock, cursor: store.cursor(), signal: stop.signal,
 *   onLogs: ({ logs, cursor }) => store.write(logs, cursor),
 *   onReorg: (block) => store.forgetFrom(block),
 *   onReset: () => store.clear(),
 * });
 */
export async function followChain(parameters: FollowChainParameters): Promise<void> {
  const { client, signal, onError, intervalMs = POLL_MS } = parameters;
  const follower = new Follower(parameters);
  const wake = waker();
  const subscription = subscribe(client, wake, onError);
  let failures = 0;
  try {
    while (!signal.aborted) {
      const step = await follower.step();
      if ("failed" in step) {
        if (signal.aborted) break;
        onError?.(step.failed);
        failures += 1;
        await pause(Math.min(intervalMs * 2 ** Math.min(failures, 10), MAX_BACKOFF_MS), signal);
        continue;
      }
      failures = 0;
      if (step.idle) await pause(subscription ? SUBSCRIBED_POLL_MS : intervalMs, signal, wake);
    }
  } finally {
    subscription?.();
  }
}

type Step = { idle: boolean } | { failed: unknown };

/** What was read from the node for one step; callbacks run after it, so that their errors are not taken for the node's. */
type Seen =
  | { kind: "reset"; instanceId: Hex | null }
  | { kind: "reorg"; blocks: BlockId[] }
  | { kind: "logs"; logs: ContractEvent[]; last: BlockId; head: bigint }
  | { kind: "idle" };

class Follower {
  readonly #parameters: FollowChainParameters;
  readonly #byAddress: ReadonlyMap<string, ContractName>;
  #instanceId: Hex | null | undefined;
  #blocks: BlockId[];
  #range = MAX_RANGE_BLOCKS;

  constructor(parameters: FollowChainParameters) {
    this.#parameters = parameters;
    this.#byAddress = new Map(
      Object.entries(parameters.contracts).map(([name, address]) => [
        address.toLowerCase(),
        name as ContractName,
      ]),
    );
    this.#instanceId = parameters.cursor?.instanceId;
    this.#blocks = [...(parameters.cursor?.blocks ?? [])];
  }

  async step(): Promise<Step> {
    const { onLogs, onReorg, onReset, fromBlock, signal } = this.#parameters;
    let seen: Seen;
    try {
      seen = await abortable(this.#look(), signal);
    } catch (error) {
      if (error instanceof UnknownLog) throw error;
      return { failed: error };
    }
    if (seen.kind === "reset") {
      await onReset(seen.instanceId);
      this.#instanceId = seen.instanceId;
      this.#blocks = [];
    } else if (seen.kind === "reorg") {
      const kept = seen.blocks.at(-1);
      await onReorg(kept ? kept.number + 1n : fromBlock);
      this.#blocks = seen.blocks;
    } else if (seen.kind === "logs") {
      const blocks = [...this.#blocks, seen.last].slice(-MAX_ANCESTORS);
      const cursor = { instanceId: this.#instanceId ?? null, blocks };
      await onLogs({ logs: seen.logs, cursor, caughtUp: seen.last.number >= seen.head });
      this.#blocks = blocks;
      return { idle: seen.last.number >= seen.head };
    }
    return { idle: seen.kind === "idle" };
  }

  async #look(): Promise<Seen> {
    const { client, fromBlock, confirmations = 0n } = this.#parameters;
    // A chain without an identity cannot be restarted under us; it is asked once.
    if (this.#instanceId !== null || this.#blocks.length === 0) {
      const { instanceId } = await getInstance(client);
      if (this.#instanceId !== undefined && this.#instanceId !== instanceId)
        return { kind: "reset", instanceId };
      this.#instanceId = instanceId;
    }
    const latest = await client.getBlock({ blockTag: "latest" });
    const position = this.#blocks.at(-1);
    if (position && (latest.number !== position.number || latest.hash !== position.hash)) {
      const linked = latest.number === position.number + 1n && latest.parentHash === position.hash;
      if (!linked && !(await this.#isCanonical(position)))
        return { kind: "reorg", blocks: await this.#ancestors() };
    }
    const head = latest.number - confirmations;
    const first = position ? position.number + 1n : fromBlock;
    if (first > head) return { kind: "idle" };
    const end = first + this.#range - 1n < head ? first + this.#range - 1n : head;
    const last = end === latest.number ? latest : await client.getBlock({ blockNumber: end });
    const logs = await this.#logs(first, end);
    if (logs.some((log) => log.blockNumber === end && log.blockHash !== last.hash))
      throw new InconsistentAnswer(`Block ${end} was replaced while its logs were read.`);
    return {
      kind: "logs",
      logs: logs.map((log) => this.#decode(log)),
      last: { number: last.number, hash: last.hash },
      head,
    };
  }

  async #logs(fromBlock: bigint, toBlock: bigint): Promise<MinedLog[]> {
    try {
      const address = Object.values(this.#parameters.contracts);
      const logs = await this.#parameters.client.getLogs({ address, fromBlock, toBlock });
      if (this.#range < MAX_RANGE_BLOCKS) this.#range *= 2n;
      return logs.sort((a, b) => Number(a.blockNumber - b.blockNumber) || a.logIndex - b.logIndex);
    } catch (error) {
      if (this.#range > 1n) this.#range /= 2n;
      throw error;
    }
  }

  async #isCanonical({ number, hash }: BlockId): Promise<boolean> {
    try {
      return (await this.#parameters.client.getBlock({ blockNumber: number })).hash === hash;
    } catch (error) {
      if ((error as Error).name === "BlockNotFoundError") return false;
      throw error;
    }
  }

  async #ancestors(): Promise<BlockId[]> {
    for (let count = this.#blocks.length - 1; count > 0; count -= 1)
      if (await this.#isCanonical(this.#blocks[count - 1]!)) return this.#blocks.slice(0, count);
    return [];
  }

  #decode(log: MinedLog): ContractEvent {
    const { contracts } = this.#parameters;
    const contract = this.#byAddress.get(log.address.toLowerCase());
    if (!contract) throw new UnknownLog(log);
    try {
      const decoded = decodeEventLog({ abi: ABIS[contract], data: log.data, topics: log.topics });
      return { ...log, ...decoded, contract, address: contracts[contract] } as unknown as ContractEvent;
    } catch (error) {
      throw Object.assign(new UnknownLog(log), { cause: error });
    }
  }
}

/** Wakes the follower at every new head if the transport can subscribe. */
function subscribe(client: PublicClient, wake: Waker, onError?: (error: unknown) => void) {
  if (client.transport.type !== "webSocket") return undefined;
  return client.watchBlockNumber({ onBlockNumber: () => wake.wake(), onError: (error) => onError?.(error) });
}
