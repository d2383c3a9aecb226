/** Whether a contract on a chain is the one that was built here. */
import type { EthereumProvider } from "hardhat/types/providers";
import {
  type Abi,
  type Address,
  encodeDeployData,
  getContractAddress,
  type Hex,
  isAddressEqual,
  size,
} from "viem";

export type DeployedContract = {
  address: Address;
  /** The block that holds the deployment: nothing of the contract is older. */
  block: number;
  /** In the order of the constructor; integers as decimal strings. */
  constructorArguments: unknown[];
};

/** The part of an artifact that is compared. Artifacts of older tools do not say where immutables are. */
export type Built = {
  abi: Abi;
  bytecode: Hex;
  deployedBytecode: Hex;
  immutableReferences?: Record<string, { start: number; length: number }[]>;
};

/** What gas and code the contract took. */
export type Cost = { gas: number; bytes: number };

/** A contract that is recorded for this chain is not what was built here. Nothing was changed or sent. */
export class DeploymentDiffers extends Error {
  override readonly name = "DeploymentDiffers";
  readonly chainId: number;
  readonly contract: string;
  readonly address: string;
  constructor(chainId: number, contract: string, address: string, reason: string) {
    super(`${contract} at ${address} on chain ${chainId} differs: ${reason}`);
    this.chainId = chainId;
    this.contract = contract;
    this.address = address;
  }
}

type Transaction = { hash: Hex; from: Address; to: Address | null; nonce: Hex; input: Hex };

/**
 * Compares the code at the address with the artifact, immutables left out, and the transaction that made it with the artifact and
 * the recorded arguments, which leaves nothing open: immutables are what these make them.
 *
 * @throws DeploymentDiffers
 */
export async function verifyContract(
  provider: EthereumProvider,
  chainId: number,
  name: string,
  recorded: DeployedContract,
  built: Built,
): Promise<Cost> {
  const differs = (reason: string) => new DeploymentDiffers(chainId, name, recorded.address, reason);
  const code = (await provider.request({
    method: "eth_getCode",
    params: [recorded.address, "latest"],
  })) as Hex;
  if (code === "0x") throw differs("there is no code");
  if (masked(code, built) !== masked(built.deployedBytecode, built)) throw differs("its code is another");

  const creation = await creationOf(provider, recorded);
  if (creation === undefined) throw differs(`block ${recorded.block} does not hold its creation`);
  if (creation.input.toLowerCase() !== initCode(built, recorded.constructorArguments)) {
    throw differs("it was created with other constructor arguments than those recorded");
  }
  const receipt = (await provider.request({
    method: "eth_getTransactionReceipt",
    params: [creation.hash],
  })) as { gasUsed: Hex };
  return { gas: Number(receipt.gasUsed), bytes: size(code) };
}

/** The transaction of the recorded block that created a contract at the recorded address. */
async function creationOf(
  provider: EthereumProvider,
  recorded: DeployedContract,
): Promise<Transaction | undefined> {
  const block = (await provider.request({
    method: "eth_getBlockByNumber",
    params: [`0x${recorded.block.toString(16)}`, true],
  })) as { transactions: Transaction[] } | null;
  return block?.transactions.find(
    ({ to, from, nonce }) =>
      to === null && isAddressEqual(getContractAddress({ from, nonce: BigInt(nonce) }), recorded.address),
  );
}

function initCode({ abi, bytecode }: Built, args: unknown[]): string | undefined {
  try {
    return encodeDeployData({ abi, bytecode, args }).toLowerCase();
  } catch {
    return undefined; // arguments that the constructor cannot even take fit no creation
  }
}

/** Code with its immutables taken out. */
function masked(code: Hex, { deployedBytecode, immutableReferences }: Built): string {
  let digits = code.toLowerCase().slice(2);
  for (const { start, length } of immutablesOf(deployedBytecode, immutableReferences)) {
    digits = digits.slice(0, 2 * start) + "0".repeat(2 * length) + digits.slice(2 * (start + length));
  }
  return digits;
}

const WORD = 32;
const PUSHED_ZERO_WORD = `7f${"00".repeat(WORD)}`;

function immutablesOf(
  code: Hex,
  references: Built["immutableReferences"],
): { start: number; length: number }[] {
  if (references !== undefined) return Object.values(references).flat();
  // Where the artifact does not say: the compiler leaves a pushed word of zeros in each place, and pushes zero otherwise by a byte.
  return [...code.toLowerCase().slice(2).matchAll(new RegExp(PUSHED_ZERO_WORD, "g"))]
    .filter(({ index }) => index % 2 === 0)
    .map(({ index }) => ({ start: index / 2 + 1, length: WORD }));
}
