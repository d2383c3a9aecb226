// Sells a stream by the message: registers a device, offers a listing, and publishes readings through the hub's gateway.
//   node sdk/examples/sell.ts [hub] [messages] [price in ETH]
// Reads .weir/stack.json, which `npm start` writes; WEIR_KEY holds the private key of another manager of the hub.
import { readFileSync } from "node:fs";
import { registerDevice } from "@weir/sdk/chain";
import { messagePlan, offerListing, setDevicePassword } from "@weir/sdk/client";
import { createWalletClient, http, parseEther } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { hardhat } from "viem/chains";

const [hub = "1", wanted = "10", price = "0.0000001"] = process.argv.slice(2);
const stack = JSON.parse(readFileSync(`${process.env.WEIR_DATA_DIR ?? ".weir"}/stack.json`, "utf8"));
const { contracts, gateways } = stack;
const role = ({ role }: { role: string }) => role === "seller1";
const account = privateKeyToAccount(process.env.WEIR_KEY ?? stack.accounts.find(role).privateKey);
const wallet = createWalletClient({ account, chain: hardhat, transport: http(stack.rpc) });
const print = (event: string, fields: object) =>
  console.log(JSON.stringify({ event, ...fields }, (_, v) => (typeof v === "bigint" ? String(v) : v)));

const hubId = BigInt(hub);
const device = `example-${Date.now()}`;
await registerDevice(wallet, { contracts, hubId, name: device });
const { listingId } = await offerListing(wallet, {
  contracts,
  hubId,
  description: {
    title: `Readings of ${device}`,
    description: "A sine, ten times a second.",
    category: "telemetry",
    keywords: ["example"],
    licence: "CC0-1.0",
    source: { kind: "live", rate: "10 messages a second", origin: "sdk/examples/sell.ts" },
    feed: { devices: [device] },
    fields: { n: { type: "number", title: "Number" }, value: { type: "number", title: "Sine" } },
  },
  plans: [messagePlan(parseEther(price))],
  relays: stack.relays.map(({ operator }: { operator: `0x${string}` }) => operator),
  terms: { challenge: 3600 },
});
print("listed", { listingId, device });

const { user, password } = await setDevicePassword(wallet, { gateway: gateways[0], hubId, device });
const headers = { authorization: `Basic ${btoa(`${user}:${password}`)}`, "content-type": "application/json" };
const url = `${gateways[0].http}/v1/ingest/${user}?topic=reading`;
for (let n = 0; n < Number(wanted); ) {
  const answer = await fetch(url, {
    method: "POST",
    headers,
    body: JSON.stringify({ n, value: Math.sin(n / 10) }),
  });
  // The gateway reads of a device that was registered a moment ago within a block.
  if (!answer.ok && answer.status !== 401) throw new Error(await answer.text());
  if (answer.ok) n += 1;
  await new Promise((resolve) => setTimeout(resolve, 100));
}
print("published", { listingId, messages: Number(wanted) });
