// Buys a listing by the message, prints what arrives, stops, and keeps an export with its proofs.
//   node sdk/examples/buy.ts <listing> [messages] [deposit in ETH] [export file]
// Reads .weir/stack.json, which `npm start` writes; WEIR_KEY holds another account's private key.
import { createWriteStream, readFileSync } from "node:fs";
import { buyListing, openPurchase } from "@weir/sdk/client";
import { createNode, fileStore, nativeCrypto } from "@weir/sdk/client/node";
import { ExportWriter } from "@weir/sdk/core";
import { createWalletClient, http, parseEther } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { hardhat } from "viem/chains";

const [listing = "1", wanted = "10", deposit = "0.001", file = "export.jsonl"] = process.argv.slice(2);
const folder = process.env.WEIR_DATA_DIR ?? ".weir";
const stack = JSON.parse(readFileSync(`${folder}/stack.json`, "utf8"));
const role = ({ role }: { role: string }) => role === "buyer2";
const account = privateKeyToAccount(process.env.WEIR_KEY ?? stack.accounts.find(role).privateKey);
const market = {
  wallet: createWalletClient({ account, chain: hardhat, transport: http(stack.rpc) }),
  contracts: stack.contracts,
  relays: stack.relays,
  node: await createNode(),
  crypto: nativeCrypto,
  store: fileStore(`${folder}/buyer`),
  site: "weir examples",
};
const print = (event: string, fields: object) =>
  console.log(JSON.stringify({ event, ...fields }, (_, v) => (typeof v === "bigint" ? String(v) : v)));

const bought = await buyListing(market, { listingId: BigInt(listing), amount: parseEther(deposit) });
print("bought", { ...bought, minedMs: Date.now() });
const { feed, head } = await openPurchase(market, bought);
const writer = new ExportWriter(nativeCrypto, head);
const out = createWriteStream(file);
const write = (lines: string[]) => out.write(`${lines.join("\n")}\n`);
write([writer.head()]);

let voucher: Parameters<typeof writer.end>[0] = null;
let vouchers = 0;
const enough = Promise.withResolvers<void>();
feed.on("voucher", (signed) => {
  voucher = signed;
  vouchers += 1;
});
feed.on("state", ({ status, reason }) => {
  print("state", { status, reason: reason && String(reason) });
  if (status === "failed") enough.reject(reason);
});
feed.on("messages", ({ segment, segmentKey, body, messages }) => {
  write(writer.segment({ ...segment, segmentKey, body, messages }));
  for (const { device, topic, timeMs, json } of messages)
    print("message", { device, topic, timeMs, receivedMs: Date.now(), json });
  if (feed.meter.messages >= Number(wanted)) enough.resolve();
});
print("state", feed.state);
await enough.promise;
const stopped = await feed.stop();
write(writer.end(voucher));
await new Promise((resolve) => out.end(resolve));
print("stopped", { ...stopped, ...feed.meter, vouchers, file } as object);
await market.node.stop();
