// One reader of a free listing whose CPU is the figure, a program of its own. Orders: {open: true} connects, and reads from where the grant
// begins; Expect of collect.ts before it.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPurchase } from "../../sdk/src/client/index.ts";
import { createNode, fileStore, nativeCrypto } from "../../sdk/src/client/node.ts";
import { buyerWallet } from "./accounts.ts";
import { onOrders, optionsOf, say } from "./child.ts";
import { type CollectOrder, Collector } from "./collect.ts";
import type { ReadersOptions } from "./readers.ts";

const { rpc, contracts, relays, bought } = optionsOf<ReadersOptions>();
const { buyer, grantId } = bought[0]!;
const folder = mkdtempSync(join(tmpdir(), "weir-bench-reader-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const wallet = buyerWallet(rpc, buyer);
const node = await createNode();
const collector = new Collector();
const market = {
  wallet,
  contracts,
  relays,
  node,
  crypto: nativeCrypto,
  store: fileStore(folder),
  site: "bench",
};
const { feed } = await openPurchase(market, { grantId });
feed.on("messages", ({ messages }) => {
  for (const { payload, json } of messages) collector.add(payload, json);
});
await new Promise<void>((resolve) => {
  const look = () => {
    const { status, reason } = feed.state;
    if (reason !== undefined) console.error(`the reader is ${status}: ${reason.message}`);
    if (status === "live" || status === "waiting") resolve();
  };
  feed.on("state", look);
  look();
});

onOrders<CollectOrder>((order) => collector.expect(order));
say({ event: "ready" });
