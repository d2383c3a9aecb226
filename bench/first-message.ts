/**
 * Seconds from a mined purchase to the first decrypted message, of a buyer whose client is connected: `npm run bench -- first-message`.
 * The local chain, a metered listing with four segments a second. The clock starts when the node answers the transaction (the local chain
 * has mined it by then) and stops in the reader's first `messages` event: chain reads, OPEN, the gateway's acceptance, keys and payment lie
 * between. One round is one purchase by a new buyer.
 */
import { multiaddr } from "@multiformats/multiaddr";
import { createWalletClient, http, parseEther } from "viem";
import { hardhat } from "viem/chains";
import { buyListing, openPurchase } from "../sdk/src/client/index.ts";
import { createNode } from "../sdk/src/client/node.ts";
import { runBench } from "./support/bench.ts";
import { startChild } from "./support/child.ts";
import { listing, metered, openMarket } from "./support/market.ts";
import { type Measured, quantile } from "./support/row.ts";

const DEVICE = "station";
const PER_SECOND = 4;
const PREPAID = 2_048n;
const SEGMENT = { flushMs: 50, maxMessages: 16, maxBytes: 8_192 };
const PACED = 1e5;

async function measure(rounds: number, say: (line: string) => void): Promise<Measured[]> {
  const market = await openMarket([listing(DEVICE, metered(PREPAID), SEGMENT)]);
  const pacer = startChild("pacer", { ...(await market.login(DEVICE)), topic: `${DEVICE}/t`, qos: 1 });
  try {
    await pacer.next("ready");
    pacer.order({ count: PACED, perSecond: PER_SECOND });
    const listingId = market.listingId(DEVICE);
    const seconds: number[] = [];
    // The first purchase warms up.
    for (let buyer = 0; buyer <= rounds; buyer++) {
      const node = await createNode();
      await node.dial(market.relays[0]!.multiaddrs.map((address) => multiaddr(address)));
      let minedAt = 0;
      const base = await market.buyer(buyer);
      const wallet = createWalletClient({
        account: base.wallet.account,
        chain: hardhat,
        pollingInterval: 50,
        transport: http(market.rpc, {
          onFetchRequest: async (request) => {
            if ((await request.clone().text()).includes("eth_sendRawTransaction")) sending = true;
          },
          onFetchResponse: () => {
            if (sending) minedAt = performance.now();
            sending = false;
          },
        }),
      });
      let sending = false;
      const mine = { ...base, wallet, node };
      const { grantId, transactionHash } = await buyListing(mine, { listingId, amount: parseEther("0.01") });
      const { feed } = await openPurchase(mine, { grantId, transactionHash });
      await new Promise<void>((resolve) => feed.on("messages", () => resolve()));
      const took = (performance.now() - minedAt) / 1000;
      await feed.close();
      await node.stop();
      if (buyer === 0) continue;
      seconds.push(took);
      say(`${buyer}/${rounds}: ${took.toFixed(3)} s`);
    }
    return [
      {
        name: "purchase mined to first message, p95",
        unit: "s",
        peer: null,
        target: [{ of: "value", atMost: 1 }],
        // The bound is on the 95th percentile: one figure over all purchases.
        samples: [{ value: quantile(seconds, 0.95) }],
      },
      {
        name: "purchase mined to first message, median",
        unit: "s",
        peer: null,
        target: [],
        samples: seconds.map((value) => ({ value })),
      },
    ];
  } finally {
    await pacer.stop();
    await market.stop();
  }
}

export const main = (args: string[]): Promise<number> =>
  runBench({ name: "first-message", rounds: 20, measure }, args);
