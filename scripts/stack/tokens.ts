// What a buyer with tokens needs on the local chain: a test dollar that everybody may mint, and Permit2 where every chain has it.
// Both exist on the development chain alone.
import { readFileSync } from "node:fs";
import {
  type Abi,
  type Address,
  createTestClient,
  createWalletClient,
  type Hex,
  http,
  parseAbi,
  publicActions,
} from "viem";
import { hardhat } from "viem/chains";
import { PERMIT2 } from "../../sdk/src/core/index.ts";
import type { StackAccount } from "./accounts.ts";

export type Token = { address: Address; symbol: string; decimals: number };

/** 10,000 test dollars in millionths: as many as the chain gives ether. */
const HOLDING = 10_000n * 10n ** 6n;

const tokenAbi = parseAbi([
  "function mint(address to, uint256 amount)",
  "function symbol() view returns (string)",
  "function decimals() view returns (uint8)",
]);

/** The chain is not the local one: nothing of a development chain is put on it. */
export class LocalOnly extends Error {
  override readonly name = "LocalOnly";
  readonly chainId: number;

  constructor(what: string, chainId: number) {
    super(`${what}: only on chain ${hardhat.id}, not on chain ${chainId}`);
    this.chainId = chainId;
  }
}

type Artifact = { abi: Abi; bytecode: Hex };

const artifact = (path: string): Artifact =>
  JSON.parse(readFileSync(new URL(`../../artifacts/${path}`, import.meta.url), "utf8")) as Artifact;

/**
 * Deploys the test token, gives it to `holders`, and puts Permit2 at its address of every chain.
 *
 * @throws LocalOnly
 */
export async function seedTokens(p: {
  rpc: string;
  deployer: StackAccount;
  holders: readonly StackAccount[];
}): Promise<Token> {
  const parameters = { chain: hardhat, transport: http(p.rpc), pollingInterval: 50, cacheTime: 0 } as const;
  const wallet = createWalletClient({ ...parameters, account: p.deployer.account }).extend(publicActions);
  const chainId = await wallet.getChainId();
  if (chainId !== hardhat.id) throw new LocalOnly("test tokens", chainId);

  const hash = await wallet.deployContract(artifact("contracts/mocks/TestToken.sol/TestToken.json"));
  const { contractAddress } = await wallet.waitForTransactionReceipt({ hash });
  const address = contractAddress!;
  for (const { account } of p.holders) {
    const args = [account.address, HOLDING] as const;
    await wallet.waitForTransactionReceipt({
      hash: await wallet.writeContract({ address, abi: tokenAbi, functionName: "mint", args }),
    });
  }
  await placePermit2(parameters);
  const [symbol, decimals] = await Promise.all([
    wallet.readContract({ address, abi: tokenAbi, functionName: "symbol" }),
    wallet.readContract({ address, abi: tokenAbi, functionName: "decimals" }),
  ]);
  return { address, symbol, decimals };
}

/** Its constructor runs at that address, so that the domain it keeps is the one that wallets sign for. */
async function placePermit2(parameters: {
  chain: typeof hardhat;
  transport: ReturnType<typeof http>;
}): Promise<void> {
  const { bytecode } = artifact("@uniswap/v4-periphery/lib/permit2/src/Permit2.sol/Permit2.json");
  const chain = createTestClient({ ...parameters, mode: "hardhat" }).extend(publicActions);
  await chain.setCode({ address: PERMIT2, bytecode });
  const { data } = await chain.call({ to: PERMIT2, data: "0x" });
  await chain.setCode({ address: PERMIT2, bytecode: data! });
}
