// Logs in bounded ranges, against nodes that refuse what is too wide for them, and on a real chain through such a node.
//
// property: any blocks, any bound of the node: every block once, in order, nothing asked wider than the bound after it was learnt
// branches: nobody answers · one block is refused · asked too often · a real chain behind a proxy that refuses wide ranges
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import fc from "fast-check";
import { createPublicClient, HttpRequestError, http, type PublicClient, RpcRequestError } from "viem";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startChain, type TestChain } from "../../test/support/chain.ts";
import { makeGrant, makeHub, makeListing } from "../../test/support/market.ts";
import { getPurchases } from "../src/chain/index.ts";
import { HISTORY_RANGE_BLOCKS, inRanges } from "../src/chain/ranges.ts";

const url = "http://node.test";
const refusal = (code = -32_005) =>
  new RpcRequestError({ body: {}, url, error: { code, message: "query exceeds max block range" } });
const blocks = (from: bigint, to: bigint) =>
  Array.from({ length: Number(to - from) + 1 }, (_, n) => from + BigInt(n));

test("every block once and in order, whatever a node takes", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.bigInt({ min: 0n, max: 50n }),
      fc.integer({ min: -1, max: 400 }),
      fc.bigInt({ min: 1n, max: 60n }),
      fc.bigInt({ min: 1n, max: 60n }),
      async (fromBlock, more, widest, bound) => {
        const toBlock = fromBlock + BigInt(more);
        let asked = 0;
        const found = await inRanges({ fromBlock, toBlock, widest }, async (from, to) => {
          asked += 1;
          expect(to - from + 1n).toBeLessThanOrEqual(widest);
          if (to - from + 1n > bound) throw refusal();
          return blocks(from, to);
        });
        expect(found).toEqual(more < 0 ? [] : blocks(fromBlock, toBlock));
        // Learning the bound costs a few questions, not one for every range.
        expect(asked).toBeLessThanOrEqual(
          Math.ceil(((more + 1) * 2) / Math.min(Number(widest), Number(bound))) + 64,
        );
      },
    ),
  );
});

describe("what halves do not mend is said at once", () => {
  const ask = async (error: Error, fromBlock = 0n) => {
    let asked = 0;
    const outcome = await inRanges({ fromBlock, toBlock: 100n }, async () => {
      asked += 1;
      throw error;
    }).catch((thrown: Error) => thrown.name);
    return [outcome, asked];
  };

  test.each([
    ["nobody answers", new HttpRequestError({ url, details: "connect ECONNREFUSED" })],
    ["asked too often", new HttpRequestError({ url, status: 429 })],
    ["the node is down", new HttpRequestError({ url, status: 503 })],
  ])("%s", async (_, error) => {
    expect(await ask(error)).toEqual(["Unreachable", 1]);
  });

  test("a single block is refused", async () => {
    expect(await ask(refusal(), 100n)).toEqual(["ChainFault", 1]);
  });
});

describe("a chain whose node takes ten blocks at most", () => {
  let chain: TestChain;
  let widths: bigint[];
  let client: PublicClient;
  const proxy = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    const { id, method, params } = JSON.parse(body);
    if (method === "eth_getLogs") {
      const width = BigInt(params[0].toBlock) - BigInt(params[0].fromBlock) + 1n;
      widths.push(width);
      if (width > 10n) {
        const error = { code: -32_602, message: "block range is too wide" };
        response.writeHead(400, { "content-type": "application/json" });
        return response.end(JSON.stringify({ jsonrpc: "2.0", id, error }));
      }
    }
    const answer = await fetch(chain.rpc, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    response.writeHead(answer.status, { "content-type": "application/json" }).end(await answer.text());
  });

  beforeAll(async () => {
    chain = await startChain();
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const { port } = proxy.address() as AddressInfo;
    client = createPublicClient({ transport: http(`http://127.0.0.1:${port}`) });
  });
  afterAll(async () => {
    proxy.close();
    await chain?.stop();
  });

  test.each(["from the deployment's first block", "from the beginning"])(
    "gives its whole history, %s",
    async (from) => {
      const { hubId } = await makeHub(chain, "Harbour");
      const listing = await makeListing(chain, hubId, "Tides");
      const first = await makeGrant(chain, listing);
      await chain.test.mine({ blocks: 40 });
      const second = await makeGrant(chain, listing);
      widths = [];
      const { contracts, deployment } = chain;
      const fromBlock = from.endsWith("block") ? deployment.fromBlock : undefined;
      const found = await getPurchases(client, { contracts, listingId: listing.listingId, fromBlock });
      expect(found.map(({ grantId }) => grantId)).toEqual([first.grantId, second.grantId]);
      // Refused a few times, and then never again.
      const learnt = widths.findLastIndex((width) => width > 10n);
      expect(widths.slice(learnt + 1).length).toBeGreaterThan(3);
      expect(learnt).toBeLessThan(20);
      expect(HISTORY_RANGE_BLOCKS).toBe(10_000n);
    },
  );
});
