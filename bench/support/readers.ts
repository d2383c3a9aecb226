// Readers of bought streams as a program of its own: the SDK's feeds, each over a connection and a libp2p node of its own, as buyers have
// them. Orders: Expect of tally.ts.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Hex } from "viem";
import type { Contracts } from "../../sdk/src/chain/index.ts";
import { type Feed, openPurchase, type RelayAddress } from "../../sdk/src/client/index.ts";
import { createNode, fileStore, nativeCrypto } from "../../sdk/src/client/node.ts";
import { buyerWallet } from "./accounts.ts";
import { onOrders, optionsOf, say } from "./child.ts";
import { type Expect, Tally } from "./tally.ts";

export type ReadersOptions = {
  rpc: string;
  contracts: Contracts;
  relays: readonly RelayAddress[];
  /** A session each. */
  bought: readonly Bought[];
};
/** Who bought, by number, and what. */
export type Bought = { buyer: number; grantId: Hex };

const { rpc, contracts, relays, bought } = optionsOf<ReadersOptions>();
const folder = mkdtempSync(join(tmpdir(), "weir-bench-readers-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const tally = new Tally(bought.length);

/** A reader that is cut goes on behind its last segment; what that costs is part of the figures, and it is said. */
const isOpen = (feed: Feed): Promise<void> =>
  new Promise((resolve) => {
    const look = () => {
      const { status, reason } = feed.state;
      if (reason !== undefined) console.error(`a reader is ${status}: ${reason.message}`);
      if (status === "failed") process.exit(1);
      if (status === "live" || status === "waiting") resolve();
    };
    feed.on("state", look);
    look();
  });

for (const [i, { buyer, grantId }] of bought.entries()) {
  const market = {
    wallet: buyerWallet(rpc, buyer),
    contracts,
    relays,
    node: await createNode(),
    crypto: nativeCrypto,
    store: fileStore(folder),
    site: "bench",
  };
  const { feed } = await openPurchase(market, { grantId });
  feed.on("messages", ({ messages }) => {
    for (const { payload } of messages) tally.add(i, payload);
  });
  await isOpen(feed);
}
onOrders<Expect>(({ expect }) => tally.expect(expect));
say({ event: "ready" });
