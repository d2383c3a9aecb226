// Two hubs at one gateway, on a real chain: an account whose transaction no block will ever take holds up only its own hub's claims.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { buy, getSubscription } from "@weir/sdk/chain";
import { type Hex, hex } from "@weir/sdk/core";
import { keccak256 } from "viem";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  BUYER,
  freePlan,
  makeHub,
  makeListing,
  makePurchase,
  SELLER,
  type TestListing,
} from "../../test/support/market.ts";
import { DATABASE_FILE, Database } from "../src/database.ts";
import { CLAIM_VALUE } from "../src/limits.ts";
import { createSecrets } from "../src/secrets.ts";
import { PASSPHRASE, startWorld, type World } from "./support/world.ts";

const STUCK = 9;
const PRICE = 2n * CLAIM_VALUE;
const flat = { ...freePlan, kind: 3, unit: 0n, upfront: PRICE };
let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.stop());

async function subscribe(listing: TestListing): Promise<Hex> {
  const { chain } = world;
  const purchase = makePurchase(chain, listing, { amount: PRICE });
  return (await buy(chain.wallet(BUYER), { contracts: chain.contracts, purchase })).paymentId;
}

const claimed = async (subscriptionId: Hex): Promise<bigint> => {
  const { client, contracts } = world.chain;
  return (await getSubscription(client, { contracts, subscriptionId })).claimed;
};

/** A data file in which the account waits for a transaction that lacks those before it. */
async function stuckFile(dataDir: string): Promise<void> {
  const account = world.chain.accounts[STUCK]!;
  const { address } = account;
  const prices = { gas: 21_000n, maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 1n };
  const raw = await account.signTransaction({
    chainId: world.chain.chainId,
    type: "eip1559",
    nonce: 1_000,
    to: address,
    ...prices,
  });
  mkdirSync(dataDir);
  const db = new Database(join(dataDir, DATABASE_FILE));
  await db.commit(() =>
    db.run(
      "INSERT INTO transactions (account, nonce, attempt, hash, raw, sentAtMs) VALUES (?, 1000, 0, ?, ?, ?)",
      address,
      keccak256(raw),
      raw,
      Date.now(),
    ),
  );
  db.close();
}

test("what one account cannot send holds up no other account's claims", async () => {
  const { chain, hubId, secretsPath, folder } = world;
  const { hubId: other } = await makeHub(chain, "stuck", SELLER, STUCK);
  const { address: operator } = chain.accounts[STUCK]!;
  const secrets = join(folder, "stuck.secrets.json");
  const operatorPrivateKey = hex(chain.accounts[STUCK]!.getHdKey().privateKey!);
  await createSecrets({ path: secrets, passphrase: PASSPHRASE, operatorPrivateKey, scryptN: 1 << 10 });
  const waits = await subscribe(await makeListing(chain, other, "stuck", { plans: [flat], operator }));
  const goes = await subscribe(await world.listing("free to go", { plans: [flat] }));
  const dataDir = join(folder, "stuck");
  await stuckFile(dataDir);
  const hubs = [
    { hubId: String(other), secrets },
    { hubId: String(hubId), secrets: secretsPath },
  ];
  const gateway = await world.gateway({ dataDir, config: { hubs } });
  await gateway.logged('"event":"resumed"');
  await expect.poll(() => claimed(goes), { timeout: 15_000, interval: 50 }).toBe(PRICE);
  expect(await claimed(waits)).toBe(0n);
  // Nor does the next look wait for it.
  const next = await subscribe(await world.listing("later", { plans: [flat] }));
  await expect.poll(() => claimed(next), { timeout: 15_000, interval: 50 }).toBe(PRICE);
  expect(await gateway.stop()).toBe(0);
});
