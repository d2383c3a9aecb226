// A reader that notes when each message came, by its number. Options name a purchase (metered) or a plaintext broker. Orders:
// {expect: count}; answered with "arrived" and the monotonic times in nanoseconds, as text, by number.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openPurchase } from "../../sdk/src/client/index.ts";
import { createNode, fileStore, nativeCrypto } from "../../sdk/src/client/node.ts";
import { buyerWallet } from "./accounts.ts";
import { onOrders, optionsOf, say } from "./child.ts";
import { connectMqtt } from "./mqtt.ts";
import { numberOf } from "./numbered.ts";
import type { ReadersOptions } from "./readers.ts";

type Options = ReadersOptions | { port: number; topic: string };

const options = optionsOf<Options>();
let times: string[] = [];
let expected = Number.POSITIVE_INFINITY;
let had = 0;

function take(payloads: readonly Uint8Array[]): void {
  const now = String(process.hrtime.bigint());
  for (const payload of payloads) times[numberOf(payload)] = now;
  had += payloads.length;
  if (had < expected) return;
  expected = Number.POSITIVE_INFINITY;
  say({ event: "arrived", times });
}

if ("port" in options) {
  const client = await connectMqtt({ port: options.port, clientId: "latency" });
  client.onMessage = (payload) => take([payload]);
  await client.subscribe(options.topic);
} else {
  const { rpc, contracts, relays, bought } = options;
  const { buyer, grantId } = bought[0]!;
  const folder = mkdtempSync(join(tmpdir(), "weir-bench-latency-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  const wallet = buyerWallet(rpc, buyer);
  const store = fileStore(folder);
  const market = {
    wallet,
    contracts,
    relays,
    node: await createNode(),
    crypto: nativeCrypto,
    store,
    site: "bench",
  };
  const { feed } = await openPurchase(market, { grantId });
  feed.on("messages", ({ messages }) => take(messages.map(({ payload }) => payload)));
  await new Promise<void>((resolve) => {
    const look = () => feed.state.status !== "connecting" && resolve();
    feed.on("state", look);
    look();
  });
}
onOrders<{ expect: number }>(({ expect }) => {
  times = new Array(expect).fill("0");
  had = 0;
  expected = expect;
  say({ event: "expecting" });
});
say({ event: "ready" });
