// contractError
// ├── a contract's error, also of a contract that the called one calls → its name and arguments
// ├── a token's or Permit2's, by selector or in words; the reason in an event; other words, a failed assertion → Reverted
// ├── wallet: declined; too poor → UserRejected, InsufficientFunds
// ├── wallet: every code of EIP-1193, EIP-1474 and EIP-5792 → its name, with a sentence of its own, through viem or thrown bare
// ├── node: out of reach; nothing at the address → Unreachable, NoContract
// ├── no viem error → ChainFault with its message
// └── one of ours → unchanged
import {
  createClient,
  createPublicClient,
  createWalletClient,
  custom,
  encodeErrorResult,
  http,
  parseAbi,
  toFunctionSelector,
  toHex,
} from "viem";
import { generatePrivateKey, privateKeyToAccount } from "viem/accounts";
import { hardhat } from "viem/chains";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startChain, type TestChain } from "../../test/support/chain.ts";
import { BUYER, makeHub, makeListing, makePurchase } from "../../test/support/market.ts";
import {
  buy,
  ContractError,
  contractError,
  createHub,
  getHub,
  isRejected,
  revertError,
  WALLET_REFUSALS,
} from "../src/chain/index.ts";
import { explainError } from "../src/client/index.ts";
import { channelsAbi } from "../src/generated/index.ts";

let chain: TestChain;

beforeAll(async () => {
  chain = await startChain();
});

afterAll(() => chain?.stop());

const hub = () => ({
  contracts: chain.contracts,
  metadata: "{}",
  payout: chain.accounts[1]!.address,
  encryptionKey: toHex(1, { size: 32 }),
});

test("an error that comes through from a called contract has its name", async () => {
  const { hubId } = await makeHub(chain, "Harbour");
  const listing = await makeListing(chain, hubId, "Wind");
  const purchase = { ...makePurchase(chain, listing), version: 9 };
  await expect(buy(chain.wallet(BUYER), { contracts: chain.contracts, purchase })).rejects.toMatchObject({
    name: "VersionNotForSale",
    args: [listing.listingId, 9, 1],
  });
});

test("data of an error that no class of viem wraps is decoded", () => {
  const data = encodeErrorResult({ abi: channelsAbi, errorName: "DeadlinePassed", args: [7] });
  const error = contractError(Object.assign(new Error("execution reverted"), { data: { data } }));
  expect(error).toMatchObject({ name: "DeadlinePassed", args: [7] });
});

test.each([
  ["InvalidNonce()", "InvalidNonce"],
  ["TransferFromFailed()", "TransferFromFailed"],
  ["ERC20: transfer amount exceeds balance", "ERC20InsufficientBalance"],
  ["FiatTokenV2: authorization is used or canceled", "AuthorizationGone"],
  ["Blacklistable: account is blacklisted", "AccountFrozen"],
  ["TRANSFER_FROM_FAILED", "TransferFromFailed"],
  ["something else", "Reverted"],
])("%s is %s", (said, name) => {
  const data = said.endsWith("()")
    ? toFunctionSelector(said)
    : encodeErrorResult({ abi: parseAbi(["error Error(string)"]), args: [said] });
  expect(contractError(Object.assign(new Error("execution reverted"), { data }))).toMatchObject({ name });
  expect(revertError(data)).toMatchObject({ name });
});

test("a failed assertion, an unknown selector and no data at all are Reverted", () => {
  const panic = encodeErrorResult({ abi: parseAbi(["error Panic(uint256)"]), args: [17n] });
  for (const data of [panic, "0x12345678", "0x"] as const) expect(revertError(data).name).toBe("Reverted");
});

test("a declined request is UserRejected", async () => {
  const transport = custom({
    request: async ({ method, params }: { method: string; params: unknown }) => {
      if (method === "eth_sendTransaction") throw Object.assign(new Error("User rejected."), { code: 4001 });
      return chain.client.request({ method, params } as Parameters<typeof chain.client.request>[0]);
    },
  });
  const wallet = createWalletClient({ chain: hardhat, transport, account: chain.accounts[1]!.address });
  await expect(createHub(wallet, hub())).rejects.toMatchObject({ name: "UserRejected" });
});

/** The codes as the standards list them, not as our table does. */
const REFUSALS: [code: number, name: string][] = [
  [4001, "UserRejected"],
  [4100, "WalletLocked"],
  [4200, "WalletCannot"],
  [4900, "WalletOffline"],
  [4901, "WalletOffChain"],
  [4902, "WrongChain"],
  [5000, "UserRejected"],
  [5700, "BatchNotPossible"],
  [5710, "BatchNotPossible"],
  [5720, "BatchRepeated"],
  [5730, "BatchUnknown"],
  [5740, "BatchTooLarge"],
  [5750, "UserRejected"],
  [5760, "BatchNotPossible"],
  [-32002, "WalletBusy"],
];

test.each(REFUSALS)("the wallet's %s is %s, explained, however it comes", async (code, name) => {
  const bare = { code, message: "as the wallet says it" };
  const provider = { request: () => Promise.reject(Object.assign(new Error(bare.message), bare)) };
  const wallet = createWalletClient({ chain: hardhat, transport: custom(provider, { retryCount: 0 }) });
  const account = "0x00000000000000000000000000000000000000aa";
  const thrown = await Promise.all([
    wallet.sendTransaction({ account, to: account, gas: 21_000n }).catch((error: unknown) => error),
    wallet.sendCalls({ account, calls: [{ to: account }] }).catch((error: unknown) => error),
    wallet.signMessage({ account, message: "keys" }).catch((error: unknown) => error),
    Object.assign(new Error("outer"), { cause: bare }),
    { code: -32603, message: "internal", data: { originalError: bare } },
    bare,
  ]);
  for (const error of thrown) {
    const found = contractError(error);
    expect(found.name).toBe(name);
    expect(isRejected(error)).toBe(name === "UserRejected");
    expect(explainError(found)).toMatchObject({ name, known: true });
  }
});

test("every refusal of the table stands in the list of the standards' codes", () =>
  expect(
    Object.entries(WALLET_REFUSALS)
      .map(([code, name]) => [Number(code), name] as const)
      .toSorted(([a], [b]) => a - b),
  ).toEqual(REFUSALS.toSorted(([a], [b]) => a - b)));

test("a node that was too slow is no busy wallet", () =>
  expect(contractError({ code: -32002, message: "request timed out" }).name).toBe("Unreachable"));

test("an empty account is InsufficientFunds", async () => {
  const account = privateKeyToAccount(generatePrivateKey());
  const wallet = createWalletClient({ chain: hardhat, transport: http(chain.rpc), account });
  await expect(createHub(wallet, hub())).rejects.toMatchObject({ name: "InsufficientFunds" });
});

test("a node out of reach is Unreachable", async () => {
  const client = createPublicClient({
    chain: hardhat,
    transport: http("http://127.0.0.1:1", { retryCount: 0 }),
  });
  await expect(getHub(client, { contracts: chain.contracts, hubId: 1n })).rejects.toMatchObject({
    name: "Unreachable",
  });
});

test("an address without code is NoContract", async () => {
  const contracts = { ...chain.contracts, Hubs: chain.accounts[9]!.address };
  const client = createClient({ chain: hardhat, transport: http(chain.rpc) });
  await expect(getHub(client, { contracts, hubId: 1n })).rejects.toMatchObject({ name: "NoContract" });
});

test("a call that went to an address without code is noticed", async () => {
  const contracts = { ...chain.contracts, Hubs: chain.accounts[9]!.address };
  const error = await createHub(chain.wallet(1), { ...hub(), contracts }).catch((fault: unknown) => fault);
  expect(error).toBeInstanceOf(ContractError);
  expect(["NoContract", "EventMissing"]).toContain((error as ContractError).name);
});

test("anything else is ChainFault and keeps its cause; ours stays", () => {
  const cause = new Error("odd");
  const error = contractError(cause);
  expect(error).toMatchObject({ name: "ChainFault", message: "odd", cause });
  expect(contractError(error)).toBe(error);
  expect(contractError("text").message).toBe("text");
});
