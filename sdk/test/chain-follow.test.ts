// followChain
// ├── everything from the first block, decoded, in order; then each new block once
// ├── a stored cursor → only what came after it
// ├── a WebSocket client → woken by its notifications
// ├── a range that spans more blocks than one request may → several batches, no gap, nothing twice
// ├── blocks replaced → announced by the first of them, then their successors
// ├── 64 of them, each followed by itself → announced by the first, and not by the chain's beginning
// ├── replaced while it was away → the same, found from the cursor
// ├── another chain behind the same address → reset, then everything of it
// ├── the node away for a while → errors reported, then it goes on
// ├── a callback that throws → the follower ends with its error
// ├── a log that the interface does not know → UnknownLog
// └── aborted, also while the node does not answer → it ends
import { createServer } from "node:net";
import { createPublicClient, http, type PublicClient, webSocket } from "viem";
import { hardhat } from "viem/chains";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startChain, type TestChain } from "../../test/support/chain.ts";
import { makeHub, makeListing } from "../../test/support/market.ts";
import {
  type ChainCursor,
  type Contracts,
  type FollowChainParameters,
  followChain,
  type LogBatch,
  MAX_RANGE_BLOCKS,
  setPayout,
} from "../src/chain/index.ts";

let chain: TestChain;
let hubId: bigint;

beforeAll(async () => {
  chain = await startChain();
  hubId = (await makeHub(chain, "Harbour")).hubId;
});

const stops: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});
afterAll(() => chain?.stop());

/** Follows and keeps a book: what a store would hold. */
function follow(more: Partial<FollowChainParameters> = {}) {
  const stop = new AbortController();
  const book = {
    batches: [] as LogBatch[],
    reorgs: [] as bigint[],
    resets: 0,
    errors: [] as unknown[],
    cursor: more.cursor,
  };
  let changed: (() => void) | undefined;
  const note = () => changed?.();
  const done = followChain({
    client: chain.client,
    contracts: chain.contracts,
    fromBlock: chain.deployment.fromBlock,
    intervalMs: 20,
    signal: stop.signal,
    onLogs: (batch) => {
      book.batches.push(batch);
      book.cursor = batch.cursor;
      note();
    },
    onReorg: (block) => {
      book.reorgs.push(block);
      note();
    },
    onReset: () => {
      book.resets += 1;
      note();
    },
    onError: (error) => {
      book.errors.push(error);
      note();
    },
    ...more,
  });
  const end = async () => {
    stop.abort();
    await done;
  };
  stops.push(() => end().catch(() => undefined));
  return {
    book,
    done,
    end,
    names: () => book.batches.flatMap((batch) => batch.logs.map((log) => log.eventName)),
    payouts: () =>
      book.batches.flatMap(({ logs }) =>
        logs.flatMap((log) => (log.eventName === "PayoutSet" ? [log.args.payout] : [])),
      ),
    /** Resolves as soon as `condition` holds. */
    async until(condition: () => boolean) {
      while (!condition())
        await Promise.race([
          done.then(() => {
            throw new Error("The follower ended before that.");
          }),
          new Promise<void>((resolve) => {
            changed = resolve;
          }),
        ]);
    },
    async untilBlock(number: bigint) {
      await this.until(() => book.cursor?.blocks.at(-1)?.number === number);
    },
  };
}

const head = () => chain.client.getBlockNumber({ cacheTime: 0 });
const pay = (index: number) =>
  setPayout(chain.wallet(1), { contracts: chain.contracts, hubId, payout: chain.accounts[index]!.address });

test("gives everything from the first block, then each new block once", async () => {
  const follower = follow();
  await follower.untilBlock(await head());
  expect(follower.names()).toEqual(["HubCreated", "PublisherKeyRegistered", "RolesSet"]);
  expect(follower.book.batches.at(-1)!.caughtUp).toBe(true);
  const [created] = follower.book.batches.flatMap((batch) => batch.logs);
  expect(created).toMatchObject({
    contract: "Hubs",
    eventName: "HubCreated",
    args: { hubId },
    address: chain.contracts.Hubs,
  });
  await pay(8);
  await makeListing(chain, hubId, "Wind").catch((error: Error) => expect(error.name).toBe("PayeeNotPayout"));
  await pay(1);
  await makeListing(chain, hubId, "Wind");
  await follower.untilBlock(await head());
  expect(follower.names().slice(3)).toEqual(["PayoutSet", "PayoutSet", "ListingCreated"]);
  const blocks = follower.book.batches.flatMap((batch) => batch.logs.map((log) => log.blockNumber));
  expect(blocks).toEqual(blocks.toSorted((a, b) => Number(a - b)));
});

test("goes on behind a stored cursor", async () => {
  const first = follow();
  await first.untilBlock(await head());
  await first.end();
  await pay(8);
  const stored = JSON.parse(
    JSON.stringify(first.book.cursor, (_, value) => (typeof value === "bigint" ? `${value}` : value)),
  );
  const cursor: ChainCursor = {
    instanceId: stored.instanceId,
    blocks: stored.blocks.map(({ number, hash }: { number: string; hash: `0x${string}` }) => ({
      number: BigInt(number),
      hash,
    })),
  };
  const second = follow({ cursor });
  await second.untilBlock(await head());
  expect(second.names()).toEqual(["PayoutSet"]);
  expect(second.book).toMatchObject({ reorgs: [], resets: 0 });
});

test("a WebSocket's notification wakes it", async () => {
  const transport = webSocket(chain.rpc.replace("http", "ws"));
  const client = createPublicClient({ chain: hardhat, transport });
  const follower = follow({ client: client as PublicClient });
  await follower.untilBlock(await head());
  await pay(8);
  await follower.untilBlock(await head());
  await follower.end();
  expect(follower.payouts().at(-1)).toBe(chain.accounts[8]!.address);
  (await client.transport.getRpcClient()).close();
});

test("long ranges come in bounded requests, without a gap", async () => {
  await chain.test.mine({ blocks: Number(MAX_RANGE_BLOCKS) + 10 });
  await pay(9);
  const ranges: bigint[] = [];
  const client = createPublicClient({
    chain: hardhat,
    transport: http(chain.rpc, {
      onFetchRequest: async (request) => {
        const { method, params } = (await request.clone().json()) as {
          method: string;
          params: [Record<string, string>];
        };
        if (method === "eth_getLogs")
          ranges.push(BigInt(params[0].toBlock!) - BigInt(params[0].fromBlock!) + 1n);
      },
    }),
  }) as PublicClient;
  const follower = follow({ client });
  await follower.untilBlock(await head());
  expect(Math.max(...ranges.map(Number))).toBe(Number(MAX_RANGE_BLOCKS));
  expect(ranges.reduce((sum, range) => sum + range)).toBe((await head()) - chain.deployment.fromBlock + 1n);
  expect(follower.payouts().at(-1)).toBe(chain.accounts[9]!.address);
  expect(follower.names().filter((name) => name === "HubCreated")).toHaveLength(1);
});

test("replaced blocks are announced, then their successors given", async () => {
  const id = await chain.test.snapshot();
  const fork = await head();
  const follower = follow();
  await pay(10);
  await follower.untilBlock(fork + 1n);
  await pay(11);
  await follower.untilBlock(fork + 2n);
  await chain.revert(id);
  await pay(12);
  await pay(13);
  await pay(14);
  await follower.untilBlock(fork + 3n);
  expect(follower.book.reorgs).toEqual([fork + 1n]);
  const names = [10, 11, 12, 13, 14].map((index) => chain.accounts[index]!.address);
  expect(follower.payouts().slice(-5)).toEqual(names);
});

test("a fork of 64 blocks, each followed by itself, is announced by its first", async () => {
  const id = await chain.test.snapshot();
  const fork = await head();
  const follower = follow({ intervalMs: 5 });
  await follower.untilBlock(fork);
  for (let block = 1n; block <= 64n; block += 1n) {
    await chain.test.mine({ blocks: 1 });
    await follower.untilBlock(fork + block);
  }
  await chain.revert(id);
  await chain.mine(65);
  await follower.untilBlock(fork + 65n);
  expect(follower.book.reorgs).toEqual([fork + 1n]);
});

test("blocks replaced while it was away are found from the cursor", async () => {
  const id = await chain.test.snapshot();
  const fork = await head();
  const first = follow();
  await first.untilBlock(fork);
  await pay(10);
  await first.untilBlock(fork + 1n);
  await first.end();
  await chain.revert(id);
  await pay(15);
  const second = follow({ cursor: first.book.cursor });
  await second.until(() => second.payouts().length > 0);
  expect(second.book.reorgs).toEqual([fork + 1n]);
  expect(second.payouts()).toEqual([chain.accounts[15]!.address]);
});

test("a callback's error ends it and is no fault of the node", async () => {
  const broken = follow({
    onLogs: () => {
      throw new Error("disk full");
    },
  });
  await expect(broken.done).rejects.toThrow("disk full");
  expect(broken.book.errors).toEqual([]);
  expect(broken.book.cursor).toBeUndefined();
});

test("a log of another interface ends it", async () => {
  const contracts: Contracts = {
    ...chain.contracts,
    Hubs: chain.contracts.Listings,
    Listings: chain.contracts.Hubs,
  };
  await expect(follow({ contracts }).done).rejects.toMatchObject({
    name: "UnknownLog",
    address: expect.stringMatching(new RegExp(chain.contracts.Hubs, "i")),
  });
});

test("it ends when told, also while the node does not answer", async () => {
  const silent = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => silent.once("listening", resolve));
  const { port } = silent.address() as { port: number };
  const asked = new Promise((resolve) => silent.once("connection", resolve));
  const client = createPublicClient({ chain: hardhat, transport: http(`http://127.0.0.1:${port}`) });
  const follower = follow({ client });
  await asked;
  await follower.end();
  expect(follower.book.batches).toEqual([]);
  silent.close();
});

test("a restarted chain is reset, and followed from its beginning", async () => {
  const follower = follow();
  await follower.untilBlock(await head());
  const before = follower.book.batches.length;
  await chain.restart();
  const again = (await makeHub(chain, "After")).hubId;
  await follower.until(() => follower.book.resets > 0);
  await follower.untilBlock(await head());
  const logs = follower.book.batches.slice(before).flatMap((batch) => batch.logs);
  expect(logs.filter((log) => log.eventName === "HubCreated")).toMatchObject([{ args: { hubId: again } }]);
  expect(follower.book.resets).toBe(1);
  const stale = follow({ cursor: follower.book.batches[before - 1]!.cursor });
  await stale.untilBlock(await head());
  expect(stale.book.resets).toBe(1);
});

test("a node that is away is reported, and waited for", async () => {
  const transport = http(chain.rpc, { retryCount: 0 });
  const follower = follow({ client: createPublicClient({ chain: hardhat, transport }) });
  await follower.untilBlock(await head());
  await chain.halt();
  await follower.until(() => follower.book.errors.length > 1);
  await chain.restart();
  await follower.until(() => follower.book.resets === 1);
  await follower.untilBlock(await head());
});
