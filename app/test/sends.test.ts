/**
 * What the page sends, from the wallet's yes to the chain's word, with the built-in wallet and a chain whose node can be too busy to answer.
 * ├── a busy node while the receipt is waited for: waited on, and sent once
 * ├── sped up in the wallet: the new transaction's receipt, and the outbox follows it
 * ├── cancelled in the wallet: named, and nothing goes on as if it had happened
 * ├── the same seen from a page that was loaded anew: by the nonce
 * └── what the SDK's actions send is in the outbox too, under its function's name
 */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Hex, toHex } from "viem";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { connect } from "wagmi/actions";
import { createHub } from "../../sdk/src/chain/index.ts";
import { startChain, type TestChain } from "../../test/support/chain.ts";
import type { WeirConfig } from "../src/lib/config.ts";
import { outboxText, readOutbox } from "../src/lib/outbox.ts";
import { outcomeOf } from "../src/lib/outcome.ts";
import { sendTransaction } from "../src/lib/send.ts";
import { wagmiFor } from "../src/lib/wagmi.ts";
import { walletOf } from "../src/lib/wallet.ts";

const BUYER = 3;
const PATIENCE = { timeout: 30_000, interval: 100 };
let chain: TestChain;
let config: WeirConfig;
let wagmi: ReturnType<typeof wagmiFor>;
let front: Server;
/** Methods that answer "too many requests", and how often still. */
const busy = new Map<string, number>();
/** What the node answered with something other than null, as `method first-parameter`. */
const answered: string[] = [];

const stored = new Map<string, string>();
const localStorage = {
  getItem: (key: string) => stored.get(key) ?? null,
  setItem: (key: string, value: string) => void stored.set(key, value),
  removeItem: (key: string) => void stored.delete(key),
};
Object.assign(globalThis, { window: Object.assign(new EventTarget(), { localStorage }) });

async function pass(text: string): Promise<{ status: number; body: string }> {
  const { method, params } = JSON.parse(text) as { method: string; params?: unknown[] };
  const left = busy.get(method) ?? 0;
  if (left > 0) {
    busy.set(method, left - 1);
    return { status: 429, body: "" };
  }
  const answer = await fetch(chain.rpc, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: text,
  });
  const body = await answer.text();
  if ((JSON.parse(body) as { result?: unknown }).result) answered.push(`${method} ${params?.[0]}`);
  return { status: 200, body };
}

beforeAll(async () => {
  chain = await startChain();
  front = createServer(async (request, response) => {
    let text = "";
    for await (const part of request) text += part;
    const { status, body } = await pass(text);
    response.writeHead(status, { "content-type": "application/json" }).end(body);
  });
  await new Promise<void>((resolve) => front.listen(0, "127.0.0.1", resolve));
  config = {
    chainId: chain.chainId,
    rpc: `http://127.0.0.1:${(front.address() as AddressInfo).port}`,
    contracts: chain.contracts,
    indexers: [],
    relays: [],
    tokens: [],
    gateways: [],
    testWallet: { privateKey: toHex(chain.accounts[BUYER]!.getHdKey().privateKey!), label: "Test Wallet" },
  };
  wagmi = wagmiFor(config);
  await connect(wagmi, { connector: wagmi.connectors[0]! });
});
afterAll(async () => {
  front?.closeAllConnections();
  front?.close();
  await chain?.stop();
});
beforeEach(() => {
  busy.clear();
  answered.length = 0;
  for (const key of stored.keys()) if (key.startsWith("weir.outbox")) stored.delete(key);
});

const buyer = () => chain.accounts[BUYER]!.address;
const outbox = () => readOutbox(outboxText({ chainId: chain.chainId, account: buyer() }));
const sends = () => answered.filter((line) => line.startsWith("eth_sendRawTransaction")).length;
const hubArgs = () => ["{}", buyer(), toHex(1, { size: 32 })] as const;
const send = () =>
  sendTransaction(wagmi, config, { contract: "Hubs", functionName: "createHub", args: hubArgs() });

/** Sends while nothing is mined, waits until the page has seen it there, replaces it as a wallet does, and mines. */
async function replaced(by: "faster" | "cancel") {
  await chain.test.setAutomine(false);
  try {
    const outcome = send().then(
      ({ hash, receipt }) => ({ hash, status: receipt.status }),
      (error: Error) => error,
    );
    await expect.poll(() => outbox()[0]?.hash ?? null, PATIENCE).not.toBeNull();
    const first = outbox()[0]!.hash!;
    await expect.poll(() => answered.includes(`eth_getTransactionByHash ${first}`), PATIENCE).toBe(true);
    const { nonce, to, input, gas, maxFeePerGas, maxPriorityFeePerGas } = await chain.client.getTransaction({
      hash: first,
    });
    const before = await outcomeOf(config.rpc, buyer(), { hash: first, nonce: undefined });
    expect(before).toEqual({ nonce });
    const second = await chain.wallet(BUYER).sendTransaction({
      nonce,
      gas,
      maxFeePerGas: maxFeePerGas! * 2n,
      maxPriorityFeePerGas: maxPriorityFeePerGas! * 2n + 1n,
      ...(by === "faster" ? { to, data: input } : { to: buyer() }),
    });
    await chain.mine(1);
    return { first, second, nonce, outcome: await outcome };
  } finally {
    await chain.test.setAutomine(true);
  }
}

it("waits on while the node is too busy to say what became of it, and sends once", async () => {
  // Each question is asked four times before the library gives up: two questions go unanswered.
  busy.set("eth_getTransactionReceipt", 8);
  const { hash, receipt } = await send();
  expect(receipt).toMatchObject({ status: "success", transactionHash: hash });
  expect(busy.get("eth_getTransactionReceipt")).toBe(0);
  expect(sends()).toBe(1);
});

it("follows what was sped up in the wallet", async () => {
  const { second, outcome } = await replaced("faster");
  expect(outcome).toEqual({ hash: second, status: "success" });
  expect(outbox()).toMatchObject([{ action: "createHub", state: "pending", hash: second }]);
  expect(await outcomeOf(config.rpc, buyer(), { hash: second, nonce: undefined })).toEqual({
    state: "mined",
  });
});

it("says that it was cancelled in the wallet", async () => {
  const { first, second, nonce, outcome } = await replaced("cancel");
  expect(outcome).toMatchObject({ name: "TransactionReplaced", args: [first, second] });
  expect(outbox()).toMatchObject([{ action: "createHub", state: "replaced", hash: first }]);
  expect(await outcomeOf(config.rpc, buyer(), { hash: first, nonce })).toEqual({ nonce, state: "replaced" });
});

it("writes down what the SDK's actions send with a key of the page's own", async () => {
  const during: unknown[] = [];
  const wallet = await walletOf(wagmi, config, () => during.push(...outbox()));
  const [metadata, payout, encryptionKey] = hubArgs();
  const { hash } = await createHub(wallet, { contracts: config.contracts, metadata, payout, encryptionKey });
  const entry = { action: "createHub", state: "pending", hash: hash as Hex };
  expect(during).toMatchObject([entry]);
  expect(outbox()).toMatchObject([entry]);
});
