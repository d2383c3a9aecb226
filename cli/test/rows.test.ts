// Lists and acts of several rows, on a chain: the limit counts what fits, and what was sent is told although a later step fails.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buy } from "@weir/sdk/chain";
import { subscriptionAmount } from "@weir/sdk/core";
import { type Address, parseEther } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import { periodPlan } from "../../sdk/test/support/tokens.ts";
import { startChain, type TestChain } from "../../test/support/chain.ts";
import { BUYER, makeHub, makeListing, makePurchase, SELLER } from "../../test/support/market.ts";
import { run } from "../src/run.ts";
import { createKeystore } from "../src/wallet.ts";
import { alone } from "./support/alone.ts";

type Row = Record<string, unknown>;

/** Of a keystore that protects nothing: what it costs to open is not the subject here. */
const SCRYPT_N = 2;
const NO_TOKEN = `0x${"11".repeat(20)}`;

let chain: TestChain;
let folder: string;
let hub: string;
let relay: Address;
let listings: string[];
const out = alone(() => folder);
const path = (name: string) => join(folder, name);

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "weir-rows-"));
  writeFileSync(path("passphrase"), "correct horse battery\n");
  relay = await createKeystore(path("relay.json"), "correct horse battery", SCRYPT_N);
  chain = await startChain();
  const { hubId } = await makeHub(chain, "Tides");
  hub = String(hubId);
  const paid = { plans: [periodPlan], relays: [relay] };
  const made = [
    await makeListing(chain, hubId, "Tides at the pier", paid),
    await makeListing(chain, hubId, "Tides for members"),
  ];
  listings = made.map(({ listingId }) => String(listingId));
  const purchase = makePurchase(chain, made[0]!, { amount: subscriptionAmount(periodPlan, 86_400, 0) });
  await buy(chain.wallet(BUYER), { contracts: chain.contracts, purchase });
  const hash = await chain.wallet(0).sendTransaction({ to: relay, value: parseEther("1") });
  await chain.client.waitForTransactionReceipt({ hash });
});
afterAll(async () => {
  await chain?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function weir(...args: string[]): Promise<Row[]> {
  const place = ["--rpc", chain.rpc, "--deployment", chain.deploymentPath, "--json"];
  await run([...args, ...place]);
  return out()
    .splice(0)
    .map((line) => JSON.parse(line) as Row);
}
const signed = () => ["--keystore", path("relay.json"), "--passphrase-file", path("passphrase")];

test("a hub's listings: the limit counts those that fit, and each has its category", async () => {
  const list = ["listing", "list", "--hub", hub];
  const [first, second] = listings;
  expect((await weir(...list)).map(({ listing }) => listing)).toEqual([first, second]);
  expect(await weir(...list, "--limit", "1")).toMatchObject([{ listing: first, category: "weather" }]);
  expect(await weir(...list, "--query", "members", "--limit", "1")).toMatchObject([
    { listing: second, title: "Tides for members", category: "weather" },
  ]);
});

test("what earns is claimed, and a relay's part is told although the next token is none", async () => {
  const [claimed, ...more] = await weir("claim", "--hub", hub, ...signed());
  expect(more).toEqual([]);
  expect(claimed).toMatchObject({ act: "claimed", to: chain.accounts[SELLER]!.address, symbol: "ETH" });
  // A twentieth of what was claimed is the relay's.
  const part = String((BigInt(String(claimed!.amount)) * 5n) / 100n);
  expect(await weir("relay", "pull", "--token", `ETH,${NO_TOKEN}`, ...signed())).toMatchObject([
    { escrow: "Subscriptions", amount: part, symbol: "ETH", transactionHash: expect.stringMatching(/^0x/) },
    { error: { name: "UsageError", message: expect.stringContaining(NO_TOKEN) } },
  ]);
  expect(process.exitCode).toBe(2);
});
