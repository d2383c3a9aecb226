// Gas of the Channels contract, from the receipts of whole transactions on the in-process chain: plain ERC-20, payee
// funded before, every account and slot cold. `node bench/channels-gas.ts` prints a table against the targets of the
// design and compares with bench/results/channels-gas.json; `--write` renews that file. Exit code 1 on a rise.
import { readFile, writeFile } from "node:fs/promises";
import { network } from "hardhat";
import {
  type Address,
  encodeAbiParameters,
  erc20Abi,
  getContract,
  type Hex,
  keccak256,
  maxUint256,
  pad,
  parseAbi,
  parseAbiParameters,
  parseSignature,
  serializeCompactSignature,
  signatureToCompactSignature,
  toHex,
  zeroAddress,
} from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { channelsAbi } from "../sdk/src/generated/index.ts";

const TARGETS: Record<string, number> = {
  "fund open, ERC-20": 75_000,
  "fund open, ETH": 54_500,
  "top-up, ERC-20": 54_000,
  "re-open, ERC-20": 54_000,
  "claim one, ERC-20": 57_000,
  "claim one with two cuts, ERC-20": 69_000,
  "claim of 50 with relay cut, each, ERC-20": 13_400,
  "close with voucher and refund, ERC-20": 64_000,
  "close with voucher, refund and two cuts, ERC-20": 75_000,
};
const RESULTS = new URL("./results/channels-gas.json", import.meta.url);
const ONE = 1_000_000n;

const { viem } = await network.create();
const publicClient = await viem.getPublicClient();
const wallets = await viem.getWalletClients();
const [payer, payee, operator, relay, market] = wallets.map((wallet) => wallet.account.address) as [
  Address,
  Address,
  Address,
  Address,
  Address,
];
const [payerWallet, payeeWallet] = wallets as [(typeof wallets)[0], (typeof wallets)[0]];
const client = { public: publicClient, wallet: payerWallet };
const token = getContract({
  address: (await viem.deployContract("TestToken")).address,
  abi: [...erc20Abi, ...parseAbi(["function mint(address to, uint256 amount)"])],
  client,
});
const channels = getContract({
  address: (await viem.deployContract("Channels", [[]])).address,
  abi: channelsAbi,
  client,
});
// A fixed key: calldata costs by its zero bytes, and the figures must not wander.
const signer = privateKeyToAccount(keccak256(toHex("session key")));
const domain = {
  name: "Weir Channels",
  version: "1",
  chainId: await publicClient.getChainId(),
  verifyingContract: channels.address,
} as const;

const gas: Record<string, number> = {};
let saltCount = 0;

async function spent(name: string | undefined, hash: Hex, rows = 1): Promise<void> {
  const receipt = await publicClient.waitForTransactionReceipt({ hash });
  if (receipt.status !== "success") throw new Error(`${name ?? "preparation"} reverted`);
  if (name !== undefined) gas[name] = Math.ceil(Number(receipt.gasUsed) / rows);
}

function relaysHash(relays: readonly Address[]): Hex {
  return keccak256(encodeAbiParameters(parseAbiParameters("address[]"), [relays]));
}

function termsOf(currency: Address, cuts: boolean) {
  const relays = cuts ? [relay] : [];
  const terms = {
    payer,
    payee,
    operator,
    token: currency,
    signer: signer.address,
    listingId: 7n,
    relaysHash: relaysHash(relays),
    relayBps: cuts ? 500 : 0,
    market: cuts ? market : zeroAddress,
    marketBps: cuts ? 100 : 0,
    challenge: 86_400,
    salt: keccak256(toHex(++saltCount)),
  } as const;
  return { terms, relays };
}

type Terms = ReturnType<typeof termsOf>["terms"];

async function voucherOf(terms: Terms, cumulative: bigint, by: Address) {
  const channelId = await channels.read.channelIdOf([terms]);
  const message = { channelId, cumulative, relay: by };
  const signature = await signer.signTypedData({
    domain,
    types: {
      Voucher: [
        { name: "channelId", type: "bytes32" },
        { name: "cumulative", type: "uint96" },
        { name: "relay", type: "address" },
      ],
    },
    primaryType: "Voucher",
    message,
  });
  const compact = signatureToCompactSignature(parseSignature(signature));
  return { message, signature: serializeCompactSignature(compact), r: compact.r, vs: compact.yParityAndS };
}

async function open(name: string | undefined, terms: Terms, amount: bigint): Promise<void> {
  const value = terms.token === zeroAddress ? amount : 0n;
  await spent(
    name,
    await channels.write.fund([terms, amount, amount], { value, account: payerWallet.account }),
  );
}

async function claim(name: string | undefined, list: Terms[], relays: Address[], cumulative: bigint) {
  const rows = [];
  for (const terms of list) {
    const { r, vs } = await voucherOf(terms, cumulative, relays[0] ?? zeroAddress);
    rows.push({
      payer,
      signer: signer.address,
      salt: terms.salt,
      cumulative,
      relay: relays[0] ?? zeroAddress,
      r: pad(r),
      vs: pad(vs),
    });
  }
  const common = { ...list[0]!, relays };
  await spent(
    name,
    await channels.write.claim([common, rows, payee], { account: payeeWallet.account, gas: 5_000_000n }),
    rows.length,
  );
}

async function close(name: string, terms: Terms, relays: Address[], cumulative: bigint): Promise<void> {
  const { message, signature } = await voucherOf(terms, cumulative, relays[0] ?? zeroAddress);
  const hash = await channels.write.close([terms, relays, message, signature, cumulative], {
    account: payeeWallet.account,
  });
  await spent(name, hash);
}

await token.write.mint([payer, 1_000_000n * ONE]);
await token.write.mint([payee, ONE]);
await token.write.approve([channels.address, maxUint256], { account: payerWallet.account });

// Everything that is not the operation itself is warmed up by a first pass that is not counted.
const warm = termsOf(token.address, true);
await open(undefined, warm.terms, 10n * ONE);
await claim(undefined, [warm.terms], warm.relays, ONE);

const plain = termsOf(token.address, false);
await open("fund open, ERC-20", plain.terms, 10n * ONE);
await open("top-up, ERC-20", plain.terms, 10n * ONE);
await claim(undefined, [plain.terms], plain.relays, ONE);
await claim("claim one, ERC-20", [plain.terms], plain.relays, 2n * ONE);
await close("close with voucher and refund, ERC-20", plain.terms, plain.relays, 3n * ONE);
await open("re-open, ERC-20", plain.terms, 10n * ONE);

const cut = termsOf(token.address, true);
await open(undefined, cut.terms, 10n * ONE);
await claim("claim one with two cuts, ERC-20", [cut.terms], cut.relays, 2n * ONE);
await close("close with voucher, refund and two cuts, ERC-20", cut.terms, cut.relays, 3n * ONE);

const batch = Array.from({ length: 50 }, () => ({
  ...termsOf(token.address, true).terms,
  market: zeroAddress,
  marketBps: 0,
}));
for (const terms of batch) await open(undefined, terms as Terms, 10n * ONE);
await claim("claim of 50 with relay cut, each, ERC-20", batch as Terms[], [relay], ONE);

const native = termsOf(zeroAddress, false);
await open("fund open, ETH", native.terms, ONE);
await open("top-up, ETH", native.terms, ONE);
await claim("claim one, ETH", [native.terms], native.relays, 1000n);
await close("close with voucher and refund, ETH", native.terms, native.relays, 2000n);

const leaving = termsOf(zeroAddress, false);
await open(undefined, leaving.terms, ONE);
await spent(
  "requestClose",
  await channels.write.requestClose([leaving.terms], { account: payerWallet.account }),
);
const testClient = await viem.getTestClient();
await testClient.increaseTime({ seconds: 86_401 });
await spent("withdraw, ETH", await channels.write.withdraw([leaving.terms]));

console.table(
  Object.fromEntries(
    Object.entries(gas).map(([name, used]) => [
      name,
      { gas: used, target: TARGETS[name] ?? "", over: used > (TARGETS[name] ?? used) },
    ]),
  ),
);
if (process.argv.includes("--write")) {
  await writeFile(RESULTS, `${JSON.stringify(gas, null, 2)}\n`);
} else {
  const before = JSON.parse(await readFile(RESULTS, "utf8")) as Record<string, number>;
  const risen = Object.entries(gas).filter(([name, used]) => used > (before[name] ?? used));
  for (const [name, used] of risen) console.error(`${name}: ${used}, was ${before[name]}`);
  if (risen.length > 0) process.exitCode = 1;
}
