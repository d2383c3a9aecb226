/** The test token and the real Permit2 on a test chain, and plans that are paid by time. */
import { readFileSync } from "node:fs";
import { type Abi, type Address, type Hex, parseAbi } from "viem";
import type { TestChain } from "../../../test/support/chain.ts";
import { messagePlan } from "../../../test/support/market.ts";
import type { Plan } from "../../src/core/index.ts";
import { PERMIT2 } from "../../src/core/index.ts";

type Artifact = { abi: Abi; bytecode: Hex };

const artifact = (path: string): Artifact =>
  JSON.parse(readFileSync(new URL(`../../../artifacts/${path}`, import.meta.url), "utf8")) as Artifact;

export const tokenAbi = parseAbi([
  "function mint(address to, uint256 amount)",
  "function balanceOf(address) view returns (uint256)",
]);

/** Deploys a TestToken and gives `amount` to each of the accounts. */
export async function makeToken(
  chain: TestChain,
  holders: readonly number[],
  amount: bigint,
): Promise<Address> {
  const deployer = chain.wallet(0);
  const hash = await deployer.deployContract(artifact("contracts/mocks/TestToken.sol/TestToken.json"));
  const { contractAddress } = await chain.client.waitForTransactionReceipt({ hash });
  const address = contractAddress!;
  for (const holder of holders) {
    const args = [chain.accounts[holder]!.address, amount] as const;
    const minted = await deployer.writeContract({ address, abi: tokenAbi, functionName: "mint", args });
    await chain.client.waitForTransactionReceipt({ hash: minted });
  }
  return address;
}

export const balanceOf = (chain: TestChain, token: Address, holder: Address): Promise<bigint> =>
  chain.client.readContract({
    address: token,
    abi: tokenAbi,
    functionName: "balanceOf",
    args: [holder],
    blockTag: "pending",
  });

/** Puts Permit2 where it is on every chain. Its constructor runs there, so that its cached domain is the one of that address. */
export async function makePermit2(chain: TestChain): Promise<void> {
  const { bytecode } = artifact("@uniswap/v4-periphery/lib/permit2/src/Permit2.sol/Permit2.json");
  await chain.test.setCode({ address: PERMIT2, bytecode });
  const { data } = await chain.client.call({ to: PERMIT2, data: "0x" });
  await chain.test.setCode({ address: PERMIT2, bytecode: data! });
}

const DAY = 86_400;

const timed = { ...messagePlan, price: 0n, unit: 0n, entry: 0n, notice: 3_600 };

/** 86,400 units a day, and so one a second. */
export const periodPlan: Plan = { ...timed, kind: 2, price: 86_400n, period: DAY, upfront: 500n };
export const flatPlan: Plan = { ...timed, kind: 3, rights: 3, upfront: 7_000n };
