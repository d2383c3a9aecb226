// 1 to 64 replaced blocks, each of which the follower has followed by itself, so that its memory reaches just below the deepest fork; 65 are read from
// the beginning. Behind a node of the test's own, because two thousand blocks of a real one take minutes; what real ones do: chain-follow.test.ts.
import { createPublicClient, custom, encodeAbiParameters, encodeEventTopics, keccak256, toHex } from "viem";
import { expect, test } from "vitest";
import { ABIS, type Contracts, followChain, MAX_ANCESTORS } from "../src/chain/index.ts";
import type { Hex } from "../src/core/index.ts";

const HUBS = `0x${"11".repeat(20)}` as const;
type Block = { number: bigint; hash: Hex; parentHash: Hex; payout: Hex };

/** Blocks with one log each, and the answers of a node that has them. */
function node() {
  const blocks: Block[] = [];
  let made = 0;
  const add = (): Block => {
    made += 1;
    const hash = keccak256(toHex(made, { size: 32 }));
    const parentHash = blocks.at(-1)?.hash ?? keccak256("0x");
    blocks.push({
      number: BigInt(blocks.length),
      hash,
      parentHash,
      payout: toHex(made, { size: 20 }),
    });
    return blocks.at(-1)!;
  };
  const shown = ({ number, hash, parentHash }: Block) => ({
    number: toHex(number),
    hash,
    parentHash,
    timestamp: toHex(number),
    transactions: [],
  });
  const topics = encodeEventTopics({ abi: ABIS.Hubs, eventName: "PayoutSet", args: { hubId: 1n } });
  const logOf = ({ number, hash, payout }: Block) => ({
    address: HUBS,
    topics,
    data: encodeAbiParameters([{ type: "address" }], [payout]),
    blockNumber: toHex(number),
    blockHash: hash,
    logIndex: "0x0",
    transactionHash: hash,
    transactionIndex: "0x0",
    removed: false,
  });
  const request = async ({ method, params }: { method: string; params?: unknown }): Promise<unknown> => {
    const [first] = (params ?? []) as [unknown];
    if (method === "eth_getBlockByNumber") {
      const block = first === "latest" ? blocks.at(-1) : blocks[Number(first)];
      return block ? shown(block) : null;
    }
    if (method === "eth_getLogs") {
      const { fromBlock, toBlock } = first as Record<string, Hex>;
      return blocks.slice(Number(fromBlock), Number(toBlock) + 1).map(logOf);
    }
    throw Object.assign(new Error(`${method} is not there`), { code: -32601 });
  };
  return { blocks, add, client: createPublicClient({ transport: custom({ request }), cacheTime: 0 }) };
}

test("forks of 1 to 64 blocks are announced by their first, one of 65 by the chain's beginning", {
  timeout: 180_000,
}, async () => {
  const { blocks, add, client } = node();
  add();
  const stop = new AbortController();
  const payouts = new Map<bigint, string>();
  const reorgs: bigint[] = [];
  let changed: () => void = () => undefined;
  const following = followChain({
    client: client as never,
    contracts: { Hubs: HUBS } as Contracts,
    fromBlock: 0n,
    intervalMs: 0,
    signal: stop.signal,
    onLogs: ({ logs }) => {
      for (const log of logs)
        payouts.set(log.blockNumber, (log.args as { payout: string }).payout.toLowerCase());
      changed();
    },
    onReorg: (block) => {
      reorgs.push(block);
      for (const number of payouts.keys()) if (number >= block) payouts.delete(number);
    },
    onReset: () => undefined,
    onError: (error) => {
      throw error;
    },
  });
  const caughtUp = async () => {
    const { number, payout } = blocks.at(-1)!;
    while (payouts.get(number) !== payout)
      await Promise.race([
        following.then(() => {
          throw new Error("the follower ended");
        }),
        new Promise<void>((resolve) => {
          changed = resolve;
        }),
      ]);
  };
  try {
    for (let depth = 1; depth <= MAX_ANCESTORS; depth += 1) {
      await caughtUp();
      const base = blocks.length;
      for (let block = 0; block < depth; block += 1) {
        add();
        await caughtUp();
      }
      blocks.length = base;
      for (let block = 0; block <= depth; block += 1) add();
      await caughtUp();
      expect(reorgs).toEqual([depth < MAX_ANCESTORS ? BigInt(base) : 0n]);
      expect([...payouts.values()]).toEqual(blocks.map(({ payout }) => payout));
      reorgs.length = 0;
    }
  } finally {
    stop.abort();
    await following.catch(() => undefined);
  }
});
